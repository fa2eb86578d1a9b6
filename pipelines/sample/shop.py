"""The whole shop, made in one go from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.sample.aliases import make_aliases
from pipelines.sample.assumptions import Assumptions
from pipelines.sample.catalog import Item, make_items
from pipelines.sample.clicks import EventLog, Simulator
from pipelines.sample.lines import ProductLine, make_lines
from pipelines.sample.queries import Query, make_queries
from pipelines.sample.retrieval import SearchEngine
from pipelines.sample.suppliers import Supplier, SupplierCatalog
from pipelines.sample.truth import Implications
from pipelines.sample.vocabulary import Vocabulary


@dataclass(frozen=True)
class Shop:
    """Everything that was generated.

    Parameters
    ----------
    vocabulary : Vocabulary
    lines : list of ProductLine
    items : list of Item
    catalog : SupplierCatalog
    aliases : list of dict
        Rows of the alias table.
    queries : list of Query
    implications : Implications
    confused : dict
        Labels of the lines that the search engine takes for another, and for which.
    log : EventLog
    """

    vocabulary: Vocabulary
    lines: Sequence[ProductLine]
    items: Sequence[Item]
    catalog: SupplierCatalog
    aliases: list[dict[str, str]]
    queries: Sequence[Query]
    implications: Implications
    confused: dict[str, str]
    log: EventLog


def make_shop(assumptions: Assumptions, seed: int) -> Shop:
    """Return the shop of a seed; the same seed and assumptions give the same shop.

    Each part draws from a stream of its own, so that a change to one part leaves the draws of
    the others alone.
    """
    streams = [np.random.default_rng([seed, part]) for part in range(7)]
    vocabulary = Vocabulary()
    lines = make_lines(vocabulary, assumptions, streams[0])
    implications = Implications(vocabulary, lines)
    items = make_items(vocabulary, lines, implications, assumptions, streams[1])
    catalog = Supplier(vocabulary, lines, assumptions, streams[2]).type_catalog(items)
    aliases = make_aliases(vocabulary, lines, assumptions, streams[3])
    queries = make_queries(vocabulary, implications, items, assumptions, streams[4])
    engine = SearchEngine(items, catalog, lines, implications, assumptions, streams[5])
    log = Simulator(items, queries, engine, assumptions, streams[6]).run()
    return Shop(
        vocabulary, lines, items, catalog, aliases, queries, implications, engine.confused, log
    )

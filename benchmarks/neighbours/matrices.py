"""The matrices that neighbours are searched in, made once and kept in the work folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array, save_npz

from benchmarks.detection.data_sets import load
from pipelines.sample.assumptions import Assumptions
from pipelines.sample.catalog import make_items
from pipelines.sample.lines import make_lines
from pipelines.sample.queries import make_queries
from pipelines.sample.truth import Implications
from pipelines.sample.vocabulary import Vocabulary
from workbench.features import TextFeatures

SHOPS = {"shop-20k": 20_000, "shop-100k": 100_000, "shop-500k": 500_000}
_SEED = 301
_LINES = 1500
# As many as the most productive brands may need where there are 1,500 lines in all.
_LINES_A_BRAND = 60


def prepare(name: str, source: Path | None, folder: Path) -> Path | None:
    """Return the file of a matrix; None if it is made of data that is not there."""
    path = folder / f"neighbours-{name}.npz"
    if path.exists():
        return path
    if name in SHOPS:
        X = TextFeatures().fit_transform(shop_queries(SHOPS[name]))
    elif source is None:
        return None
    else:
        X = load(name, source).X
    X = csr_array(X)
    X.sort_indices()
    save_npz(path, X)
    return path


def shop_queries(n_queries: int) -> list[str]:
    """Return the texts of the queries of the generated shop, made larger."""
    size = n_queries / Assumptions().n_queries
    assumptions = replace(
        Assumptions(),
        n_items=int(Assumptions().n_items * size),
        n_lines=_LINES,
        max_lines_per_brand=_LINES_A_BRAND,
        n_queries=n_queries,
        n_draws=5 * n_queries,
        n_searches=10 * n_queries,
    )
    streams = [np.random.default_rng([_SEED, part]) for part in range(3)]
    vocabulary = Vocabulary()
    lines = make_lines(vocabulary, assumptions, streams[0])
    implications = Implications(vocabulary, lines)
    items = make_items(vocabulary, lines, implications, assumptions, streams[1])
    queries = make_queries(vocabulary, implications, items, assumptions, streams[2])
    return [query.instance_id for query in queries]

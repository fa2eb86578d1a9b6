"""Ask every source of a shop for its votes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from pipelines.config_inputs import OWN_SOURCES, CatalogInput
from pipelines.costs import PartOf, unmeasured
from workbench.errors import InputError
from workbench.features import TextFeatures
from workbench.nearest import nearest_rows
from workbench.report import Report
from workbench.signals.click_votes import click_votes
from workbench.signals.coded_votes import add_votes, vote_kinds, with_codes
from workbench.signals.dictionary import Dictionary
from workbench.signals.dictionary_votes import dictionary_votes
from workbench.signals.neighbours import (
    NeighbourCuts,
    find_neighbours,
    neighbour_votes_by_block,
)
from workbench.signals.shared_spellings import drop_what_does_not_apply
from workbench.signals.spellings import SHARED
from workbench.signals.taxonomy import Taxonomy
from workbench.signals.taxonomy_votes import taxonomy_votes
from workbench.signals.units import plain_units
from workbench.signals.verifier import Verifier
from workbench.signals.verifier_votes import verifier_votes_by_block
from workbench.signals.votes import no_votes
from workbench.tables import from_frame
from workbench.workspace import Artefact

_PAIR = ["instance_id", "label_id"]
# Of fewer pairs the accuracy of a source is known to a tenth at best: 1 / sqrt(100).
_ENOUGH_VOTES = 100
_FEW_PAIRS = 1000
# Of so many instances the labels of all items shown are in memory, some hundred megabytes.
_INSTANCES_AT_ONCE = 50_000


def cast_votes(
    ingested: Artefact,
    catalog: CatalogInput,
    *,
    sources: Collection[str] = OWN_SOURCES,
    nearest: csr_array | None,
    report: Report,
    part: PartOf = unmeasured,
) -> pd.DataFrame:
    """Return the votes of all sources as one coded table, in the order in which they are asked.

    Each source knows the votes of those before it: the dictionary speaks against values that were
    clicked, the taxonomy and the verifier against any pair, neighbours hand on what was found.

    Parameters
    ----------
    ingested : Artefact
    catalog : CatalogInput
    sources : collection of str
    nearest : csr_array of float32, shape (n_instances, n_instances), optional
        From :func:`nearest_texts`; the source "neighbours" needs it.
    report : Report
    part : callable
        Measures the cost of a part.

    Raises
    ------
    InputError
        If no source votes on any pair.
    """
    shop = _Shop(ingested, catalog, nearest, report)
    ask = {
        "click": _click,
        "dictionary": _dictionary,
        "taxonomy": _taxonomy,
        "neighbours": _neighbours,
        "verifier": _verifier,
    }
    kinds = vote_kinds(shop.instances["instance_id"], shop.labels["label_id"], sources)
    votes = with_codes(no_votes(), kinds)
    for source, cast in ask.items():
        if source in sources:
            with part(f"votes of {source}"):
                votes = add_votes(votes, cast(shop, votes), kinds)
    given = ingested.table("given_votes")
    given = given[given["source"].isin(list(sources))]
    _tell_given(given, report)
    votes = add_votes(votes, [given], kinds)
    if votes.empty:
        raise InputError(f"no vote on any pair by {', '.join(sources)}; ask more [label] sources")
    _note_what_cannot_be_learnt(votes, report)
    return votes


def nearest_texts(ingested: Artefact) -> csr_array:
    """Return the most similar texts of each instance, the nearest first.

    Returns
    -------
    csr_array of float32, shape (n_instances, n_instances)
        See :func:`workbench.nearest.nearest_rows`.

    Notes
    -----
    The ranking of issues takes them too: on four generated shops (seeds 7, 101, 201, 202) it is as
    good with these ten as with thirty, whose search takes half as long again.
    """
    texts = ingested.table("instances", columns=["text"])["text"].tolist()
    X = TextFeatures(min_df=1).fit_transform(texts)
    return nearest_rows(X, n_neighbours=NeighbourCuts().n_neighbours)


def _tell_given(given: pd.DataFrame, report: Report) -> None:
    """Count the votes of each source that the user brings; note those that are too few."""
    for source, n in given["source"].value_counts(sort=False).items():
        report.count(f"votes of {source}", int(n))
        if n < _ENOUGH_VOTES:
            report.note(
                f"{source} votes on {n} pairs only, and counts for next to nothing: how far it is "
                f"right can be learnt from {_ENOUGH_VOTES} or more"
            )


def _note_what_cannot_be_learnt(votes: pd.DataFrame, report: Report) -> None:
    """Say if no two sources vote on one pair: nothing tells then how far each is right."""
    sources = sorted(votes["source"].unique())
    who = ", ".join(sources)
    n_pairs = len(votes[_PAIR].drop_duplicates())
    if n_pairs < _FEW_PAIRS:
        report.note(
            f"only {n_pairs:,} pairs have a vote: with fewer than {_FEW_PAIRS:,} how far each "
            "source is right is hardly learnt, and a posterior says little; add queries, or review"
        )
    if len(sources) == 1:
        report.note(f"only one source votes, {who}: no other checks how far it is right")
    elif not votes.duplicated(["instance_id", "label_id"]).any():
        report.note(
            f"no pair has votes of two sources ({who}): how far each is right cannot be learnt "
            "from the others; review an audit sample, or add a source that overlaps"
        )


@dataclass(frozen=True)
class _Shop:
    """The tables that sources vote from."""

    ingested: Artefact
    catalog: CatalogInput
    nearest: csr_array | None
    report: Report
    labels: pd.DataFrame = field(init=False)
    item_labels: pd.DataFrame = field(init=False)
    instances: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        for name, columns in {
            "labels": None,
            "item_labels": None,
            "instances": ["instance_id", "text"],
        }.items():
            object.__setattr__(self, name, self.ingested.table(name, columns=columns))

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier().fit(self.ingested.table("items"), self.item_labels, self.labels)


def _click(shop: _Shop, votes: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the votes of some instances at a time: each item counts for every label it carries."""
    clicks = shop.ingested.table("clicks")  # sorted by instance
    n_items = len(shop.ingested.table("items", columns=["item_id"]))
    first = np.flatnonzero(~clicks["instance_id"].duplicated())[::_INSTANCES_AT_ONCE]
    for start, end in pairwise([*first.tolist(), len(clicks)]):
        part = clicks.iloc[start:end].reset_index(drop=True)
        yield click_votes(from_frame(part), shop.item_labels, n_items=n_items)


def _dictionary(shop: _Shop, votes: pd.DataFrame) -> Iterator[pd.DataFrame]:
    support = shop.item_labels["label_id"].value_counts()
    dictionary = Dictionary(
        shop.ingested.table("aliases"),
        shop.labels,
        units=plain_units(shop.catalog.units),
        short_attributes=tuple(shop.catalog.units),
        support={str(label): int(n) for label, n in support.items()},
    )
    named = dictionary_votes(
        shop.instances,
        dictionary,
        shop.labels,
        candidates=votes[_PAIR],
        exclusive=shop.catalog.exclusive,
        report=shop.report,
    )
    if (named["level"] == SHARED).any():
        named = drop_what_does_not_apply(named, shop.verifier, shop.instances, report=shop.report)
    yield named


def _taxonomy(shop: _Shop, votes: pd.DataFrame) -> Iterator[pd.DataFrame]:
    categories = shop.ingested.table("categories")
    if categories.empty:
        shop.report.note("no taxonomy: this source has no votes")
        return
    taxonomy = Taxonomy(categories, pd.DataFrame(columns=["label_id", "alias", "locale"]))
    yield taxonomy_votes(votes, taxonomy, shop.labels, shop.ingested.table("applicability"))


def _neighbours(shop: _Shop, votes: pd.DataFrame) -> Iterator[pd.DataFrame]:
    assert shop.nearest is not None
    neighbours = find_neighbours(
        shop.nearest,
        shop.ingested.table("clicks", columns=["instance_id", "item_id", "clicks"]),
        pd.Index(shop.instances["instance_id"]),
    )
    yield from neighbour_votes_by_block(neighbours, votes, shop.instances, shop.labels)


def _verifier(shop: _Shop, votes: pd.DataFrame) -> Iterator[pd.DataFrame]:
    if not shop.verifier.n_training_pairs_:
        shop.report.note("the titles of the catalog teach nothing: the verifier has no votes")
        return
    yield from verifier_votes_by_block(shop.verifier, shop.instances, votes[_PAIR])

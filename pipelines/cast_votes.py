"""Ask every source of a shop for its votes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from pipelines.config_inputs import OWN_SOURCES, CatalogInput
from workbench.errors import InputError
from workbench.features import TextFeatures
from workbench.report import Report
from workbench.signals.click_votes import click_votes
from workbench.signals.dictionary import Dictionary
from workbench.signals.dictionary_votes import dictionary_votes
from workbench.signals.neighbours import find_neighbours, neighbour_votes
from workbench.signals.shared_spellings import drop_what_does_not_apply
from workbench.signals.spellings import SHARED
from workbench.signals.taxonomy import Taxonomy
from workbench.signals.taxonomy_votes import taxonomy_votes
from workbench.signals.units import plain_units
from workbench.signals.verifier import Verifier
from workbench.signals.verifier_votes import verifier_votes
from workbench.signals.votes import concat_votes, no_votes
from workbench.tables import from_frame
from workbench.workspace import Artefact

_PAIR = ["instance_id", "label_id"]
# Of fewer pairs the accuracy of a source is known to a tenth at best: 1 / sqrt(100).
_ENOUGH_VOTES = 100
_FEW_PAIRS = 1000


def cast_votes(
    ingested: Artefact,
    catalog: CatalogInput,
    *,
    sources: Collection[str] = OWN_SOURCES,
    report: Report,
) -> pd.DataFrame:
    """Return the votes of all sources as one table, in the order in which they are asked.

    Each source knows the votes of those before it: the dictionary speaks against values that were
    clicked, the taxonomy and the verifier against any pair, neighbours hand on what was found.

    Raises
    ------
    InputError
        If no source votes on any pair.
    """
    shop = _Shop(ingested, catalog, report)
    ask = {
        "click": _click,
        "dictionary": _dictionary,
        "taxonomy": _taxonomy,
        "neighbours": _neighbours,
        "verifier": _verifier,
    }
    votes = no_votes()
    for source, cast in ask.items():
        if source in sources:
            votes = concat_votes([votes, cast(shop, votes)])
    given = ingested.table("given_votes")
    given = given[given["source"].isin(list(sources))]
    _tell_given(given, report)
    votes = concat_votes([votes, given])
    if votes.empty:
        raise InputError(f"no vote on any pair by {', '.join(sources)}; ask more [label] sources")
    _note_what_cannot_be_learnt(votes, report)
    return votes


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


def _click(shop: _Shop, votes: pd.DataFrame) -> pd.DataFrame:
    return click_votes(
        from_frame(shop.ingested.table("clicks")),
        shop.item_labels,
        n_items=len(shop.ingested.table("items", columns=["item_id"])),
    )


def _dictionary(shop: _Shop, votes: pd.DataFrame) -> pd.DataFrame:
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
    if not (named["level"] == SHARED).any():
        return named
    return drop_what_does_not_apply(named, shop.verifier, shop.instances, report=shop.report)


def _taxonomy(shop: _Shop, votes: pd.DataFrame) -> pd.DataFrame:
    categories = shop.ingested.table("categories")
    if categories.empty:
        shop.report.note("no taxonomy: this source has no votes")
        return no_votes()
    taxonomy = Taxonomy(categories, pd.DataFrame(columns=["label_id", "alias", "locale"]))
    return taxonomy_votes(votes, taxonomy, shop.labels, shop.ingested.table("applicability"))


def _neighbours(shop: _Shop, votes: pd.DataFrame) -> pd.DataFrame:
    texts = shop.instances["text"].tolist()
    neighbours = find_neighbours(
        TextFeatures(min_df=1).fit(texts).transform(texts),
        shop.ingested.table("clicks", columns=["instance_id", "item_id", "clicks"]),
        pd.Index(shop.instances["instance_id"]),
    )
    return neighbour_votes(neighbours, votes, shop.instances, shop.labels)


def _verifier(shop: _Shop, votes: pd.DataFrame) -> pd.DataFrame:
    if not shop.verifier.n_training_pairs_:
        shop.report.note("the titles of the catalog teach nothing: the verifier has no votes")
        return no_votes()
    return verifier_votes(shop.verifier, shop.instances, votes[_PAIR])

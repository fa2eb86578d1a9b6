"""Ask every source of a shop for its votes."""

from __future__ import annotations

import pandas as pd

from pipelines.config import CatalogInput
from workbench.report import Report
from workbench.signals.click_votes import click_votes
from workbench.signals.dictionary import Dictionary, dictionary_votes
from workbench.signals.taxonomy import Taxonomy
from workbench.signals.taxonomy_votes import taxonomy_votes
from workbench.signals.votes import concat_votes
from workbench.tables import from_frame
from workbench.workspace import Artefact

_PAIR = ["instance_id", "label_id"]


def cast_votes(ingested: Artefact, catalog: CatalogInput, *, report: Report) -> pd.DataFrame:
    """Return the votes of clicks, dictionary and taxonomy as one table."""
    labels, item_labels = ingested.table("labels"), ingested.table("item_labels")
    instances = ingested.table("instances", columns=["instance_id", "text"])
    clicked = click_votes(
        from_frame(ingested.table("clicks")),
        item_labels,
        n_items=len(ingested.table("items", columns=["item_id"])),
    )
    dictionary = Dictionary(
        ingested.table("aliases"),
        labels,
        units=catalog.units,
        short_attributes=tuple(catalog.units),
        support={str(k): int(n) for k, n in item_labels["label_id"].value_counts().items()},
    )
    named = dictionary_votes(
        instances,
        dictionary,
        labels,
        candidates=clicked[_PAIR],
        exclusive=catalog.exclusive,
        report=report,
    )
    votes = concat_votes([clicked, named])
    categories = ingested.table("categories")
    if categories.empty:
        report.note("no taxonomy: two sources vote, clicks and dictionary")
        return votes
    taxonomy = Taxonomy(categories, pd.DataFrame(columns=["label_id", "alias", "locale"]))
    against = taxonomy_votes(votes, taxonomy, labels, ingested.table("applicability"))
    return concat_votes([votes, against])

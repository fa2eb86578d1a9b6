"""What the taxonomy says against pairs: other branches, attributes out of place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from ibis.backends import BaseBackend

from workbench.report import Report
from workbench.signals.spellings import WHOLE
from workbench.signals.taxonomy import Taxonomy
from workbench.signals.votes import AGAINST, make_votes
from workbench.tables import BadRows, Column, Contract, read_table, to_frame

CATEGORY_ATTRIBUTES = Contract(
    "the attributes of categories", (Column("category_id", "text"), Column("attribute", "text"))
)


def read_applicability(
    connection: BaseBackend,
    path: Path,
    taxonomy: Taxonomy,
    *,
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> pd.DataFrame:
    """Return ``attribute, category_id`` (a label): the attribute applies there and below.

    The file has ``category_id, attribute``; rows of categories that the taxonomy does not have
    are counted and left out.
    """
    table = read_table(
        connection, path, CATEGORY_ATTRIBUTES, columns=columns, bad_rows=bad_rows, report=report
    )
    frame = to_frame(table)
    labels = pd.Series([taxonomy.find(text) for text in frame["category_id"]], dtype="str")
    unknown = frame.loc[labels.isna(), "category_id"]
    report.count(f"{path.name}: categories not in the taxonomy", len(unknown), unknown.tolist())
    found = pd.DataFrame({"attribute": frame["attribute"].str.strip(), "category_id": labels})
    return found.dropna().drop_duplicates(ignore_index=True)


def no_applicability() -> pd.DataFrame:
    """Return the empty table: unknown, so every attribute applies everywhere."""
    return pd.DataFrame({"attribute": [], "category_id": []}, dtype="str")


def taxonomy_votes(
    votes: pd.DataFrame,
    taxonomy: Taxonomy,
    labels: pd.DataFrame,
    applicability: pd.DataFrame,
    *,
    strong_click_level: int = 4,
) -> pd.DataFrame:
    """Return the votes of the taxonomy against what the other sources found.

    A category is *found* for an instance if the dictionary finds its whole name in the text, or
    clicks speak for it at ``strong_click_level`` or above. Without a found category the taxonomy
    abstains. Level 0, on pairs that another source votes on: categories of other branches than
    every found one, and labels whose attribute applies to no found category, nor above or below
    one.

    Parameters
    ----------
    votes : pd.DataFrame
        Vote table of the sources so far.
    taxonomy : Taxonomy
    labels : pd.DataFrame
        Label table.
    applicability : pd.DataFrame
        ``attribute, category_id``; an attribute that is not there applies everywhere.
    strong_click_level : int

    Returns
    -------
    pd.DataFrame
        Vote table of the source "taxonomy"; ``count`` is the number of found categories behind a
        vote, ``detail`` the path of one of them.

    Notes
    -----
    It does not speak for the ancestors of a found category. That a sneaker is a shoe follows from
    the label itself (`workbench.label_model.close_upwards`); as a vote it would count the evidence
    for the category twice, and the label model would learn to believe nothing else: on the
    sample shop .800 of the true categories were given instead of .877.
    """
    found = _found_categories(votes, taxonomy, strong_click_level)
    candidates = votes[["instance_id", "label_id"]].drop_duplicates()
    candidates = candidates[candidates["instance_id"].isin(found["instance_id"])]
    above = found.merge(taxonomy.ancestors, left_on="category_id", right_on="label_id")
    implied = above[["instance_id", "ancestor_id"]].rename(columns={"ancestor_id": "label_id"})
    attributes = candidates.merge(labels[["label_id", "attribute"]], on="label_id")
    against = pd.concat(
        [
            _in_other_branches(attributes, found, implied, taxonomy),
            _not_applicable(attributes, found, applicability, taxonomy),
        ]
    )
    return _speak_against(against.merge(found, on="instance_id"), taxonomy)


def _found_categories(
    votes: pd.DataFrame, taxonomy: Taxonomy, strong_click_level: int
) -> pd.DataFrame:
    """Return ``instance_id, category_id`` (a label), each once."""
    named = (votes["source"] == "dictionary") & (votes["level"] >= WHOLE)
    clicked = (votes["source"] == "click") & (votes["level"] >= strong_click_level)
    is_category = votes["label_id"].isin(taxonomy.categories["label_id"])
    found = votes.loc[(named | clicked) & is_category, ["instance_id", "label_id"]]
    return found.rename(columns={"label_id": "category_id"}).drop_duplicates(ignore_index=True)


def _in_other_branches(
    candidates: pd.DataFrame, found: pd.DataFrame, implied: pd.DataFrame, taxonomy: Taxonomy
) -> pd.DataFrame:
    """Return the candidate categories that are neither above nor below a found one."""
    pairs = candidates.loc[
        candidates["label_id"].isin(taxonomy.categories["label_id"]), ["instance_id", "label_id"]
    ]
    lineages = pairs.merge(taxonomy.lineages, on="label_id")
    below = lineages.merge(
        found, left_on=["instance_id", "ancestor_id"], right_on=["instance_id", "category_id"]
    )
    related = pd.concat([below, implied])[["instance_id", "label_id"]]
    return _without(pairs, related)


def _not_applicable(
    candidates: pd.DataFrame, found: pd.DataFrame, applicability: pd.DataFrame, taxonomy: Taxonomy
) -> pd.DataFrame:
    """Return the candidates whose attribute applies nowhere near a found category."""
    pairs = candidates[candidates["attribute"].isin(applicability["attribute"])]
    below = applicability.merge(taxonomy.lineages, left_on="category_id", right_on="ancestor_id")
    above = applicability.merge(taxonomy.lineages, left_on="category_id", right_on="label_id")
    near = pd.concat(
        [
            below[["attribute", "label_id"]],
            above[["attribute", "ancestor_id"]].rename(columns={"ancestor_id": "label_id"}),
        ]
    ).drop_duplicates()
    allowed = found.merge(near, left_on="category_id", right_on="label_id")
    rest = _without(pairs, allowed[["instance_id", "attribute"]])
    return rest[["instance_id", "label_id"]]


def _without(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that agree with none of the others in the columns of these."""
    marked = rows.merge(others.drop_duplicates(), how="left", indicator=True)
    return marked.loc[marked["_merge"] == "left_only", rows.columns]


def _speak_against(pairs: pd.DataFrame, taxonomy: Taxonomy) -> pd.DataFrame:
    paths = taxonomy.categories.set_index("label_id")["path"]
    grouped = pairs.groupby(["instance_id", "label_id"], as_index=False, sort=False).agg(
        category_id=("category_id", "min"), count=("category_id", "nunique")
    )
    return make_votes(
        grouped["instance_id"],
        grouped["label_id"],
        source="taxonomy",
        level=AGAINST,
        count=grouped["count"],
        detail=grouped["category_id"].map(paths),
    )

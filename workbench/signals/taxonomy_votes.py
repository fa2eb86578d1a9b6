"""What the taxonomy says against pairs: other branches, attributes out of place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from ibis.backends import BaseBackend

from workbench.report import Report
from workbench.signals.near_names import with_near_name
from workbench.signals.spellings import WHOLE
from workbench.signals.taxonomy import Taxonomy
from workbench.signals.tree_conflicts import find_conflicts
from workbench.signals.votes import AGAINST, make_votes
from workbench.tables import BadRows, Column, Contract, find_columns, read_table, to_frame
from workbench.text import normalise

CATEGORY_ATTRIBUTES = Contract(
    "the attributes of categories", (Column("category_id", "text"), Column("attribute", "text"))
)
ATTRIBUTE_LISTS = Contract(
    "the attributes of categories",
    (Column("category_id", "text"), Column("attributes", "list", nullable=True)),
)


def read_applicability(
    connection: BaseBackend,
    path: Path,
    taxonomy: Taxonomy,
    *,
    attributes: Iterable[str],
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> pd.DataFrame:
    """Return ``attribute, category_id`` (a label): the attribute applies there and below.

    The file has ``category_id, attribute``, or ``category_id`` (or ``id``) with a list of
    ``attributes``. An attribute goes by the name that ``attributes`` has for it, or by that name
    in another spelling: ``target_gender`` for "Target gender". Rows of categories that the
    taxonomy does not have, and of attributes that no item has, are counted and left out.
    """
    columns = dict(columns or {})
    found = find_columns(connection, path)
    is_list = columns.get("attribute", "attribute") not in found
    is_list = is_list and columns.get("attributes", "attributes") in found
    if is_list and columns.get("category_id", "category_id") not in found and "id" in found:
        columns["category_id"] = "id"
    contract = ATTRIBUTE_LISTS if is_list else CATEGORY_ATTRIBUTES
    table = read_table(
        connection, path, contract, columns=columns, bad_rows=bad_rows, report=report
    )
    if is_list:
        lists = table.drop_null("attributes")
        table = lists.select("category_id", attribute=lists["attributes"].unnest())
    frame = to_frame(table.drop_null("attribute"))
    # Of many rows a category few are different, and looking one up folds its text.
    label_of = {text: taxonomy.find(text) for text in frame["category_id"].unique()}
    labels = frame["category_id"].map(label_of).astype("str")
    unknown = frame.loc[labels.isna(), "category_id"].drop_duplicates()
    what = f"{path.name}: categories not in the taxonomy"
    report.count(what, len(unknown), unknown.head(5).tolist())
    name_of = {_handle(name): name for name in attributes}
    names = frame["attribute"].map({a: name_of.get(_handle(a)) for a in set(frame["attribute"])})
    strange = frame.loc[names.isna().to_numpy(), "attribute"].drop_duplicates()
    what = f"{path.name}: attributes that no item has"
    shown = [with_near_name(name, name_of.values()) for name in strange.head(5)]
    report.count(what, len(strange), shown)
    applies = pd.DataFrame({"attribute": names.astype("str"), "category_id": labels})
    return applies.dropna().drop_duplicates(ignore_index=True)


def _handle(name: str) -> str:
    """Return an attribute's name without case, spaces and signs, to be compared."""
    return re.sub(r"[\W_]+", "", normalise(name))


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
    against = find_conflicts(found, votes, taxonomy, labels, applicability)
    paths = taxonomy.categories.set_index("label_id")["path"]
    return make_votes(
        against["instance_id"],
        against["label_id"],
        source="taxonomy",
        level=AGAINST,
        count=against["n_found"],
        detail=paths.loc[against["category_id"]],
    )


def _found_categories(
    votes: pd.DataFrame, taxonomy: Taxonomy, strong_click_level: int
) -> pd.DataFrame:
    """Return ``instance_id, category_id`` (a label), each once."""
    named = (votes["source"] == "dictionary") & (votes["level"] >= WHOLE)
    clicked = (votes["source"] == "click") & (votes["level"] >= strong_click_level)
    is_category = votes["label_id"].isin(taxonomy.categories["label_id"])
    found = votes.loc[(named | clicked) & is_category, ["instance_id", "label_id"]]
    found = found.astype("str").rename(columns={"label_id": "category_id"})
    return found.drop_duplicates(ignore_index=True)

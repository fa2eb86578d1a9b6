"""From the cells of a catalog to its labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.aliases import Aliases, no_aliases
from workbench.signals.free_text import find_free_text
from workbench.signals.taxonomy import CATEGORY, Taxonomy, taxonomy_from_paths
from workbench.signals.units import with_units
from workbench.signals.values import ValueRules, canonical_values
from workbench.tables import computed, from_frame, to_frame

MANY_VALUES = 10_000
_KEY = ["attribute", "raw", "unit"]


@dataclass(frozen=True, eq=False)
class Catalog:
    """The items and their labels.

    Parameters
    ----------
    items : pd.DataFrame
        ``item_id, title``.
    item_labels : pd.DataFrame
        ``item_id, label_id``; a category comes with its ancestors.
    labels : pd.DataFrame
        ``label_id, attribute, value, path, parent_id``: the labels that items carry, in the
        order of their ids.
    taxonomy : Taxonomy or None
        The given one, or the one that the items' category paths make.
    free_text : tuple of str
        Attributes that hold text rather than values, see `find_free_text`.
    """

    items: pd.DataFrame
    item_labels: pd.DataFrame
    labels: pd.DataFrame
    taxonomy: Taxonomy | None
    free_text: tuple[str, ...] = ()


def make_catalog(
    items: pd.DataFrame,
    cells: ibis.Table,
    *,
    named: Collection[str],
    rules: ValueRules,
    aliases: Aliases | None,
    taxonomy: Taxonomy | None,
    report: Report,
) -> Catalog:
    """Return the catalog of the filled cells ``item_id, attribute, raw``.

    ``named`` are the attributes that the user named, each of which may be missing on items.

    Raises
    ------
    InputError
        If no item has a value.
    ConfigError
        If a unit is for a branch that is not there.
    """
    raw_categories = cells.filter(cells["attribute"] == CATEGORY)
    categories = to_frame(raw_categories.group_by("raw").aggregate(n=raw_categories.count()))
    if taxonomy is None and len(categories):
        taxonomy = taxonomy_from_paths(np.repeat(categories["raw"].to_numpy(), categories["n"]))
    with computed(with_units(cells, rules.units, taxonomy, report=report)) as cells:
        # In order, so that the examples in the report are the same in every run.
        distinct = to_frame(cells.group_by(_KEY).aggregate(n=cells.count()).order_by(_KEY))
        _count_empty_cells(cells, named, len(items), report)
        is_category = distinct["attribute"] == CATEGORY
        values = canonical_values(
            distinct[~is_category], rules, aliases or no_aliases(), report=report
        )
        values["label_id"] = values["attribute"] + ": " + values["value"]
        if taxonomy is not None and is_category.any():
            found = _category_labels(distinct[is_category], taxonomy, report)
            values = pd.concat([values, found])
        known = from_frame(values[[*_KEY, "label_id"]], types=dict.fromkeys(_KEY, "string"))
        carried = cells.inner_join(known, _KEY).select("item_id", "label_id").distinct()
        item_labels = to_frame(carried.order_by("item_id", "label_id"))
    if item_labels.empty:
        raise InputError(
            f"the catalog: none of the items has a value of {_listed(named)}; "
            "check the columns that the attributes name"
        )
    labels = _label_table(values, taxonomy)
    _count_several_values(item_labels, labels, rules.exclusive, report)
    _count_many_values(labels, report)
    labels, item_labels = _without_rare(labels, item_labels, rules.min_support, report)
    return Catalog(items, item_labels, labels, taxonomy, find_free_text(distinct[~is_category]))


def _listed(names: Collection[str]) -> str:
    shown = list(names)[:5]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "") or "any attribute"


def _count_empty_cells(
    cells: ibis.Table, named: Collection[str], n_items: int, report: Report
) -> None:
    theirs = cells.filter(cells["attribute"].isin(list(named)))
    filled = to_frame(theirs.group_by("attribute").aggregate(n=theirs["item_id"].nunique()))
    n_filled = dict(zip(filled["attribute"], filled["n"], strict=True))
    for name in named:
        report.count(f"items without {name}", n_items - int(n_filled.get(name, 0)))


def _count_several_values(
    item_labels: pd.DataFrame, labels: pd.DataFrame, exclusive: Sequence[str], report: Report
) -> None:
    """Count items with two values of an attribute of which there is one; they keep both."""
    theirs = labels.loc[labels["attribute"].isin(exclusive), ["label_id", "attribute"]]
    pairs = item_labels.merge(theirs, on="label_id")
    n_values = pairs.groupby(["item_id", "attribute"])["label_id"].agg(["size", list])
    several = n_values[n_values["size"] > 1]
    shown = [
        f"{item_id}: {', '.join(found)}"
        for item_id, found in several["list"].head(5).droplevel("attribute").items()
    ]
    report.count("items with several values of an exclusive attribute", len(several), shown)


def _count_many_values(labels: pd.DataFrame, report: Report) -> None:
    sizes = labels.loc[labels["path"].isna(), "attribute"].value_counts()
    many = sizes[sizes > MANY_VALUES]
    report.count(
        f"attributes with more than {MANY_VALUES:,} values; leave out names and numbers of items",
        len(many),
        [f"{attribute}: {n:,} values" for attribute, n in many.items()],
    )


def _without_rare(
    labels: pd.DataFrame, item_labels: pd.DataFrame, min_support: int, report: Report
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return labels and pairs without the values of few items; categories stay."""
    support = labels["label_id"].map(item_labels["label_id"].value_counts()).fillna(0)
    rare = labels.loc[(support < min_support) & labels["path"].isna(), "label_id"]
    is_rare = item_labels["label_id"].isin(rare)
    what = f"values of fewer than {min_support} items, which make no label"
    report.count(what, len(rare), rare.head(5).tolist())
    kept = item_labels[~is_rare].reset_index(drop=True)
    if kept.empty:
        raise InputError(
            f"the catalog: no value is carried by min_support = {min_support} items or more "
            f"(found {len(rare):,} values on fewer); lower it"
        )
    return labels[~labels["label_id"].isin(rare)].reset_index(drop=True), kept


def _category_labels(distinct: pd.DataFrame, taxonomy: Taxonomy, report: Report) -> pd.DataFrame:
    """Return the category cells with a row for their label and for each ancestor of it."""
    labels = pd.Series([taxonomy.find(raw) for raw in distinct["raw"]], dtype="str")
    found = distinct.reset_index(drop=True).assign(label_id=labels)
    unknown = found[found["label_id"].isna()]
    report.count(
        "items whose category is not in the taxonomy",
        int(unknown["n"].sum()),
        unknown["raw"].tolist(),
    )
    closed = found.merge(taxonomy.lineages, on="label_id")
    return closed[[*_KEY, "ancestor_id"]].rename(columns={"ancestor_id": "label_id"})


def _label_table(values: pd.DataFrame, taxonomy: Taxonomy | None) -> pd.DataFrame:
    plain = values.loc[values["attribute"] != CATEGORY, ["label_id", "attribute", "value"]]
    parts = [plain.drop_duplicates().assign(path=None, parent_id=None)]
    if taxonomy is not None:
        used = taxonomy.categories["label_id"].isin(values["label_id"])
        categories = taxonomy.categories.loc[used, ["label_id", "name", "path", "parent_id"]]
        named = categories.rename(columns={"name": "value"}).assign(attribute=CATEGORY)
        parts.append(named)
    names = ["label_id", "attribute", "value", "path", "parent_id"]
    labels = pd.concat([part[names].astype("str") for part in parts])
    return labels.sort_values("label_id", ignore_index=True)

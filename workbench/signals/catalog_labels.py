"""From the cells of a catalog to its labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.aliases import Aliases, no_aliases
from workbench.signals.catalog_fields import SAY_FALSE, TAKEN_OUT
from workbench.signals.empty_words import TAKEN_AS_EMPTY, EmptyWords, find_empty_cells
from workbench.signals.free_text import find_free_text
from workbench.signals.item_codes import LEFT_OUT_AS, find_item_codes
from workbench.signals.rare_labels import RareLabels, no_rare_labels
from workbench.signals.taxonomy import CATEGORY, Taxonomy, taxonomy_from_paths
from workbench.signals.units import with_units
from workbench.signals.values import SAY_NO, ValueRules, canonical_values
from workbench.tables import computed, from_frame, to_frame

MANY_VALUES = 10_000
_KEY = ["attribute", "raw", "unit"]
_MAKE_NO_LABEL = (LEFT_OUT_AS, TAKEN_AS_EMPTY, TAKEN_OUT, SAY_NO, SAY_FALSE)


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
    rare : RareLabels
        Values that are no labels, for few items have them.
    item_codes : tuple of str
        Attributes that make no labels, for their values name single items, see `why_no_labels`.
    """

    items: pd.DataFrame
    item_labels: pd.DataFrame
    labels: pd.DataFrame
    taxonomy: Taxonomy | None
    free_text: tuple[str, ...] = ()
    rare: RareLabels = field(default_factory=no_rare_labels)
    item_codes: tuple[str, ...] = ()

    @property
    def attributes(self) -> list[str]:
        """The attributes that items have, those too whose values are all rare."""
        both = pd.concat([self.labels["attribute"], self.rare.rows["attribute"]])
        return [str(name) for name in both.unique()]


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
    aliases = aliases or no_aliases()
    empty = EmptyWords(rules.empty, aliases)
    if taxonomy is None:
        taxonomy = _taxonomy_of(cells, empty)
    with computed(with_units(cells, rules.units, taxonomy, report=report)) as cells:
        # In order, so that the examples in the report are the same in every run.
        distinct = to_frame(cells.group_by(_KEY).aggregate(n=cells.count()).order_by(_KEY))
        is_empty = find_empty_cells(distinct, empty, report=report)
        cells, distinct = _without(cells, distinct[is_empty]), distinct[~is_empty]
        _count_empty_cells(cells, named, len(items), report)
        is_code = find_item_codes(distinct, named, rules.keep, report=report)
        item_codes = tuple(map(str, distinct.loc[is_code, "attribute"].unique()))
        distinct = distinct[~is_code]
        values = _values(distinct, rules, aliases, taxonomy, report)
        item_labels = _carried(cells, values)
    if item_labels.empty:
        raise InputError(_why_none(named, report))
    labels = _label_table(values, taxonomy)
    _count_several_values(item_labels, labels, rules.exclusive, report)
    _count_many_values(labels, report)
    rare = _find_rare(labels, item_labels, rules.min_support, report)
    free_text = find_free_text(distinct[distinct["attribute"] != CATEGORY])
    return Catalog(
        items,
        _without_rare(item_labels, rare),
        _without_rare(labels, rare),
        taxonomy,
        free_text=free_text,
        rare=rare,
        item_codes=item_codes,
    )


def _taxonomy_of(cells: ibis.Table, empty: EmptyWords) -> Taxonomy | None:
    """Return the taxonomy that the items' category paths make, None if there are none."""
    raw = cells.filter(cells["attribute"] == CATEGORY)
    counts = to_frame(raw.group_by("raw").aggregate(n=raw.count()))
    is_empty = counts["raw"].map(lambda text: empty.include(CATEGORY, text)).astype("bool")
    counts = counts[~is_empty]
    return (
        taxonomy_from_paths(np.repeat(counts["raw"].to_numpy(), counts["n"]))
        if len(counts)
        else None
    )


def _without(cells: ibis.Table, gone: pd.DataFrame) -> ibis.Table:
    """Return the cells but those of these attributes, texts and units."""
    if gone.empty:
        return cells
    return cells.anti_join(from_frame(gone[_KEY], types=dict.fromkeys(_KEY, "string")), _KEY)


def _values(
    distinct: pd.DataFrame,
    rules: ValueRules,
    aliases: Aliases,
    taxonomy: Taxonomy | None,
    report: Report,
) -> pd.DataFrame:
    """Return the different cells with a row for each label that they make."""
    is_category = distinct["attribute"] == CATEGORY
    values = canonical_values(distinct[~is_category], rules, aliases, report=report)
    values["label_id"] = values["attribute"] + ": " + values["value"]
    if taxonomy is None or not is_category.any():
        return values
    return pd.concat([values, _category_labels(distinct[is_category], taxonomy, report)])


def _carried(cells: ibis.Table, values: pd.DataFrame) -> pd.DataFrame:
    """Return ``item_id, label_id``: the labels that the cells of each item make."""
    known = from_frame(values[[*_KEY, "label_id"]], types=dict.fromkeys(_KEY, "string"))
    carried = cells.inner_join(known, _KEY).select("item_id", "label_id").distinct()
    return to_frame(carried.order_by("item_id", "label_id"))


def _why_none(named: Collection[str], report: Report) -> str:
    """Return that there is no label at all, with what was counted of values that make none."""
    message = f"the catalog: none of the items has a value of {_listed(named)} that makes a label; "
    told = [line for line in report.lines() if line.startswith(_MAKE_NO_LABEL)]
    if not told:
        return message + "check the columns that the attributes name"
    return message + "found " + "; ".join(told)


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
        f"attributes that make more than {MANY_VALUES:,} labels each (none was left out); if they "
        "name single items, take them out of 'attributes', or name them in 'without'",
        len(many),
        [f"{attribute}: {n:,} values" for attribute, n in many.items()],
    )


def _find_rare(
    labels: pd.DataFrame, item_labels: pd.DataFrame, min_support: int, report: Report
) -> RareLabels:
    """Return the values of few items, which are no labels; categories stay."""
    support = labels["label_id"].map(item_labels["label_id"].value_counts()).fillna(0)
    is_rare = (support < min_support) & labels["path"].isna()
    rows = labels.loc[is_rare, ["label_id", "attribute", "value"]]
    rows = rows.assign(n_items=support[is_rare].astype("int64")).reset_index(drop=True)
    what = f"values of fewer than {min_support} items, which make no label"
    report.count(what, len(rows), rows["label_id"].head(5).tolist())
    if item_labels["label_id"].isin(rows["label_id"]).all():
        raise InputError(
            f"the catalog: no value is carried by min_support = {min_support} items or more "
            f"(found {len(rows):,} values on fewer); lower it"
        )
    return RareLabels(rows, min_support)


def _without_rare(frame: pd.DataFrame, rare: RareLabels) -> pd.DataFrame:
    return frame[~frame["label_id"].isin(rare.rows["label_id"])].reset_index(drop=True)


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

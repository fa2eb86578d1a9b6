"""The items of the shop and the labels they carry, from a wide or a long table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.aliases import Aliases, no_aliases
from workbench.signals.taxonomy import CATEGORY, Taxonomy, taxonomy_from_paths
from workbench.signals.values import ValueRules, canonical_values
from workbench.tables import BadRows, Column, Contract, from_frame, read_table, to_frame

LONG_CATALOG = Contract(
    "the catalog",
    (
        Column("item_id", "text"),
        Column("attribute", "text"),
        Column("value", "text", nullable=True),
    ),
)


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
    """

    items: pd.DataFrame
    item_labels: pd.DataFrame
    labels: pd.DataFrame
    taxonomy: Taxonomy | None


def read_catalog(
    connection: BaseBackend,
    path: Path,
    *,
    attributes: Mapping[str, str],
    category: str | None = None,
    columns: Mapping[str, str] | None = None,
    rules: ValueRules | None = None,
    aliases: Aliases | None = None,
    taxonomy: Taxonomy | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> Catalog:
    """Return the catalog of a wide file: one row an item, one column an attribute.

    Parameters
    ----------
    connection : ibis backend
    path : Path
    attributes : mapping of str to str
        Name of the attribute (as in labels) to the file's column: ``{"Color": "color"}``.
    category : str, optional
        The file's column with the category: its key, path or name.
    columns : mapping of str to str, optional
        The file's names of ``id`` and ``title``.
    rules : ValueRules, optional
        How cells are split into values and numbers get their unit.
    aliases : Aliases, optional
        Spellings that stand for a value.
    taxonomy : Taxonomy, optional
        Without it, the category paths of the items make one.
    bad_rows : {"error", "skip"}
    report : Report
        Gets what is empty, unified or unknown.

    Raises
    ------
    InputError
        If the file breaks its contract; two rows with one id are named.
    """
    chosen = dict(attributes)
    if category is not None:
        chosen[CATEGORY] = category
    contract = _wide_contract(chosen)
    mapping = {**(columns or {}), **{f"attribute {name}": their for name, their in chosen.items()}}
    table = read_table(
        connection, path, contract, columns=mapping, bad_rows=bad_rows, report=report
    )
    cells = ibis.union(
        *(
            table.select(item_id="id", attribute=ibis.literal(name), raw=table[f"attribute {name}"])
            for name in chosen
        )
    )
    items = to_frame(table.select(item_id="id", title=table["title"].fill_null("")))
    return _make_catalog(items, cells.drop_null("raw"), chosen, rules, aliases, taxonomy, report)


def read_long_catalog(
    connection: BaseBackend,
    path: Path,
    *,
    title: str | None = "title",
    category: str | None = None,
    columns: Mapping[str, str] | None = None,
    rules: ValueRules | None = None,
    aliases: Aliases | None = None,
    taxonomy: Taxonomy | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> Catalog:
    """Return the catalog of a long file: one row ``item_id, attribute, value`` a value.

    ``title`` and ``category`` name the attributes that hold the item's title and its category;
    every other attribute makes labels. Further parameters as in `read_catalog`.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    table = read_table(
        connection, path, LONG_CATALOG, columns=columns, bad_rows=bad_rows, report=report
    )
    table = table.mutate(attribute=table["attribute"].strip())
    titles = ibis.ifelse(table["attribute"] == (title or ""), table["value"], None)
    items = to_frame(table.group_by("item_id").aggregate(title=titles.max().fill_null("")))
    cells = table.filter(table["attribute"] != (title or "")).drop_null("value")
    if category is not None:
        renamed = ibis.ifelse(cells["attribute"] == category, CATEGORY, cells["attribute"])
        cells = cells.mutate(attribute=renamed)
    cells = cells.select("item_id", "attribute", raw="value")
    names = to_frame(cells.select("attribute").distinct())["attribute"]
    chosen = {name: name for name in sorted(names)}
    items = items.sort_values("item_id", ignore_index=True)
    return _make_catalog(items, cells, chosen, rules, aliases, taxonomy, report)


def _wide_contract(attributes: Mapping[str, str]) -> Contract:
    own = (
        Column("id", "text"),
        Column("title", "text", nullable=True),
    )
    cells = (
        Column(
            f"attribute {name}",
            "text",
            nullable=True,
            setting="category" if name == CATEGORY else f"attributes.{name}",
        )
        for name in attributes
    )
    return Contract("the catalog", (*own, *cells), key=("id",))


def _make_catalog(
    items: pd.DataFrame,
    cells: ibis.Table,
    attributes: Mapping[str, str],
    rules: ValueRules | None,
    aliases: Aliases | None,
    taxonomy: Taxonomy | None,
    report: Report,
) -> Catalog:
    """Return the catalog of the filled cells ``item_id, attribute, raw``."""
    distinct = to_frame(cells.group_by("attribute", "raw").aggregate(n=cells.count()))
    _count_empty_cells(distinct, attributes, len(items), report)
    is_category = distinct["attribute"] == CATEGORY
    values = canonical_values(
        distinct[~is_category], rules or ValueRules(), aliases or no_aliases(), report=report
    )
    values["label_id"] = values["attribute"] + ": " + values["value"]
    if is_category.any():
        categories = distinct[is_category]
        if taxonomy is None:
            taxonomy = taxonomy_from_paths(np.repeat(categories["raw"].to_numpy(), categories["n"]))
        values = pd.concat([values, _category_labels(categories, taxonomy, report)])
    known = from_frame(values[["attribute", "raw", "label_id"]], types=_TYPES)
    found = cells.inner_join(known, ["attribute", "raw"]).select("item_id", "label_id").distinct()
    item_labels = to_frame(found.order_by("item_id", "label_id"))
    if item_labels.empty:
        raise InputError(
            f"the catalog: none of the items has a value of {', '.join(attributes)}; "
            "check the columns that the attributes name"
        )
    return Catalog(items, item_labels, _label_table(values, taxonomy), taxonomy)


_TYPES = {"attribute": "string", "raw": "string", "label_id": "string"}


def _count_empty_cells(
    distinct: pd.DataFrame, attributes: Mapping[str, str], n_items: int, report: Report
) -> None:
    filled = distinct.groupby("attribute")["n"].sum()
    for name in attributes:
        report.count(f"items without {name}", max(n_items - int(filled.get(name, 0)), 0))


def _category_labels(distinct: pd.DataFrame, taxonomy: Taxonomy, report: Report) -> pd.DataFrame:
    """Return ``attribute, raw, label_id``: each category cell with its label and ancestors."""
    labels = pd.Series([taxonomy.find(raw) for raw in distinct["raw"]], dtype="str")
    found = distinct.reset_index(drop=True).assign(label_id=labels)
    unknown = found[found["label_id"].isna()]
    report.count(
        "items whose category is not in the taxonomy",
        int(unknown["n"].sum()),
        unknown["raw"].tolist(),
    )
    closed = found.merge(taxonomy.lineages, on="label_id")
    return closed[["attribute", "raw", "ancestor_id"]].rename(columns={"ancestor_id": "label_id"})


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

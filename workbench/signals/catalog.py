"""The items of the shop and the labels they carry, from a wide or a long table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import ibis
import ibis.selectors as s
import pandas as pd
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.aliases import Aliases
from workbench.signals.catalog_fields import CatalogFields, FieldPattern, count_taken_out
from workbench.signals.catalog_labels import Catalog, make_catalog
from workbench.signals.catalog_records import read_records
from workbench.signals.repeated_items import Repeats, check_titles, settle_repeats
from workbench.signals.taxonomy import CATEGORY, Taxonomy
from workbench.signals.values import ValueRules
from workbench.tables import (
    BadRows,
    Column,
    Contract,
    RawTable,
    find_column,
    from_frame,
    open_table,
    to_frame,
)
from workbench.tables.duplicates import find_duplicates
from workbench.tables.files import TableFile

LONG_CATALOG = Contract(
    "the catalog",
    (
        Column("item_id", "text"),
        Column("attribute", "text"),
        Column("value", "text", nullable=True),
    ),
)
_ID, _TITLE = Column("id", "text"), Column("title", "text", nullable=True)
_CELL = "attribute "


def read_catalog(
    connection: BaseBackend,
    path: Path,
    *,
    attributes: Mapping[str, str],
    patterns: Sequence[str] = (),
    without: Sequence[str] = (),
    category: str | None = None,
    columns: Mapping[str, str] | None = None,
    rules: ValueRules | None = None,
    aliases: Aliases | None = None,
    taxonomy: Taxonomy | None = None,
    repeats: Repeats = "error",
    bad_rows: BadRows = "error",
    report: Report,
) -> Catalog:
    """Return the catalog of a file with one row, or one JSON object, an item.

    Parameters
    ----------
    connection : ibis backend
    path : Path
    attributes : mapping of str to str
        Name of the attribute (as in labels) to the file's column: ``{"Color": "color"}``; a
        dotted name reaches into nested fields.
    patterns : sequence of str
        Further columns that are attributes, see `FieldPattern`: ``attr_*``, ``attributes.*``.
    without : sequence of str
        Columns that ``patterns`` leave out; a star stands for any end.
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
    repeats : {"error", "merge"}
        What rows of one item that differ are: an error, or all of them about it.
    bad_rows : {"error", "skip"}
    report : Report
        Gets what is empty, unified, rare or unknown.

    Raises
    ------
    InputError
        If the file breaks its contract; two rows with one id are named.
    ConfigError
        If a pattern has no star, or a unit is for a category that is not there.
    """
    own = {"id": "id", "title": "title", **(columns or {})}
    named = dict(attributes)
    if category is not None:
        named[CATEGORY] = category
    fields = CatalogFields(
        named, tuple(map(FieldPattern, patterns)), tuple(without), tuple(own.values())
    )
    file = TableFile(path)
    if file.is_json:
        items, cells = _from_records(connection, path, fields, own, repeats, bad_rows, report)
    else:
        raw = open_table(connection, path, bad_rows=bad_rows, report=report)
        wanted = _wanted(raw, fields)
        # The fields of nested columns are seen when records are read.
        is_flat = not any("." in pattern.text for pattern in fields.patterns)
        if file.is_delimited or (is_flat and _are_texts(raw, wanted)):
            _check_patterns(raw, fields)
            there = raw.cells.columns
            count_taken_out(fields.taken_out(there), there, report=report)
            items, cells = _from_columns(raw, wanted, own, repeats, bad_rows, report)
        else:
            items, cells = _from_records(connection, path, fields, own, repeats, bad_rows, report)
    return make_catalog(
        to_frame(items).sort_values("item_id", ignore_index=True),
        cells,
        named=named,
        rules=rules or ValueRules(),
        aliases=aliases,
        taxonomy=taxonomy,
        report=report,
    )


def read_long_catalog(
    connection: BaseBackend,
    path: Path,
    *,
    title: str | None = "title",
    category: str | None = None,
    attributes: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    rules: ValueRules | None = None,
    aliases: Aliases | None = None,
    taxonomy: Taxonomy | None = None,
    repeats: Repeats = "error",
    bad_rows: BadRows = "error",
    report: Report,
) -> Catalog:
    """Return the catalog of a long file: one row ``item_id, attribute, value`` a value.

    ``title`` and ``category`` name the attributes that hold the item's title and its category;
    every other attribute makes labels but those of ``without``, or, if there are any, those of
    ``attributes`` (ours to theirs). An item has all values of an attribute; a second title is an
    error, or, with ``repeats="merge"``, the last in the alphabet counts. Further parameters as in
    `read_catalog`.

    Raises
    ------
    InputError
        If the file breaks its contract, or an item has two titles.
    """
    raw = open_table(connection, path, bad_rows=bad_rows, report=report)
    raw = _with_numbers_as_texts(raw, (columns or {}).get("value", "value"))
    table = raw.read(LONG_CATALOG, columns=columns, bad_rows=bad_rows, report=report)
    table = table.mutate(attribute=table["attribute"].strip())
    titles = ibis.ifelse(table["attribute"] == (title or ""), table["value"], None)
    check_titles(
        table.select("item_id", title=titles), repeats=repeats, name=raw.name, report=report
    )
    items = to_frame(table.group_by("item_id").aggregate(title=titles.max().fill_null("")))
    cells = table.filter(table["attribute"] != (title or "")).drop_null("value")
    theirs = {name: ours for ours, name in (attributes or {}).items()}
    if without:
        there = _attributes_of(cells)
        taken_out = {name: [name] if name in there else [] for name in without}
        count_taken_out(taken_out, there, report=report)
        cells = cells.filter(~cells["attribute"].isin(without))
    if attributes:
        _count_left_out(cells, [*theirs, *([category] if category else [])], report)
        cells = cells.filter(cells["attribute"].isin([*theirs, category or ""]))
    if category is not None:
        theirs[category] = CATEGORY
    if theirs:
        renamed = cells["attribute"].cases(*theirs.items(), else_=cells["attribute"])
        cells = cells.mutate(attribute=renamed)
    return make_catalog(
        items.sort_values("item_id", ignore_index=True),
        cells.select("item_id", "attribute", raw="value").distinct(),
        named=list(theirs.values()),
        rules=rules or ValueRules(),
        aliases=aliases,
        taxonomy=taxonomy,
        report=report,
    )


def _attributes_of(cells: ibis.Table) -> list[str]:
    names = cells.select("attribute").distinct().order_by("attribute")
    return [str(name) for name in to_frame(names)["attribute"]]


def _count_left_out(cells: ibis.Table, names: Collection[str], report: Report) -> None:
    """Count the attributes of a long table that are not asked for."""
    found = _attributes_of(cells.filter(~cells["attribute"].isin(list(names))))
    report.count("attributes of the catalog that 'attributes' does not name", len(found), found)


def _with_numbers_as_texts(raw: RawTable, value: str) -> RawTable:
    """Return the table with the value of its rows as a text, where it is a number with decimals."""
    cells = find_column(raw.cells, value)
    if cells is None or not (cells.type().is_floating() or cells.type().is_decimal()):
        return raw
    texts = cells.cast("string").re_replace(r"\.0+$", "")
    return replace(raw, cells=raw.cells.mutate(texts.name(value)))


def _wanted(raw: RawTable, fields: CatalogFields) -> list[tuple[str, str]]:
    """Return attribute and column of all attributes, those of patterns last."""
    by_pattern = fields.by_pattern(raw.cells.columns)
    return [*fields.named.items(), *((ours, theirs) for theirs, ours in by_pattern.items())]


def _check_patterns(raw: RawTable, fields: CatalogFields) -> None:
    columns = raw.cells.columns
    lost = [pattern.text for pattern in fields.patterns if not any(map(pattern.stem, columns))]
    if lost:
        raise InputError(
            f"{raw.name}: no column fits {', '.join(map(repr, lost))} of patterns (found: "
            f"{', '.join(columns[:20])}); correct them"
        )


def _are_texts(raw: RawTable, wanted: Sequence[tuple[str, str]]) -> bool:
    cells = [find_column(raw.cells, theirs) for _, theirs in wanted]
    return all(column is None or column.type().is_string() for column in cells)


def _from_columns(
    raw: RawTable,
    wanted: Sequence[tuple[str, str]],
    own: Mapping[str, str],
    repeats: Repeats,
    bad_rows: BadRows,
    report: Report,
) -> tuple[ibis.Table, ibis.Table]:
    """Return ``item_id, title`` and ``item_id, attribute, raw`` of a table of texts."""
    theirs = {f"{_CELL}{i}": name for i, (_, name) in enumerate(wanted)}
    settings = (
        "category" if attribute == CATEGORY else f"attributes.{attribute}"
        for attribute, _ in wanted
    )
    cells = (
        Column(name, "text", nullable=True, setting=setting)
        for name, setting in zip(theirs, settings, strict=True)
    )
    contract = Contract("the catalog", (_ID, _TITLE, *cells))
    table = raw.read(contract, columns={**own, **theirs}, bad_rows=bad_rows, report=report)
    names = pd.DataFrame({"cell": list(theirs), "attribute": [name for name, _ in wanted]})

    def cells_of(table: ibis.Table, key: str) -> ibis.Table:
        by_cell = table.select(key, *theirs).pivot_longer(
            s.cols(*theirs), names_to="cell", values_to="raw"
        )
        filled = by_cell.drop_null("raw").inner_join(from_frame(names), "cell")
        return filled.select(key, "attribute", "raw")

    if not find_duplicates(table, replace(contract, key=("id",))):
        items = table.select(item_id="id", title=table["title"].fill_null(""))
        return items, cells_of(table, "id").rename(item_id="id")
    # Which row is which stays only in a table that is held.
    numbered = table.mutate(row=ibis.row_number())
    held = raw.connection.create_table(ibis.util.gen_name("catalog"), numbered, temp=True)
    return settle_repeats(
        held.select("row", "id", "title"),
        cells_of(held, "row"),
        repeats=repeats,
        bad_rows=bad_rows,
        name=raw.name,
        report=report,
    )


def _from_records(
    connection: BaseBackend,
    path: Path,
    fields: CatalogFields,
    own: Mapping[str, str],
    repeats: Repeats,
    bad_rows: BadRows,
    report: Report,
) -> tuple[ibis.Table, ibis.Table]:
    """Return ``item_id, title`` and ``item_id, attribute, raw`` of records of any form."""
    rows, cells = read_records(
        connection, path, fields, (own["id"], own["title"]), bad_rows=bad_rows, report=report
    )
    contract = Contract("the catalog", (_ID, _TITLE, Column("row", "integer")))
    raw = RawTable(path.name, rows, connection, TableFile(path))
    checked = raw.read(contract, columns=own, bad_rows=bad_rows, report=report)
    return settle_repeats(
        checked, cells, repeats=repeats, bad_rows=bad_rows, name=path.name, report=report
    )

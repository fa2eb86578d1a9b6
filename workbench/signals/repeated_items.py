"""Items that stand in the catalog more than once, with the same values or with others."""

from __future__ import annotations

from typing import Literal

import ibis
import pandas as pd

from workbench.errors import InputError
from workbench.report import MAX_EXAMPLES, Report
from workbench.tables import BadRows, rows_left_out, to_frame, to_row

Repeats = Literal["error", "merge"]


def settle_repeats(
    rows: ibis.Table,
    cells: ibis.Table,
    *,
    repeats: Repeats = "error",
    bad_rows: BadRows = "error",
    name: str,
    report: Report,
) -> tuple[ibis.Table, ibis.Table]:
    """Return items that stand there once each, and their cells.

    Rows that say the same of an item count once. Where they say something else, that is an error,
    or, with ``repeats="merge"``, the item has the values of all its rows and, of several titles,
    the last in the alphabet, so that the order of rows never matters. With ``bad_rows="skip"``,
    unless they are merged, the first row counts.

    Parameters
    ----------
    rows : ibis.Table
        ``row, id, title``.
    cells : ibis.Table
        ``row, attribute, raw``.
    repeats : {"error", "merge"}
    bad_rows : {"error", "skip"}
    name : str
        What messages call the file.
    report : Report

    Returns
    -------
    items : ibis.Table
        ``item_id, title``; no title is an empty text.
    cells : ibis.Table
        ``item_id, attribute, raw``.

    Raises
    ------
    InputError
        If rows contradict each other and neither setting says what to do.
    """
    rows = rows.mutate(title=rows["title"].fill_null(""))
    ids = rows.group_by("id").aggregate(n=rows.count())
    twice = ids.filter(ids["n"] > 1)
    if not to_row(twice.aggregate(n=twice.count()))["n"]:
        return _joined(rows, cells)
    again = _with_what_is_said(rows.semi_join(twice, "id"), cells).cache()
    different = again.group_by("id", "title", "said").aggregate(row=again["row"].min())
    different = different.mutate(n=different.count().over(group_by="id")).cache()
    n_rows = int(to_row(again.aggregate(n=again.count()))["n"])
    n_different = int(to_row(different.aggregate(n=different.count()))["n"])
    report.count(f"{name}: rows that repeat another one, counted once", n_rows - n_different)
    kept = different.select("row")
    clash = different.filter(different["n"] > 1)
    total = to_row(clash.aggregate(n=clash.count(), n_ids=clash["id"].nunique()))
    if total["n"]:
        shown = _examples(clash, cells)
        if repeats == "merge":
            what = f"{name}: items with different rows, which have the values of all"
            report.count(what, total["n_ids"], shown)
        elif bad_rows == "skip":
            what = rows_left_out(name, "'id' must be unique; the first row is kept")
            report.count(what, total["n"] - total["n_ids"], shown)
            kept = different.group_by("id").aggregate(row=different["row"].min()).select("row")
        else:
            raise InputError(
                f"{name}: 'id' must be unique, found {total['n_ids']:,} "
                f"{'value' if total['n_ids'] == 1 else 'values'} on more than one row "
                f"({', '.join(shown)}); keep one row of each, or let an item have the values of "
                'all its rows with repeats = "merge"'
            )
    return _joined(rows.anti_join(again, "row").union(rows.semi_join(kept, "row")), cells)


def check_titles(
    titles: ibis.Table, *, repeats: Repeats = "error", name: str, report: Report
) -> None:
    """Count the items ``item_id, title`` with more than one title.

    Raises
    ------
    InputError
        If there are any, unless ``repeats`` is "merge".
    """
    by_item = titles.group_by("item_id").aggregate(
        n=titles["title"].nunique(), first=titles["title"].min(), last=titles["title"].max()
    )
    several = by_item.filter(by_item["n"] > 1)
    n_items = int(to_row(several.aggregate(n=several.count()))["n"])
    if not n_items:
        return
    first = to_frame(several.order_by("item_id").limit(MAX_EXAMPLES))
    shown = [f"{one.item_id!r}: {one.first!r}, {one.last!r}" for one in first.itertuples()]
    if repeats == "error":
        raise InputError(
            f"{name}: expected one title an item, found {n_items:,} "
            f"{'item' if n_items == 1 else 'items'} with several ({'; '.join(shown)}); keep one "
            'of each, or take the last in the alphabet with repeats = "merge"'
        )
    report.count(
        f"{name}: items with several titles, the last in the alphabet kept", n_items, shown
    )


def _joined(rows: ibis.Table, cells: ibis.Table) -> tuple[ibis.Table, ibis.Table]:
    items = rows.group_by(item_id=rows["id"]).aggregate(title=rows["title"].max())
    keyed = cells.inner_join(rows.select("row", item_id="id"), "row")
    return items, keyed.select("item_id", "attribute", "raw").distinct()


def _with_what_is_said(rows: ibis.Table, cells: ibis.Table) -> ibis.Table:
    """Return the rows with all their cells as one text, ``said``."""
    theirs = cells.semi_join(rows, "row")
    theirs = theirs.mutate(said=theirs["attribute"] + "\x1f" + theirs["raw"])
    texts = theirs.group_by("row").aggregate(
        said=theirs["said"].group_concat("\x1e", order_by=theirs["said"])
    )
    joined = rows.left_join(texts, "row")
    return joined.select("row", "id", "title", said=joined["said"].fill_null(""))


def _examples(clash: ibis.Table, cells: ibis.Table) -> list[str]:
    """Return "'A1' 2 times (Color: Red / Blue)" of the first items."""
    first = clash.select("id").distinct().order_by("id").limit(MAX_EXAMPLES)
    shown = to_frame(clash.semi_join(first, "id").order_by("id", "row"))
    values = to_frame(cells.semi_join(clash.semi_join(first, "id"), "row"))
    told = []
    for item_id, group in shown.groupby("id", sort=False):
        said = values.assign(attribute=values["attribute"].str.strip())
        titles = group[["row", "title"]].rename(columns={"title": "raw"}).assign(attribute="title")
        said = pd.concat([titles, said[said["row"].isin(group["row"])]])
        told.append(f"{item_id!r} {len(group)} times ({_difference(said, group['row'].tolist())})")
    return told


def _difference(said: pd.DataFrame, rows: list[int]) -> str:
    """Return the first attribute in which rows differ, with what the first two of them say."""
    for attribute, group in said.groupby("attribute", sort=False):
        by_row = group.groupby("row")["raw"].agg(lambda raw: ", ".join(sorted(raw)))
        texts = [str(by_row.get(row, "")) for row in rows]
        if len(set(texts)) > 1:
            other = next(text for text in texts if text != texts[0])
            return f"{attribute}: {texts[0]!r}, {other!r}"
    raise AssertionError("rows that differ in nothing are not compared")

"""The search log: from events, or from counts, to how well each item answers each query."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from ibis.backends import BaseBackend

from workbench.report import Report
from workbench.signals.click_counts import ClickCounts, ClickRules, count_events
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_given_counts import count_counts
from workbench.signals.click_reading import ClickLogTable, read_click_log
from workbench.signals.click_sum import ClickLog, sum_counts
from workbench.tables import BadRows, computed, table_parts


def read_clicks(
    connection: BaseBackend,
    path: Path,
    items: pd.DataFrame,
    fmt: ClickFormat | None = None,
    *,
    queries_path: Path | None = None,
    rules: ClickRules | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ClickLog:
    """Return the click log of a file, or of a folder of Parquet parts, each counted on its own.

    With searches in a file of their own a folder is counted as one: a search may have events in
    several parts.

    Parameters
    ----------
    connection : ibis backend
    path : Path
    items : pd.DataFrame
        ``item_id`` of the catalog.
    fmt, queries_path, bad_rows
        As of `workbench.signals.click_reading.read_click_log`.
    rules : ClickRules, optional
        Which events count, and how much.
    report : Report
        Gets the counts, and notes which way of counting was used.

    Raises
    ------
    InputError
        If a file breaks its contract, or no click is left.
    """
    parts = (
        read_counts(
            connection,
            part,
            fmt,
            queries_path=queries_path,
            rules=rules,
            bad_rows=bad_rows,
            report=report,
        )
        for part in ([path] if queries_path else table_parts(path))
    )
    return sum_counts(parts, items, report=report)


def read_counts(
    connection: BaseBackend,
    path: Path,
    fmt: ClickFormat | None = None,
    *,
    queries_path: Path | None = None,
    rules: ClickRules | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ClickCounts:
    """Return the counts of one file of a log; parameters and errors as in `read_clicks`."""
    log = read_click_log(
        connection, path, fmt, queries_path=queries_path, bad_rows=bad_rows, report=report
    )
    if path.suffix in (".parquet", ".pq") and queries_path is None:
        return count_log(log, rules)
    # Text is read once for all that is counted; of Parquet each count reads its columns only.
    with computed(log.table) as table:
        return count_log(ClickLogTable(log.kind, table), rules)


def count_log(log: ClickLogTable, rules: ClickRules | None = None) -> ClickCounts:
    """Return the counts of one part of a log in canonical form."""
    count = count_counts if log.kind == "counts" else count_events
    return count(log.table, rules or ClickRules())

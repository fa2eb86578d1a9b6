"""The search log: from events, or from counts, to how well each item answers each query."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import ibis
import pandas as pd
from ibis.backends import BaseBackend

from workbench.report import Report
from workbench.signals.click_counts import ClickCounts, ClickRules, count_counts, count_events
from workbench.signals.click_sum import ClickLog, sum_counts
from workbench.tables import BadRows, Column, Contract, find_columns, read_table

CLICK_EVENTS = Contract(
    "click events",
    (
        Column("user_query", "text", nullable=True),
        Column("object_id", "text", nullable=True),
        Column("action_name", "text"),
        Column("query_id", "text", required=False, nullable=True),
        Column("session_id", "text", required=False, nullable=True),
        Column("client_id", "text", required=False, nullable=True),
        Column("device", "text", required=False, nullable=True),
        Column("timestamp", "time", required=False, nullable=True),
        Column(
            "position",
            "integer",
            required=False,
            nullable=True,
            minimum=1,
            hint="count positions from 1, or leave the column out if they are unknown",
        ),
    ),
)
CLICK_COUNTS = Contract(
    "click counts",
    (
        Column("user_query", "text", nullable=True),
        Column("object_id", "text", nullable=True),
        Column("clicks", "integer", minimum=0),
        Column(
            "impressions",
            "integer",
            required=False,
            minimum=0,
            hint="leave the column out if impressions are unknown",
        ),
    ),
)
_TYPES = {
    "query_id": "string",
    "session_id": "string",
    "client_id": "string",
    "timestamp": "timestamp",
    "position": "int64",
    "device": "string",
}


def read_clicks(
    connection: BaseBackend,
    path: Path,
    items: pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    rules: ClickRules | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ClickLog:
    """Return the click log of a file, or of a folder of Parquet parts, each counted on its own.

    A file with a column ``clicks`` holds counts (`CLICK_COUNTS`), any other events
    (`CLICK_EVENTS`).

    Parameters
    ----------
    connection : ibis backend
    path : Path
    items : pd.DataFrame
        ``item_id`` of the catalog.
    columns : mapping of str to str, optional
        Our name of a column to the file's.
    rules : ClickRules, optional
        Which events count, and how much.
    bad_rows : {"error", "skip"}
    report : Report
        Gets the counts, and notes which way of counting was used.

    Raises
    ------
    InputError
        If a file breaks its contract, or no click is left.
    """
    parts = (
        read_counts(
            connection, part, columns=columns, rules=rules, bad_rows=bad_rows, report=report
        )
        for part in log_parts(path)
    )
    return sum_counts(parts, items, report=report)


def log_parts(path: Path) -> list[Path]:
    """Return the files of a log: the file itself, or the Parquet files of a folder, in order."""
    return sorted(path.rglob("*.parquet")) if path.is_dir() else [path]


def read_counts(
    connection: BaseBackend,
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    rules: ClickRules | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ClickCounts:
    """Return the counts of one file of a log; parameters and errors as in `read_clicks`."""
    mapping = dict(columns or {})
    rules = rules or ClickRules()
    contract = CLICK_EVENTS
    if mapping.get("clicks", "clicks") in find_columns(connection, path):
        contract = CLICK_COUNTS
    table = read_table(
        connection, path, contract, columns=mapping, bad_rows=bad_rows, report=report
    )
    if contract is CLICK_COUNTS:
        return count_counts(table, rules)
    return count_events(canonical_events(table), rules)


def canonical_events(events: ibis.Table) -> ibis.Table:
    """Return the events with every optional column; null where the log does not have it."""
    absent = {name: ibis.null(kind) for name, kind in _TYPES.items() if name not in events.columns}
    return events.mutate(**absent, action=events["action_name"].strip().lower())

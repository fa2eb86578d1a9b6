"""From any search log to one table: canonical events, or counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ibis
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.click_formats import (
    CLICK,
    ClickFormat,
    counts_contract,
    events_contract,
)
from workbench.signals.click_searches import KindsOfRows, Searches, with_searches
from workbench.tables import BadRows, RawTable, open_table

EVENT_TYPES = {
    "user_query": "string",
    "query_id": "string",
    "session_id": "string",
    "client_id": "string",
    "timestamp": "timestamp",
    "object_id": "string",
    "action": "string",
    "position": "int64",
    "device": "string",
}
# Where User Behavior Insights nests what others have as a column.
_NESTED = {
    "object_id": "event_attributes.object.object_id",
    "position": "event_attributes.position.ordinal",
}
# A log with one of these says what was done: its rows are not all clicks.
_LIKE_ACTIONS = ("action", "event", "event_type", "event_name", "action_type", "eventtype")


@dataclass(frozen=True, eq=False)
class ClickLogTable:
    """A search log as a lazy table that was checked.

    Parameters
    ----------
    kind : {"events", "counts"}
    table : ibis.Table
        Events: ``user_query, query_id, session_id, client_id, timestamp, object_id, action,
        position, device``. ``action`` is in lower case: what the log says, "click" where it says
        nothing, "search" for a row of the table of searches, whose ``object_id`` is null.
        ``timestamp`` is in UTC, ``position`` counts from 1; null is unknown everywhere.
        Counts: ``user_query, object_id, clicks`` and those of ``impressions, position, device,
        date`` and further actions that the log has.
    """

    kind: Literal["events", "counts"]
    table: ibis.Table


def read_click_log(
    connection: BaseBackend,
    path: Path,
    fmt: ClickFormat | None = None,
    *,
    queries_path: Path | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ClickLogTable:
    """Return a search log in canonical form.

    A file with a column ``clicks`` holds counts (`CLICK_COUNTS`), any other events
    (`CLICK_EVENTS`); without a column for the action every row is a click. What events do not
    say themselves comes from the table of searches (`click_searches.SEARCHES`) by ``query_id``;
    its lists of hits become impressions, but for searches that have impressions of their own.

    Parameters
    ----------
    connection : ibis backend
    path : Path
        Events or counts.
    fmt : ClickFormat, optional
    queries_path : Path, optional
        The searches; the same file if they stand between the events, as rows without an action.
    bad_rows : {"error", "skip"}
    report : Report
        Gets what was left out, and notes where impressions come from.

    Raises
    ------
    InputError
        If a file breaks its contract, or no event belongs to a search.
    ConfigError
        If the mapping names unknown columns, or there is no such time zone.
    """
    fmt = fmt or ClickFormat()
    reading: dict[str, Any] = {"bad_rows": bad_rows, "report": report}
    log = open_table(connection, path, delimiter=fmt.delimiter, **reading)
    searches = None
    if queries_path is not None:
        same = queries_path.resolve() == path.resolve()
        searches = (
            log
            if same
            else open_table(connection, queries_path, delimiter=fmt.delimiter, **reading)
        )
    return click_log_of(log, fmt, searches=searches, **reading)


def click_log_of(
    log: RawTable,
    fmt: ClickFormat,
    *,
    searches: RawTable | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ClickLogTable:
    """Return a search log in canonical form; the same as `read_click_log`, of tables.

    Parameters
    ----------
    log : RawTable
        Events or counts.
    fmt : ClickFormat
    searches : RawTable, optional
        The same table if they stand between the events.
    bad_rows : {"error", "skip"}
    report : Report
    """
    columns = dict(fmt.columns)
    for name, nested in _NESTED.items():
        if name not in columns and not log.has(name) and log.has(nested):
            columns[name] = nested
    if log.has(columns.get("clicks", "clicks")):
        if searches is not None:
            raise InputError(
                f"{log.name}: counts need no table of searches, for each row says its query; "
                "leave queries_path out"
            )
        counts = log.read(counts_contract(fmt), columns=columns, bad_rows=bad_rows, report=report)
        return ClickLogTable("counts", _canonical_counts(counts, fmt))
    _check_says_actions(log, columns)
    contract = events_contract(fmt, has_searches=searches is not None)
    if searches is None:
        events = log.read(contract, columns=columns, bad_rows=bad_rows, report=report)
        return ClickLogTable("events", canonical_events(events, fmt, report))
    kinds = None
    if searches is log:
        kinds = KindsOfRows.of(log, columns)
        kinds.count_others(log, report)
    events = log.read(
        contract,
        columns=columns,
        rows=kinds and kinds.is_event,
        bad_rows=bad_rows,
        report=report,
    )
    found = Searches.read(
        searches,
        columns=fmt.query_columns,
        separator=fmt.hits_separator,
        time_zone=fmt.time_zone,
        rows=kinds and kinds.is_search,
        bad_rows=bad_rows,
        report=report,
    )
    canonical = canonical_events(events, fmt, report)
    return ClickLogTable("events", with_searches(canonical, found, fmt.impressions, report))


def canonical_events(events: ibis.Table, fmt: ClickFormat, report: Report) -> ibis.Table:
    """Return events that keep `CLICK_EVENTS` with all canonical columns."""
    if "action_name" in events.columns:
        action = events["action_name"].strip().lower()
    else:
        report.note("no column action_name: every row of the log counts as a click")
        action = ibis.literal(CLICK)
    absent = {
        name: ibis.null(kind)
        for name, kind in EVENT_TYPES.items()
        if name not in (*events.columns, "action")
    }
    events = _from_one(events.mutate(**absent, action=action), fmt)
    return events.select(*EVENT_TYPES)


def _canonical_counts(counts: ibis.Table, fmt: ClickFormat) -> ibis.Table:
    if "date" in counts.columns:
        counts = counts.mutate(date=counts["date"].cast("date"))
    return _from_one(counts, fmt) if "position" in counts.columns else counts


def _from_one(table: ibis.Table, fmt: ClickFormat) -> ibis.Table:
    """Return the table with positions that count from 1."""
    return table.mutate(position=table["position"] + (1 - fmt.first_position))


def _check_says_actions(log: RawTable, columns: Mapping[str, str]) -> None:
    """Raise if the log seems to say what was done under another name: not all are clicks then."""
    if "action_name" in columns or log.has("action_name"):
        return
    like = [name for name in log.cells.columns if name.lower() in _LIKE_ACTIONS]
    if like:
        raise InputError(
            f"{log.name}: column 'action_name' is missing, and '{like[0]}' may be what it is "
            f'called here; set columns.action_name = "{like[0]}", or rename that column: without '
            "an action every row counts as a click"
        )

"""From any search log to one table: canonical events, or counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import ibis
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.click_searches import KindsOfRows, Searches, with_searches
from workbench.tables import BadRows, Column, Contract, RawTable, open_table

CLICK = "click"
# No list of results is as long; what is larger is a mistake, such as an id.
MAX_POSITION = 1_000_000
_HINT_FROM_1 = "count positions from 1 (set first_position = 0 if the log counts them from 0)"
_HINT_FROM_0 = "first_position = 0 says that the log counts positions from 0"
_HINT_UNKNOWN = ", or leave the column out if they are unknown"
_POSITION = Column(
    "position",
    "integer",
    required=False,
    nullable=True,
    minimum=1,
    maximum=MAX_POSITION,
    hint=_HINT_FROM_1 + _HINT_UNKNOWN,
)
_DEVICE = Column("device", "text", required=False, nullable=True)
CLICK_EVENTS = Contract(
    "click events",
    (
        Column("user_query", "text", nullable=True),
        Column("object_id", "text", nullable=True),
        Column(
            "action_name",
            "text",
            hint="if searches stand between the events, set queries_path to the same file",
        ),
        Column("query_id", "text", required=False, nullable=True),
        Column("session_id", "text", required=False, nullable=True),
        Column("client_id", "text", required=False, nullable=True),
        Column("timestamp", "time", required=False, nullable=True),
        _POSITION,
        _DEVICE,
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
        _POSITION,
        _DEVICE,
        Column("date", "time", required=False, nullable=True),
    ),
)
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


@dataclass(frozen=True)
class ClickFormat:
    """How a search log is written.

    Parameters
    ----------
    columns : mapping of str to str
        Our name of a column to the log's; a dotted name reaches into nested fields.
    query_columns : mapping of str to str
        The same for the table of searches.
    first_position : int
        The number of the first place in a list of results, 0 or 1.
    time_zone : str
        The zone of timestamps that say none, such as "Asia/Tokyo".
    delimiter : str, optional
        What parts the cells of a text file, if it is not what its suffix says.
    hits_separator : str
        What parts the items in a list that is written as text.
    impressions : tuple of str
        Actions that show an item; hits of searches become the first.
    counted_actions : tuple of str
        Further columns of counts, beside clicks and impressions.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    query_columns: Mapping[str, str] = field(default_factory=dict)
    first_position: int = 1
    time_zone: str = "UTC"
    delimiter: str | None = None
    hits_separator: str = ","
    impressions: tuple[str, ...] = ("impression",)
    counted_actions: tuple[str, ...] = ("add_to_cart", "purchase")


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


def events_contract(fmt: ClickFormat, *, has_searches: bool) -> Contract:
    """Return `CLICK_EVENTS` as a log of this format has to keep it."""
    columns = {column.name: column for column in _columns_of(CLICK_EVENTS, fmt)}
    columns["action_name"] = replace(columns["action_name"], required=False)
    if has_searches:
        columns["user_query"] = replace(columns["user_query"], required=False)
        columns["query_id"] = replace(columns["query_id"], required=True)
    return Contract(CLICK_EVENTS.name, tuple(columns.values()))


def counts_contract(fmt: ClickFormat) -> Contract:
    """Return `CLICK_COUNTS` as a log of this format has to keep it."""
    further = (
        Column(name, "integer", required=False, minimum=0)
        for name in fmt.counted_actions
        if name not in (CLICK, *fmt.impressions)
    )
    return Contract(CLICK_COUNTS.name, (*_columns_of(CLICK_COUNTS, fmt), *further))


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


def _columns_of(contract: Contract, fmt: ClickFormat) -> list[Column]:
    """Return the columns with the time zone and the first position of the format."""
    changes: dict[str, dict[str, Any]] = {
        "position": {
            "minimum": fmt.first_position,
            "hint": (_HINT_FROM_1 if fmt.first_position else _HINT_FROM_0) + _HINT_UNKNOWN,
        },
        "timestamp": {"time_zone": fmt.time_zone},
    }
    return [replace(column, **changes.get(column.name, {})) for column in contract.columns]


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

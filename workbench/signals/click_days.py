"""A search log in a database, taken a day at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError, TableNotFound

from workbench.errors import InputError
from workbench.signals.click_formats import ClickFormat
from workbench.signals.database_files import find_database_file
from workbench.tables import RawTable, find_column, to_frame, to_row
from workbench.tables.times import typed_time


@dataclass(frozen=True, eq=False)
class LogDay:
    """The rows of one day, or of none.

    Parameters
    ----------
    name : str
        The table and the day.
    state : tuple of str
        Numbers of rows and latest timestamps: what changes when rows are added.
    log : RawTable
    searches : RawTable or None
        The searches of the day; the log itself if they stand between its events.
    """

    name: str
    state: tuple[str, ...]
    log: RawTable
    searches: RawTable | None = None


def connect_database(
    url: str, folder: Path, *, named: str = "'database' in [inputs.clicks]"
) -> BaseBackend:
    """Return the connection of an Ibis URL; ``$NAME`` in it stands for an environment variable.

    Parameters
    ----------
    url : str
        Or the path of a DuckDB file.
    folder : Path
        Where the relative path of a database in a file starts.
    named : str
        What messages call the place where the URL stands.

    Raises
    ------
    InputError
        If there is no such database, or its driver is not installed.
    """
    file = find_database_file(url, folder)
    if file is not None and not file.path.is_file():
        raise InputError(
            f"{url}: there is no database {file.path}; a relative path starts at "
            f"{folder.resolve()}; correct {named}, or copy the file there"
        )
    try:
        if file is not None and file.engine == "sqlite":
            return ibis.sqlite.connect(file.path, **file.settings)
        if file is not None:
            # Whatever the URL says, for the log is only read.
            settings = {**file.settings, "read_only": True}
            return _in_utc(ibis.duckdb.connect(file.path, **settings))
        found = os.path.expandvars(url)
        if found.startswith("duckdb:"):
            return _in_utc(ibis.connect(found, read_only=True))
        return ibis.connect(found)
    except Exception as error:
        # Every driver has errors of its own. The URL as configured: no password is shown.
        raise InputError(
            f"{url}: cannot connect ({type(error).__name__}: {_first_line(error)}); {named} has to "
            "be an Ibis URL, such as duckdb://shop.duckdb, and the extra of Ibis for this database "
            "installed: pip install 'ibis-framework[NAME]'"
        ) from error


def _in_utc(connection: BaseBackend) -> BaseBackend:
    """Return the connection of DuckDB: its days begin at midnight UTC, wherever it stands."""
    connection.raw_sql("set TimeZone = 'UTC'")
    return connection


def open_database_table(connection: BaseBackend, name: str) -> RawTable:
    """Return a table of a database, not checked yet.

    Raises
    ------
    InputError
        If there is no such table.
    """
    try:
        return RawTable(name, connection.table(name), connection)
    except (IbisError, TableNotFound, KeyError) as error:
        tables = ", ".join(sorted(connection.list_tables())[:20])
        raise InputError(f"table '{name}' is not in the database; it has {tables}") from error


def log_days(log: RawTable, searches: RawTable | None, fmt: ClickFormat) -> Sequence[LogDay]:
    """Return the days (UTC) of a log in order, then the rows without a time.

    A log whose timestamps, or those of its searches, are not of a type for times is one day.

    Parameters
    ----------
    log : RawTable
    searches : RawTable, optional
        The log itself if searches stand between its events.
    fmt : ClickFormat
    """
    tables = [(log, fmt.columns)]
    if searches is not None and searches is not log:
        tables.append((searches, fmt.query_columns))
    times = [_time(table, columns, fmt.time_zone) for table, columns in tables]
    if any(time is None for time in times):
        return [LogDay(log.name, tuple(_n_rows(table) for table, _ in tables), log, searches)]
    states = [_states(table, time) for (table, _), time in zip(tables, times, strict=True)]
    days = sorted({day for state in states for day in state}, key=lambda day: (day == "", day))
    return [
        _day(day, tables, times, tuple(state.get(day, "") for state in states), searches is log)
        for day in days
    ]


def _time(table: RawTable, columns: Mapping[str, str], zone: str) -> Any | None:
    cells = find_column(table.cells, columns.get("timestamp", "timestamp"))
    if cells is None or not (cells.type().is_timestamp() or cells.type().is_date()):
        return None
    return typed_time(cells, zone)


def _n_rows(table: RawTable) -> str:
    return str(to_row(table.cells.aggregate(n=table.cells.count()))["n"])


def _states(table: RawTable, time: Any) -> dict[str, str]:
    """Return each day with its number of rows and its latest time; "" is the day of no time."""
    rows = table.cells.select(day=time.date().cast("string"), time=time.cast("string"))
    found = rows.group_by("day").aggregate(n=rows.count(), latest=rows["time"].max())
    return {
        day if isinstance(day, str) else "": f"{n} {latest}"
        for day, n, latest in to_frame(found).itertuples(index=False)
    }


def _day(
    day: str,
    tables: Sequence[tuple[RawTable, Mapping[str, str]]],
    times: Sequence[Any],
    state: tuple[str, ...],
    among_events: bool,
) -> LogDay:
    parts = []
    for (table, _), time in zip(tables, times, strict=True):
        known = time.date().cast("string")
        cells = table.cells.filter(known == day if day else time.isnull())
        name = f"{table.name} {day or 'without a time'}"
        parts.append(RawTable(name, cells, table.connection, may_be_empty=True))
    searches = parts[-1] if len(parts) > 1 or among_events else None
    return LogDay(parts[0].name, state, parts[0], searches)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]

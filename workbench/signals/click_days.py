"""A search log in a database, taken a day at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError, TableNotFound

from workbench.errors import InputError
from workbench.signals.click_formats import ClickFormat
from workbench.tables import RawTable, find_column, to_frame, to_row


@dataclass(frozen=True, eq=False)
class LogDay:
    """The rows of one day, or of none.

    Parameters
    ----------
    name : str
        The table and the day.
    state : tuple of str
        Its number of rows and its latest timestamp: what changes when rows are added.
    log : RawTable
    """

    name: str
    state: tuple[str, ...]
    log: RawTable


def connect_database(url: str) -> BaseBackend:
    """Return the connection of an Ibis URL; ``$NAME`` in it stands for an environment variable.

    Raises
    ------
    InputError
        If there is no such database, or its driver is not installed.
    """
    try:
        if not url.startswith("duckdb:"):
            return ibis.connect(os.path.expandvars(url))
        connection = ibis.connect(os.path.expandvars(url), read_only=True)
        # Days begin at midnight UTC, wherever the machine stands.
        connection.raw_sql("set TimeZone = 'UTC'")
        return connection
    except Exception as error:
        # Every driver has errors of its own. The URL as configured: no password is shown.
        raise InputError(
            f"{url}: cannot connect ({type(error).__name__}: {_first_line(error)}); an Ibis URL is "
            "expected, such as duckdb://shop.duckdb, and the extra of Ibis for this database: "
            "pip install 'ibis-framework[NAME]'"
        ) from error


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


def log_days(log: RawTable, fmt: ClickFormat) -> Sequence[LogDay]:
    """Return the days of a log in order, then the rows without a time.

    A log whose timestamps are not of a type for times is one day.
    """
    time = find_column(log.cells, fmt.columns.get("timestamp", "timestamp"))
    if time is None or not (time.type().is_timestamp() or time.type().is_date()):
        return [LogDay(log.name, table_state(log), log)]
    day = time.date().cast("string")
    rows = log.cells.mutate(workbench_day=day, workbench_time=time.cast("string"))
    found = rows.group_by("workbench_day").aggregate(
        n=rows.count(), latest=rows["workbench_time"].max()
    )
    days = to_frame(found).sort_values("workbench_day", na_position="last")
    return [_day(log, day, name, n, latest) for name, n, latest in days.itertuples(index=False)]


def table_state(table: RawTable) -> tuple[str, ...]:
    """Return what changes when rows are added to a table without days: their number."""
    return (str(to_row(table.cells.aggregate(n=table.cells.count()))["n"]),)


def _day(log: RawTable, day: Any, name: object, n_rows: int, latest: object) -> LogDay:
    is_known = isinstance(name, str)
    cells = log.cells.filter(day == name if is_known else day.isnull())
    told = f"{log.name} {name if is_known else 'without a time'}"
    return LogDay(told, (str(n_rows), str(latest)), RawTable(told, cells, log.connection))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]

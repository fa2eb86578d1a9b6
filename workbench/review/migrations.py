"""How a decision store of an earlier layout becomes one of today's."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Table, inspect, update
from sqlalchemy.schema import CreateColumn

from workbench.review.schema import (
    BATCHES,
    CURRENT,
    EVENTS,
    GOLD,
    LEASES,
    REQUESTS,
    SCHEMA_VERSION,
    STORE,
)


def migrate(connection: Connection, version: int) -> None:
    """Bring the tables of an earlier layout up to today's; nothing is lost.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes, so that all or nothing is done.
    version : int
        The layout that the store has, 1 or more.
    """
    for step in range(version, SCHEMA_VERSION):
        _STEPS[step](connection)
    connection.execute(update(STORE).values(version=SCHEMA_VERSION))


def _add_what_a_team_needs(connection: Connection) -> None:
    for table in (EVENTS, CURRENT):
        _add_column(connection, table, "role")
    for table in (LEASES, REQUESTS, BATCHES, GOLD):
        table.create(connection, checkfirst=True)
    for index in EVENTS.indexes:
        index.create(connection, checkfirst=True)


def _add_column(connection: Connection, table: Table, name: str) -> None:
    if name in {column["name"] for column in inspect(connection).get_columns(table.name)}:
        return
    definition = CreateColumn(table.c[name]).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")


# The key is the layout that a step starts from.
_STEPS: dict[int, Callable[[Connection], None]] = {1: _add_what_a_team_needs}

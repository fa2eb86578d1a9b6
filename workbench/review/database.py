"""The database behind a team's review: opened, made, brought up to date, read and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Select
from sqlalchemy.exc import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    TimeoutError,
)

from workbench.errors import DamagedArtefactError, UnreachableError
from workbench.review.engine import check_server, database_url, open_engine, writing
from workbench.review.migrations import migrate
from workbench.review.schema import SCHEMA_VERSION, check_version, create_tables, has_tables


class Database:
    """The tables of decisions and leases; threads may share one, processes open one each.

    Parameters
    ----------
    location : str or Path
        An SQLite file, made if it is not there, or the URL of a database, such as
        ``postgresql://user@host/database``.

    Raises
    ------
    ConfigError
        If the location is neither a path nor a URL.
    DamagedArtefactError
        If the file is not a decision store.
    WorkbenchError
        If the database cannot be opened, lies on a network file system (SQLite), or was written by
        a newer version.

    Notes
    -----
    SQLite runs with a write-ahead log, ``synchronous=FULL`` and ``BEGIN IMMEDIATE``: a commit waits
    for the disk, and a writer waits for its turn instead of failing. On other databases a writer
    locks the version row, so that the order of the log is the order of the commits there too.
    """

    def __init__(self, location: str | Path) -> None:
        url = database_url(location)
        sqlite = url.get_backend_name() == "sqlite"
        self.where = str(url.database) if sqlite else url.render_as_string(hide_password=True)
        self._reader = open_engine(url)
        self._writer = writing(self._reader)
        # SQLite keeps no queue: a writer that finds the file locked sleeps, and longer each time,
        # while others come and go. The threads of one program take turns here instead.
        self._turn: AbstractContextManager[Any] = Lock() if sqlite else nullcontext()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give back the connections; the next call opens new ones."""
        self._reader.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that only reads."""
        with self._transaction(self._reader) as connection:
            check_version(connection, where=self.where)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that keeps other writers out until it ends."""
        with self._turn, self._transaction(self._writer) as connection:
            check_version(connection, where=self.where, lock=True)
            yield connection

    def check(self) -> None:
        """Raise unless the database finds no fault in itself; a server does that on its own.

        Raises
        ------
        DamagedArtefactError
        """
        with self.reading() as connection:
            if connection.dialect.name != "sqlite":
                return
            found = list(connection.exec_driver_sql("PRAGMA integrity_check(5)").scalars())
        if found != ["ok"]:
            raise DamagedArtefactError(
                f"{self.where}: the database is damaged: {'; '.join(found)}; restore it from a "
                "backup"
            )

    def frame(self, query: Select[Any]) -> pd.DataFrame:
        """Return the rows of a query."""
        with self.reading() as connection:
            result = connection.execute(query)
            # pandas probes every row for attributes, which a database row answers slowly.
            rows = [tuple(row) for row in result]
            return pd.DataFrame(rows, columns=list(result.keys()))

    def _open(self) -> None:
        with self._transaction(self._reader) as connection:
            check_server(connection, where=self.where)
            ready = has_tables(connection)
        if not ready:
            self._create()
        with self._transaction(self._reader) as connection:
            is_earlier = check_version(connection, where=self.where) < SCHEMA_VERSION
        if is_earlier:
            with self._transaction(self._writer) as connection:
                # Another process may have done it while this one waited for its turn.
                migrate(connection, check_version(connection, where=self.where, lock=True))

    def _create(self) -> None:
        try:
            with self._transaction(self._writer) as connection:
                create_tables(connection)
        except (IntegrityError, ProgrammingError):
            # On a server another process may have made the same tables a moment earlier.
            with self._reader.begin() as connection:
                if not has_tables(connection):
                    raise

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with _told_plainly(self.where), engine.begin() as connection:
            yield connection


@contextmanager
def _told_plainly(where: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise UnreachableError(
            f"{where}: all connections of this program are in use; try again in a moment"
        ) from error
    except OperationalError as error:
        said = " ".join(str(error.orig).split())  # PostgreSQL says it in several lines
        raise UnreachableError(
            f"{where}: the decision store does not answer: {said}; check that the database "
            "is there, may be written to, and is not kept locked by another program"
        ) from error
    except DatabaseError as error:
        # The children of this class tell of mistakes in the statement, not in the file.
        if type(error) is not DatabaseError:
            raise
        raise DamagedArtefactError(
            f"{where}: not a decision store, or damaged: {error.orig}; restore it from a backup"
        ) from error

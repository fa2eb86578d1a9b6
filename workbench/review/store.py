"""The decision store: an append-only log in a database, and what each reviewer says now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
from sqlalchemy import Connection, Engine, Select, func, insert, select
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from workbench.errors import DamagedArtefactError, InputError, WorkbenchError
from workbench.review.decisions import LOG_COLUMNS, PAIR, Decision, Verdict, typed_log, undo_of
from workbench.review.engine import database_url, open_engine, writing
from workbench.review.schema import (
    CURRENT,
    EVENTS,
    check_version,
    create_tables,
    has_tables,
    project,
    project_all,
)

_LOG = tuple(EVENTS.c[name] for name in LOG_COLUMNS)
# A statement carries at most this many uids; databases limit the number of parameters.
_UIDS_A_STATEMENT = 500


class DecisionStore:
    """Decisions that outlive the program: what is acknowledged is on the disk.

    Events are only ever added. A second table, the projection, holds the verdict of each reviewer
    on each pair; it changes in the transaction of the event and can be computed anew. Threads may
    share a store, processes open one each.

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
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections; the next call opens new ones."""
        self._reader.dispose()

    def record(self, decision: Decision) -> bool:
        """Add a decision and return whether it is new; False if it was recorded before.

        Raises
        ------
        InputError
            As :meth:`record_many`.
        """
        return self.record_many([decision]) == 1

    def record_many(self, decisions: Iterable[Decision]) -> int:
        """Add decisions, all or none, and return how many are new.

        A decision sent again under its uid is the same decision, whatever its time: the time
        first recorded stays.

        Raises
        ------
        InputError
            If a uid is taken by another decision, or an event undoes one that is unknown, undone
            already, itself an undo, or about another pair.
        """
        offered = _distinct(decisions)
        with self._transaction(self._writer, lock=True) as connection:
            known = _fetch(connection, list(offered))
            _check_same(known, offered)
            new = [decision for uid, decision in offered.items() if uid not in known]
            if new:
                connection.execute(insert(EVENTS), [_row(decision) for decision in new])
                undone = _undone_by(connection, new)
                changed = [decision for decision in new if decision.undoes is None] + undone
                project(connection, {(*each.pair, each.reviewer) for each in changed})
        return len(new)

    def undo(self, event_uid: str, *, reviewer: str, decided_at: datetime, undo_uid: str) -> bool:
        """Take a decision back and return whether this is new; False if ``undo_uid`` is known.

        Raises
        ------
        InputError
            If the event is unknown, undone already, or itself an undo.
        """
        with self._transaction(self._reader) as connection:
            found = _fetch(connection, [event_uid])
        if event_uid not in found:
            raise InputError(f"{self.where}: there is no event {event_uid} to undo")
        return self.record(
            undo_of(found[event_uid], event_uid=undo_uid, reviewer=reviewer, decided_at=decided_at)
        )

    def log(self) -> pd.DataFrame:
        """Return every event in the order of recording, with the columns of a decision log."""
        return typed_log(self._frame(select(*_LOG).order_by(EVENTS.c.position)))

    def current(self) -> pd.DataFrame:
        """Return the projection: one row a reviewer and pair with the verdict that stands."""
        order = (CURRENT.c.instance_id, CURRENT.c.label_id, CURRENT.c.reviewer)
        frame = self._frame(select(CURRENT).order_by(*order))
        return frame.astype(
            {
                name: "datetime64[us, UTC]" if name == "decided_at" else "str"
                for name in frame.columns
            }
        )

    def decided_pairs(self, reviewer: str | None = None) -> pd.DataFrame:
        """Return the pairs with a standing verdict, of one reviewer or of anybody."""
        query = select(CURRENT.c.instance_id, CURRENT.c.label_id).distinct()
        if reviewer is not None:
            query = query.where(CURRENT.c.reviewer == reviewer)
        return self._frame(query).astype(dict.fromkeys(PAIR, "str"))

    def n_events(self) -> int:
        """Return the number of events; it grows with every write, whoever writes."""
        found = self._frame(select(func.count().label("n")).select_from(EVENTS))
        return int(found["n"].iloc[0])

    def counts(self) -> pd.DataFrame:
        """Return how many pairs stand at which verdict: columns reviewer, verdict, n_pairs."""
        key = (CURRENT.c.reviewer, CURRENT.c.verdict)
        query = select(*key, func.count().label("n_pairs")).group_by(*key).order_by(*key)
        types = {"reviewer": "str", "verdict": "str", "n_pairs": "int64"}
        return self._frame(query).astype(types)

    def rebuild(self) -> None:
        """Compute the projection anew from the events."""
        with self._transaction(self._writer, lock=True) as connection:
            project_all(connection)

    def _open(self) -> None:
        with _told_plainly(self.where), self._reader.begin() as connection:
            ready = has_tables(connection)
        if not ready:
            self._create()
        with self._transaction(self._reader):
            pass

    def _create(self) -> None:
        try:
            with _told_plainly(self.where), self._writer.begin() as connection:
                create_tables(connection)
        except (IntegrityError, ProgrammingError):
            # On a server another process may have made the same tables a moment earlier.
            with self._reader.begin() as connection:
                if not has_tables(connection):
                    raise

    @contextmanager
    def _transaction(self, engine: Engine, *, lock: bool = False) -> Iterator[Connection]:
        with _told_plainly(self.where), engine.begin() as connection:
            check_version(connection, where=self.where, lock=lock)
            yield connection

    def _frame(self, query: Select[Any]) -> pd.DataFrame:
        with self._transaction(self._reader) as connection:
            result = connection.execute(query)
            # pandas probes every row for attributes, which a database row answers slowly.
            rows = [tuple(row) for row in result]
            return pd.DataFrame(rows, columns=list(result.keys()))


@contextmanager
def _told_plainly(where: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise WorkbenchError(
            f"{where}: the decision store does not answer: {error.orig}; check that the database "
            "is there, may be written to, and is not kept locked by another program"
        ) from error
    except DatabaseError as error:
        # The children of this class tell of mistakes in the statement, not in the file.
        if type(error) is not DatabaseError:
            raise
        raise DamagedArtefactError(
            f"{where}: not a decision store, or damaged: {error.orig}; restore it from a backup"
        ) from error


def _row(decision: Decision) -> dict[str, Any]:
    # Drivers differ in how they write an enumeration.
    return {**asdict(decision), "verdict": decision.verdict.value}


def _distinct(decisions: Iterable[Decision]) -> dict[str, Decision]:
    offered: dict[str, Decision] = {}
    for decision in decisions:
        _check_same({decision.event_uid: decision}, offered)
        offered.setdefault(decision.event_uid, decision)
    return offered


def _check_same(known: dict[str, Decision], offered: dict[str, Decision]) -> None:
    taken = [
        uid
        for uid in known.keys() & offered.keys()
        if replace(offered[uid], decided_at=known[uid].decided_at) != known[uid]
    ]
    if taken:
        raise InputError(
            f"{len(taken)} event uids are taken by other decisions: {sorted(taken)[:5]}; "
            "give every decision a uid of its own"
        )


def _fetch(connection: Connection, uids: Sequence[str]) -> dict[str, Decision]:
    found: dict[str, Decision] = {}
    for start in range(0, len(uids), _UIDS_A_STATEMENT):
        chunk = uids[start : start + _UIDS_A_STATEMENT]
        rows = connection.execute(select(*_LOG).where(EVENTS.c.event_uid.in_(chunk)))
        for row in rows.mappings():
            values = {**row, "verdict": Verdict(row["verdict"])}
            found[row["event_uid"]] = Decision(**values)
    return found


def _undone_by(connection: Connection, events: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that the recorded events undo; raise if one cannot be undone."""
    undos = [event for event in events if event.undoes is not None]
    uids = sorted({str(undo.undoes) for undo in undos})
    targets = _fetch(connection, uids)
    complaints = [
        f"event {undo.event_uid} cannot undo {undo.undoes}: {reason}"
        for undo in undos
        if (reason := _why_not(undo, targets.get(str(undo.undoes))))
    ]
    complaints += [f"{uid} is undone already" for uid in _undone_twice(connection, uids)]
    if complaints:
        raise InputError(f"{len(complaints)} undos do not fit: " + "; ".join(complaints[:5]))
    return list(targets.values())


def _why_not(undo: Decision, target: Decision | None) -> str:
    if target is None:
        return "it is not in the store"
    if target.undoes is not None:
        return "it is itself an undo; record a new decision"
    return "" if target.pair == undo.pair else f"it is about another pair, {target.pair}"


def _undone_twice(connection: Connection, uids: Sequence[str]) -> list[str]:
    twice: list[str] = []
    for start in range(0, len(uids), _UIDS_A_STATEMENT):
        chunk = uids[start : start + _UIDS_A_STATEMENT]
        query = select(EVENTS.c.undoes).where(EVENTS.c.undoes.in_(chunk))
        query = query.group_by(EVENTS.c.undoes).having(func.count() > 1)
        twice += [str(uid) for uid in connection.execute(query).scalars()]
    return twice

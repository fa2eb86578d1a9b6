"""The decision store: an append-only log in a database, and what each reviewer says now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
from sqlalchemy import Column, Connection, exists, func, insert, select

from workbench.errors import InputError
from workbench.review.database import Database
from workbench.review.decision_log import LOG_COLUMNS, typed_log
from workbench.review.decisions import PAIR, Decision, Role
from workbench.review.schema import CURRENT, EVENTS, last_position, project_all, project_since

_LOG = tuple(EVENTS.c[name] for name in LOG_COLUMNS)
# A statement carries at most this many uids; databases limit the number of parameters.
_UIDS_A_STATEMENT = 500
_MANY = 2000


class DecisionStore:
    """Decisions that outlive the program: what is acknowledged is on the disk.

    Events are only ever added. A second table, the projection, holds the verdict of each reviewer
    on each pair; it changes in the transaction of the event and can be computed anew. Threads may
    share a store, processes open one each.

    Parameters
    ----------
    location : str or Path
        As of :class:`workbench.review.database.Database`, which says what is raised.
    """

    def __init__(self, location: str | Path) -> None:
        self.database = Database(location)

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
        self.database.close()

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
        with self.database.writing() as connection:
            return record_in(connection, decisions)

    def find(self, event_uid: str) -> Decision | None:
        """Return an event by its uid; None if it is not in the store."""
        with self.database.reading() as connection:
            return _by_uid(connection, [event_uid]).get(event_uid)

    def events_on(self, instance_ids: Sequence[str]) -> list[Decision]:
        """Return the events about instances, oldest first."""
        with self.database.reading() as connection:
            return _fetch(connection, list(instance_ids), by=EVENTS.c.instance_id)

    def n_decided_since(self, reviewer: str, moment: datetime) -> int:
        """Return how many decisions of a reviewer since then have not been taken back."""
        undo = EVENTS.alias("undo")
        query = select(func.count().label("n")).where(
            EVENTS.c.reviewer == reviewer,
            EVENTS.c.decided_at >= moment,
            EVENTS.c.undoes.is_(None),
            ~exists().where(undo.c.undoes == EVENTS.c.event_uid),
        )
        return int(self.database.frame(query.select_from(EVENTS))["n"].iloc[0])

    def latest_to_undo(self, reviewer: str, moment: datetime, limit: int) -> list[Decision]:
        """Return a reviewer's last decisions since then that stand, oldest first; no batches."""
        undo = EVENTS.alias("undo")
        query = (
            select(*_LOG)
            .where(
                EVENTS.c.reviewer == reviewer,
                EVENTS.c.decided_at >= moment,
                EVENTS.c.undoes.is_(None),
                EVENTS.c.batch_id.is_(None),
                ~exists().where(undo.c.undoes == EVENTS.c.event_uid),
            )
            .order_by(EVENTS.c.position.desc())
            .limit(limit)
        )
        with self.database.reading() as connection:
            return [Decision(*row) for row in connection.execute(query)][::-1]

    def log(self) -> pd.DataFrame:
        """Return every event in the order of recording, with the columns of a decision log."""
        return typed_log(self.database.frame(select(*_LOG).order_by(EVENTS.c.position)))

    def current(self) -> pd.DataFrame:
        """Return the projection: one row a reviewer and pair with the verdict that stands."""
        order = (CURRENT.c.instance_id, CURRENT.c.label_id, CURRENT.c.reviewer)
        frame = self.database.frame(select(CURRENT).order_by(*order))
        return frame.astype(
            {
                name: "datetime64[us, UTC]" if name == "decided_at" else "str"
                for name in frame.columns
            }
        )

    def decided_pairs(self) -> pd.DataFrame:
        """Return the pairs on which anybody's verdict stands."""
        query = select(CURRENT.c.instance_id, CURRENT.c.label_id).distinct()
        return self.database.frame(query).astype(dict.fromkeys(PAIR, "str"))

    def verdicts(self) -> pd.DataFrame:
        """Return what stands without when: instance_id, label_id, reviewer, verdict, role.

        Of a million decisions in about half the time that :meth:`current` takes.
        """
        columns = (CURRENT.c[name] for name in (*PAIR, "reviewer", "verdict", "role"))
        return self.database.frame(select(*columns))

    def last_position(self) -> int:
        """Return the position of the newest event in the log, 0 if there is none.

        It moves with every write, whoever writes, and costs the same however long the log is.
        """
        with self.database.reading() as connection:
            return last_position(connection)

    def pairs_since(self, position: int) -> tuple[pd.DataFrame, int]:
        """Return the pairs of the events behind a position of the log, and the last position.

        Parameters
        ----------
        position : int
            Of the last event that is known, 0 for none.
        """
        query = select(EVENTS.c.position, EVENTS.c.instance_id, EVENTS.c.label_id)
        found = self.database.frame(query.where(EVENTS.c.position > position))
        last = int(found["position"].max()) if len(found) else position
        return found[PAIR].astype("str").drop_duplicates(ignore_index=True), last

    def standing_on(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the verdicts that stand on some pairs: the earliest first."""
        with self.database.reading() as connection:
            return standing_in(connection, pairs)

    def counts_by_label(self) -> pd.DataFrame:
        """Return how many pairs of each label are decided: columns label_id, n_pairs."""
        n_pairs = func.count(CURRENT.c.instance_id.distinct()).label("n_pairs")
        found = self.database.frame(
            select(CURRENT.c.label_id, n_pairs).group_by(CURRENT.c.label_id)
        )
        return found.astype({"label_id": "str", "n_pairs": "int64"})

    def latest_of_label(self, label_id: str, limit: int) -> pd.DataFrame:
        """Return the newest events about a label, at most ``limit``, the newest first.

        None of the audit sample, which reviewers are not to see.
        """
        is_told = EVENTS.c.role != Role.AUDITOR.value
        query = select(*_LOG).where(EVENTS.c.label_id == label_id, is_told)
        found = self.database.frame(query.order_by(EVENTS.c.position.desc()).limit(limit))
        return typed_log(found)

    def rebuild(self) -> None:
        """Compute the projection anew from the events."""
        with self.database.writing() as connection:
            project_all(connection)


def record_in(connection: Connection, decisions: Iterable[Decision]) -> int:
    """Add decisions in a transaction that writes and return how many are new.

    Raises
    ------
    InputError
        As :meth:`DecisionStore.record_many`.
    """
    offered = _distinct(decisions)
    known = _by_uid(connection, list(offered))
    _check_same(known, offered)
    new = [decision for uid, decision in offered.items() if uid not in known]
    if new:
        before = last_position(connection)
        connection.execute(insert(EVENTS), [_row(decision) for decision in new])
        if len(new) >= _MANY and connection.dialect.name == "postgresql":
            # Until it has counted, it takes the table for as small as it was.
            connection.exec_driver_sql(f"ANALYZE {EVENTS.name}")
        _check_undos(connection, new)
        project_since(connection, before)
    return len(new)


def standing_in(connection: Connection, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts that stand on some pairs, read in a transaction, the earliest first."""
    instance_ids = pairs["instance_id"].unique().tolist()
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(instance_ids), _UIDS_A_STATEMENT):
        chunk = instance_ids[start : start + _UIDS_A_STATEMENT]
        query = select(CURRENT).where(CURRENT.c.instance_id.in_(chunk))
        rows += map(tuple, connection.execute(query))
    found = pd.DataFrame(rows, columns=CURRENT.columns.keys())
    found = found.merge(pairs[PAIR].drop_duplicates(), on=PAIR)
    return found.sort_values("decided_at", kind="stable", ignore_index=True)


def events_of(connection: Connection, batch_id: str) -> list[Decision]:
    """Return the decisions of a batch that nobody has undone."""
    undo = EVENTS.alias("undo")
    is_undone = exists().where(undo.c.undoes == EVENTS.c.event_uid)
    query = select(*_LOG).where(EVENTS.c.batch_id == batch_id, ~is_undone)
    return [Decision(*row) for row in connection.execute(query.order_by(EVENTS.c.position))]


def _row(decision: Decision) -> dict[str, Any]:
    # Drivers differ in how they write an enumeration.
    return {**vars(decision), "verdict": decision.verdict.value, "role": decision.role.value}


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


def _by_uid(connection: Connection, uids: Sequence[str]) -> dict[str, Decision]:
    found = _fetch(connection, uids, by=EVENTS.c.event_uid)
    return {decision.event_uid: decision for decision in found}


def _fetch(connection: Connection, keys: Sequence[str], *, by: Column[str]) -> list[Decision]:
    """Return the events with one of the keys in a column, in the order of the log."""
    found: list[tuple[int, Decision]] = []
    for start in range(0, len(keys), _UIDS_A_STATEMENT):
        chunk = keys[start : start + _UIDS_A_STATEMENT]
        rows = connection.execute(select(EVENTS.c.position, *_LOG).where(by.in_(chunk)))
        found += [(position, Decision(*row)) for position, *row in rows]
    return [decision for _, decision in sorted(found, key=lambda each: each[0])]


def _check_undos(connection: Connection, events: Sequence[Decision]) -> None:
    """Raise if one of the recorded events undoes what cannot be undone."""
    undos = [event for event in events if event.undoes is not None]
    uids = sorted({str(undo.undoes) for undo in undos})
    targets = _by_uid(connection, uids)
    complaints = [
        f"event {undo.event_uid} cannot undo {undo.undoes}: {reason}"
        for undo in undos
        if (reason := _why_not(undo, targets.get(str(undo.undoes))))
    ]
    complaints += [f"{uid} is undone already" for uid in _undone_twice(connection, uids)]
    if complaints:
        raise InputError(f"{len(complaints)} undos do not fit: " + "; ".join(complaints[:5]))


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

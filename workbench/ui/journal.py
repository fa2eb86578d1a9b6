"""The decisions of a workspace in memory, by instance, as the review page needs them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from workbench.review.decisions import PAIR, Decision
from workbench.review.store import DecisionStore


class Journal:
    """All events of a decision store; writing goes to the disk first.

    One journal serves all sessions of this server; what other processes write is read again when
    the number of events has moved.

    Parameters
    ----------
    store : DecisionStore
    """

    def __init__(self, store: DecisionStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._n_seen = -1
        self._forget()

    def catch_up(self) -> None:
        """Read the store again if somebody else has written to it."""
        with self._lock:
            if self._store.n_events() != self._n_seen:
                events = _decisions(self._store.log())
                self._keep(events)
                self._n_seen = len(events)

    def record(self, decision: Decision) -> None:
        """Write an event to the disk, then remember it.

        Raises
        ------
        WorkbenchError
            If the store does not take it; nothing is remembered then.
        """
        with self._lock:
            if self._store.record(decision):
                self._remember(decision)
                # What somebody else wrote meanwhile makes the numbers differ: it is read next.
                self._n_seen += 1

    def verdicts(self, instance_id: str) -> dict[str, str]:
        """Return the latest standing verdict on each decided label of an instance."""
        standing = self._standing(instance_id)
        return {decision.label_id: str(decision.verdict) for decision in standing}

    def is_decided(self, instance_id: str, label_id: str) -> bool:
        """Say whether anybody's verdict on the pair stands."""
        return (instance_id, label_id) in self._decided

    def is_undone(self, event_uid: str) -> bool:
        """Say whether a decision has been taken back, here or by another process."""
        self.catch_up()
        return event_uid in self._undone

    def history(self, instance_id: str, label_id: str) -> list[Decision]:
        """Return the events about a pair, oldest first, undone ones and undos included."""
        events = self._events.get(instance_id, [])
        return [event for event in events if event.label_id == label_id]

    def decided_pairs(self) -> pd.DataFrame:
        """Return every pair with a standing verdict: columns instance_id, label_id."""
        return pd.DataFrame(sorted(self._decided), columns=PAIR, dtype="str")

    def n_decided_on(self, day: date, reviewer: str) -> int:
        """Return how many decisions of a reviewer on a day (UTC) have not been taken back."""
        n = 0
        for event in reversed(self._by_reviewer[reviewer]):
            if event.decided_at.date() < day:
                break
            n += event.undoes is None and event.event_uid not in self._undone
        return n

    def _standing(self, instance_id: str) -> list[Decision]:
        events = self._events.get(instance_id, [])
        latest: dict[tuple[str, str], Decision] = {}
        for event in sorted(events, key=_moment):
            if event.undoes is None and event.event_uid not in self._undone:
                latest[event.label_id, event.reviewer] = event
        return sorted(latest.values(), key=_moment)

    def _keep(self, events: Iterable[Decision]) -> None:
        self._forget()
        for event in events:
            self._remember(event)

    def _forget(self) -> None:
        self._events: dict[str, list[Decision]] = {}
        self._by_reviewer: defaultdict[str, list[Decision]] = defaultdict(list)
        self._undone: set[str] = set()
        self._decided: set[tuple[str, str]] = set()

    def _remember(self, event: Decision) -> None:
        self._events.setdefault(event.instance_id, []).append(event)
        self._by_reviewer[event.reviewer].append(event)
        if event.undoes is not None:
            self._undone.add(event.undoes)
        if any(standing.pair == event.pair for standing in self._standing(event.instance_id)):
            self._decided.add(event.pair)
        else:
            self._decided.discard(event.pair)


@st.cache_resource(max_entries=8, show_spinner=False)
def open_journal(path: str) -> Journal:
    """Return the journal of the decision store at this path, shared by all sessions."""
    return Journal(DecisionStore(Path(path)))


def _decisions(log: pd.DataFrame) -> list[Decision]:
    known = log.astype(object).where(log.notna(), None)
    return [
        Decision(**{str(name): value for name, value in row.items()})
        for row in known.to_dict("records")
    ]


def _moment(decision: Decision) -> datetime:
    return decision.decided_at

"""Who has decided which issue of a queue, and what is left for whom."""

from __future__ import annotations

import threading
import zlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.review.decisions import Role, Verdict
from workbench.review.pair_positions import PairPositions
from workbench.review.requests import requests_since
from workbench.review.store import DecisionStore


class Standing:
    """The verdicts that stand on the issues of a queue, kept up with the store.

    What others write is read from the position in the log that was read last, so that keeping up
    costs what has changed, not what there is. Threads may share it.

    Parameters
    ----------
    positions : PairPositions
    overlap : float
        Share of the pairs that a second reviewer judges too, blind; which ones is settled by the
        pair itself, so every server and every day agrees.

    Attributes
    ----------
    n_present, n_absent, n_unsure : ndarray of int16, shape (n_issues,)
        How many reviewers say so.
    is_disputed : ndarray of bool, shape (n_issues,)
        Some call it present and others absent, and no adjudicator has settled it.
    """

    def __init__(self, positions: PairPositions, overlap: float = 0.0) -> None:
        n = len(positions)
        self._positions = positions
        self._lock = threading.Lock()
        self._last: int | None = None
        self._last_request = 0
        self.n_present, self.n_absent, self.n_unsure = (np.zeros(n, np.int16) for _ in range(3))
        self.is_disputed = np.zeros(n, bool)
        self._by_reviewer: dict[str, NDArray[np.bool_]] = {}
        self._wanted = 1 + self._overlapping(overlap)

    @property
    def last(self) -> int:
        """The position in the log up to which events are taken in, 0 before the first."""
        return self._last or 0

    @property
    def n_verdicts(self) -> NDArray[np.int16]:
        """How many reviewers have judged each issue, shape (n_issues,)."""
        return self.n_present + self.n_absent + self.n_unsure

    @property
    def is_decided(self) -> NDArray[np.bool_]:
        """Which issues somebody has decided, shape (n_issues,)."""
        return self.n_verdicts > 0

    def decided_by(self, reviewer: str) -> NDArray[np.bool_]:
        """Return which issues a reviewer has decided, shape (n_issues,)."""
        return self._by_reviewer.get(reviewer, np.zeros(len(self._positions), bool))

    def second_opinions(self, reviewer: str) -> NDArray[np.bool_]:
        """Return which issues another reviewer has decided and this one is to judge too.

        Those are the ones that overlap or were asked for, and those of which the other is unsure.
        """
        n = self.n_verdicts
        is_open = (n < self._wanted) | ((n == 1) & (self.n_unsure == 1))
        return np.asarray((n > 0) & is_open & ~self.decided_by(reviewer), bool)

    def want_second(self, pairs: pd.DataFrame) -> None:
        """Have a second reviewer judge some pairs too."""
        at = self._positions.of(pairs)
        self._wanted[at[at >= 0]] = 2

    def refresh(self, store: DecisionStore) -> bool:
        """Take in what was written since the last time, and return whether that was anything."""
        with self._lock:
            wanted, self._last_request = requests_since(store.database, self._last_request)
            self.want_second(wanted)
            if self._last is None:
                # The position before the verdicts: what is written in between is read twice.
                self._last = store.last_position()
                return self._take(store.verdicts(), np.arange(len(self._positions)))
            pairs, last = store.pairs_since(self._last)
            at = self._positions.of(pairs)
            is_issue = at >= 0
            changed = self._take(store.standing_on(pairs[is_issue]), at[is_issue])
            self._last = last
            return changed

    def _take(self, current: pd.DataFrame, at: NDArray[np.int64]) -> bool:
        """Let these issues have the verdicts that stand on them now."""
        if not len(at):
            return False
        for by in self._by_reviewer.values():
            by[at] = False
        for counts in (self.n_present, self.n_absent, self.n_unsure):
            counts[at] = 0
        self.is_disputed[at] = False
        rows = self._positions.of(current)
        current, rows = current[rows >= 0], rows[rows >= 0]
        for verdict, counts in (
            (Verdict.PRESENT, self.n_present),
            (Verdict.ABSENT, self.n_absent),
            (Verdict.UNSURE, self.n_unsure),
        ):
            np.add.at(counts, rows[(current["verdict"] == verdict).to_numpy(bool)], 1)
        for reviewer, of_reviewer in current.assign(row=rows).groupby("reviewer")["row"]:
            new = np.zeros(len(self._positions), bool)
            self._by_reviewer.setdefault(str(reviewer), new)[of_reviewer.to_numpy()] = True
        self.is_disputed[at] = (self.n_present[at] > 0) & (self.n_absent[at] > 0)
        self.is_disputed[rows[(current["role"] == Role.ADJUDICATOR).to_numpy(bool)]] = False
        return True

    def _overlapping(self, share: float) -> NDArray[np.int16]:
        if not share:
            return np.zeros(len(self._positions), np.int16)
        pairs = self._positions.pairs()
        drawn = np.fromiter(
            (zlib.crc32(f"{a}\0{b}".encode()) for a, b in zip(*pairs, strict=True)), np.uint32
        )
        return (drawn < share * 2**32).astype(np.int16)

"""Who has decided which issue of a queue, and what is left for whom."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.review.decisions import PAIR, Role, Verdict
from workbench.review.pair_positions import PairPositions
from workbench.review.store import DecisionStore


class Standing:
    """The verdicts that stand on the issues of a queue, kept up with the store.

    What others write is read from the position in the log that was read last, so that keeping up
    costs what has changed, not what there is.

    Parameters
    ----------
    positions : PairPositions
    overlap : float
        Share of the pairs that a second reviewer judges too, blind; which ones is settled by the
        pair itself, so every server and every day agrees.
    """

    def __init__(self, positions: PairPositions, overlap: float = 0.0) -> None:
        n = len(positions)
        self._positions = positions
        self._last = 0
        self._n_verdicts = np.zeros(n, np.int16)
        self._is_disputed = np.zeros(n, bool)
        self._by_reviewer: dict[str, NDArray[np.bool_]] = {}
        self._wanted = 1 + self._overlapping(overlap)

    @property
    def is_decided(self) -> NDArray[np.bool_]:
        """Which issues somebody has decided, shape (n_issues,)."""
        return self._n_verdicts > 0

    def decided_by(self, reviewer: str) -> NDArray[np.bool_]:
        """Return which issues a reviewer has decided, shape (n_issues,)."""
        return self._by_reviewer.get(reviewer, np.zeros(len(self._positions), bool))

    def open_to(self, reviewer: str) -> NDArray[np.bool_]:
        """Return which issues need a verdict that this reviewer has not given."""
        return (self._n_verdicts < self._wanted) & ~self.decided_by(reviewer)

    def second_opinions(self, reviewer: str) -> NDArray[np.bool_]:
        """Return which issues another reviewer has decided and this one is to judge too."""
        return self.open_to(reviewer) & (self._n_verdicts > 0)

    @property
    def is_disputed(self) -> NDArray[np.bool_]:
        """Which issues reviewers disagree about and no adjudicator has settled."""
        return self._is_disputed

    def refresh(self, store: DecisionStore) -> bool:
        """Take in what was written since the last time, and return whether that was anything."""
        pairs, last = store.pairs_since(self._last)
        self._last = last
        at = self._positions.of(pairs)
        pairs, at = pairs[at >= 0], at[at >= 0]
        if not len(at):
            return False
        for by in self._by_reviewer.values():
            by[at] = False
        self._n_verdicts[at], self._is_disputed[at] = 0, False
        current = store.standing_on(pairs)
        rows = self._positions.of(current)
        np.add.at(self._n_verdicts, rows, 1)
        for reviewer, of_reviewer in current.assign(row=rows).groupby("reviewer")["row"]:
            new = np.zeros(len(self._positions), bool)
            self._by_reviewer.setdefault(str(reviewer), new)[of_reviewer.to_numpy()] = True
        disputed = _disputed(current)
        self._is_disputed[self._positions.of(disputed)] = True
        return True

    def _overlapping(self, share: float) -> NDArray[np.int16]:
        if not share:
            return np.zeros(len(self._positions), np.int16)
        pairs = self._positions.pairs()
        drawn = np.fromiter(
            (zlib.crc32(f"{a}\0{b}".encode()) for a, b in zip(*pairs, strict=True)), np.uint32
        )
        return (drawn < share * 2**32).astype(np.int16)


def _disputed(current: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that some call present and others absent, unless an adjudicator has said."""
    said = current.assign(
        present=current["verdict"] == Verdict.PRESENT,
        absent=current["verdict"] == Verdict.ABSENT,
        settled=current["role"] == Role.ADJUDICATOR,
    )
    of_pairs = said.groupby(PAIR, as_index=False)[["present", "absent", "settled"]].any()
    return of_pairs.loc[of_pairs["present"] & of_pairs["absent"] & ~of_pairs["settled"], PAIR]

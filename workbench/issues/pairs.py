"""Lists of pairs by position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.issues.thresholds import is_given
from workbench.matrices import LabelMatrix, PairScores


@dataclass(frozen=True, eq=False)
class Pairs:
    """Some pairs, by position.

    Parameters
    ----------
    rows, columns : ndarray of int64, shape (n_pairs,)
        Positions of the instance and the label.
    given : ndarray of bool, shape (n_pairs,)
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    given: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> Pairs:
        """Return the chosen pairs, by mask or by position."""
        return Pairs(self.rows[chosen], self.columns[chosen], self.given[chosen])

    def chunks(self, size: int) -> Iterator[tuple[slice, Pairs]]:
        """Yield ``size`` pairs at a time and where they are."""
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield part, Pairs(self.rows[part], self.columns[part], self.given[part])


def judged_pairs(given: LabelMatrix, scores: PairScores) -> Pairs:
    """Return all judged pairs in stored order."""
    columns = scores.values.indices.astype(np.int64)
    return Pairs(scores.rows_of_pairs(), columns, is_given(given, scores))


def within_candidates(
    pairs: Pairs, scores: PairScores, lowest: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which judged pairs score no lower than their instance's last candidate.

    The scorer judges every given pair but only the best of the others. Whether a pair is among
    the best does not depend on its being given, so that these pairs alone tell how likely a pair
    of some score is to be given.

    Parameters
    ----------
    pairs : Pairs
        All judged pairs.
    scores : PairScores
    lowest : ndarray of float32, shape (n_instances,)
        See :func:`lowest_candidate`.
    """
    return np.asarray(scores.values.data >= lowest[pairs.rows])


def lowest_candidate(pairs: Pairs, scores: PairScores) -> NDArray[np.float32]:
    """Return the lowest score of a pair that is not given, shape (n_instances,); inf if none.

    It is that of the scorer's last candidate if the scores hold the given pairs and its best
    others alone, and none that were scored for another reason.
    """
    lowest = np.full(scores.values.shape[0], np.inf, np.float32)
    absent = ~pairs.given
    np.minimum.at(lowest, pairs.rows[absent], scores.values.data[absent])
    return lowest

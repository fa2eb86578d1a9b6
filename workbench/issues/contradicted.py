"""The pairs that their score contradicts: all that any filter of confident learning can flag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.issues.compiled import number_in_groups
from workbench.issues.thresholds import TOLERANCE
from workbench.matrices import PairScores

_PAIRS_PER_BATCH = 4_000_000


@dataclass(frozen=True, eq=False)
class ContradictedPairs:
    """Judged pairs on the other side of 0.5 than their given state.

    Parameters
    ----------
    places : ndarray of int64, shape (n_contradicted,)
        Where each is stored in the scores, ascending.
    labels : ndarray of int, shape (n_contradicted,)
    given : ndarray of bool, shape (n_contradicted,)
    scores : ndarray of float32, shape (n_contradicted,)
    """

    places: NDArray[np.int64]
    labels: NDArray[np.integer]
    given: NDArray[np.bool_]
    scores: NDArray[np.float32]

    @property
    def self_confidence(self) -> NDArray[np.float32]:
        """The probability of the given state, below 0.5; exact, as 1 - p is from 0.5 on."""
        return np.where(self.given, self.scores, 1 - self.scores)

    @property
    def groups(self) -> NDArray[np.integer]:
        """Number of the label and the state, ``2 * label + given``."""
        return 2 * self.labels + self.given


@dataclass(frozen=True, eq=False)
class PairsByState:
    """What the scores say about the pairs of a label matrix, taken apart by given state.

    Parameters
    ----------
    contradicted : ContradictedPairs
    labels_of_given : ndarray of int, shape (n_judged_given,)
    scores_of_given : ndarray of float32, shape (n_judged_given,)
    """

    contradicted: ContradictedPairs
    labels_of_given: NDArray[np.integer]
    scores_of_given: NDArray[np.float32]


def take_apart(scores: PairScores, present: NDArray[np.bool_]) -> PairsByState:
    """Return the judged pairs by given state, and those that their score contradicts.

    Parameters
    ----------
    scores : PairScores
    present : ndarray of bool, shape (n_judged,)
        Whether each is given, see :func:`workbench.issues.thresholds.is_given`.
    """
    labels, values = scores.values.indices, scores.values.data
    at_given = np.flatnonzero(present)
    contradicted = _contradicted(labels, values, present)
    return PairsByState(contradicted, labels[at_given], values[at_given])


def least_confident_first(contradicted: ContradictedPairs) -> NDArray[np.int64]:
    """Return the order of contradicted pairs by self-confidence; ties stay in stored order."""
    # Positive floats are in the order of their bits.
    keys = contradicted.self_confidence.view(np.uint32).astype(np.int64)
    keys <<= 32
    keys |= np.arange(len(keys))
    keys.sort()
    keys &= 0xFFFFFFFF
    return keys


def places_in_groups(
    order: NDArray[np.int64], groups: NDArray[np.integer], n_groups: int
) -> NDArray[np.int32]:
    """Return the place of each pair in its group, 0 for the first in the order.

    Examples
    --------
    >>> places_in_groups(np.array([1, 0, 3, 2]), np.array([0, 0, 1, 0]), 2).tolist()
    [1, 0, 0, 2]
    """
    return np.asarray(number_in_groups(order, groups, n_groups))


def _contradicted(
    labels: NDArray[np.integer], values: NDArray[np.float32], present: NDArray[np.bool_]
) -> ContradictedPairs:
    found = []
    for start in range(0, len(values), _PAIRS_PER_BATCH):
        part = slice(start, start + _PAIRS_PER_BATCH)
        half = np.float32(0.5)
        crossed = np.where(present[part], values[part] < half, values[part] > half)
        found.append(start + np.flatnonzero(crossed))
    places = np.concatenate([*found, np.empty(0, np.int64)])
    given, p = present[places], values[places].astype(np.float64)
    clear = np.where(given, 1 - p >= p + TOLERANCE, p > 1 - p + TOLERANCE)
    places = places[clear]
    return ContradictedPairs(places, labels[places], given[clear], values[places])

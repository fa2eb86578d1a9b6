"""Compiled passes over dense scores, which are read as float32 whatever they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def add_scores(
    scores: NDArray[np.floating], sums: NDArray[np.float64], is_likely: NDArray[np.bool_]
) -> int:
    """Add every column's scores to its sum and mark those above 0.5.

    Returns
    -------
    int
        How many are NaN or outside [0, 1].
    """
    n_unsound = np.int32(0)
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            p = np.float32(scores[i, j])
            n_unsound += np.int32(not ((p >= 0) & (p <= 1)))
            is_likely[i, j] = p > 0.5
            sums[j] += p
    return int(n_unsound)


@kernel
def count_beyond(
    scores: NDArray[np.floating],
    at_most: NDArray[np.float32],
    at_least: NDArray[np.float32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
) -> None:
    """Add to each column's counts the scores up to one cut and from another on."""
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            p = np.float32(scores[i, j])
            low[j] += np.int32(p <= at_most[j])
            high[j] += np.int32(p >= at_least[j])


@kernel
def count_up_to(
    scores: NDArray[np.floating], at_most: NDArray[np.float32], low: NDArray[np.int32]
) -> None:
    """Add to each column's counts the scores up to a cut."""
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            low[j] += np.int32(np.float32(scores[i, j]) <= at_most[j])


@kernel
def number_in_groups(
    order: NDArray[np.int64], groups: NDArray[np.integer], n_groups: int
) -> NDArray[np.int32]:
    """Return the place that each element has among those of its group, in the given order."""
    places = np.empty(len(groups), np.int32)
    seen = np.zeros(n_groups, np.int32)
    for i in order:
        places[i] = seen[groups[i]]
        seen[groups[i]] += 1
    return places

"""Compiled passes over dense scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def add_scores(scores: NDArray[np.float32], sums: NDArray[np.float64]) -> bool:
    """Add every column's scores to its sum; return whether all are in [0, 1]."""
    sound = True
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            p = scores[i, j]
            sound &= (p >= 0) & (p <= 1)
            sums[j] += p
    return sound


@kernel
def count_beyond(
    scores: NDArray[np.float32],
    at_most: NDArray[np.float32],
    at_least: NDArray[np.float32],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
) -> None:
    """Add to each column's counts the scores up to one cut and from another on."""
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            p = scores[i, j]
            low[j] += p <= at_most[j]
            high[j] += p >= at_least[j]

"""Compiled passes over dense scores, which are read as float32 whatever they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def keep_and_add(
    scores: NDArray[np.floating],
    given_indptr: NDArray[np.int64],
    given_columns: NDArray[np.int32],
    sums: NDArray[np.float64],
    kept_columns: NDArray[np.int32],
    kept_scores: NDArray[np.float32],
    kept_a_row: NDArray[np.int64],
) -> bool:
    """Keep the given scores and those above 0.5, add all up; return whether all are in [0, 1].

    Parameters
    ----------
    scores : ndarray of float, shape (n_rows, n_labels)
    given_indptr : ndarray of int64, shape (n_rows + 1,)
        Where each row begins in ``given_columns``, which ascend within a row.
    given_columns : ndarray of int32
    sums : ndarray of float64, shape (n_labels,)
    kept_columns, kept_scores : ndarray, shape (n_rows * n_labels + 1,)
        Receive what is kept, row after row.
    kept_a_row : ndarray of int64, shape (n_rows,)
        Receives how many.
    """
    n_unsound, k = 0, 0
    for i in range(scores.shape[0]):
        g, end, first = given_indptr[i], given_indptr[i + 1], k
        next_given = given_columns[g] if g < end else -1
        for j in range(scores.shape[1]):
            p = np.float32(scores[i, j])
            n_unsound += int(not ((p >= 0) & (p <= 1)))
            sums[j] += p
            # Written in any case and overwritten unless kept: quicker than a jump.
            kept_columns[k], kept_scores[k] = j, p
            k += int((p > 0.5) | (j == next_given))
            if j == next_given:
                g += 1
                next_given = given_columns[g] if g < end else -1
        kept_a_row[i] = k - first
    return n_unsound == 0


@kernel
def count_beyond(
    scores: NDArray[np.floating],
    at_most: NDArray[np.float32],
    at_least: NDArray[np.float32],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
) -> None:
    """Add to each column's counts the scores up to one cut and from another on."""
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            p = np.float32(scores[i, j])
            low[j] += p <= at_most[j]
            high[j] += p >= at_least[j]

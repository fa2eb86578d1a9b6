"""Compiled passes over dense scores, which are read as float32 whatever they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def add_scores(
    scores: NDArray[np.floating], sums: NDArray[np.float64], marks: NDArray[np.uint8]
) -> int:
    """Add every column's scores to its sum and mark those above 0.5 with a 1, others with 0.

    Returns
    -------
    int
        How many are NaN or outside [0, 1].
    """
    n_rows, n_labels = scores.shape
    n_unsound = np.int32(0)
    for i in range(n_rows):
        row = marks[i * n_labels : (i + 1) * n_labels]
        for j in range(n_labels):
            p = np.float32(scores[i, j])
            n_unsound += np.int32(not ((p >= 0) & (p <= 1)))
            row[j] = p > 0.5
            sums[j] += p
    return int(n_unsound)


@kernel
def keep_marked(
    scores: NDArray[np.floating],
    given_indptr: NDArray[np.integer],
    given_columns: NDArray[np.integer],
    marks: NDArray[np.uint8],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    is_given: NDArray[np.bool_],
    lengths: NDArray[np.int32],
) -> int:
    """Copy the given and the marked scores of some rows; return how many.

    Parameters
    ----------
    scores : ndarray of float, shape (n_rows, n_labels)
    given_indptr, given_columns : ndarray of int
        The given pairs of these rows.
    marks : ndarray of uint8
        One a score, and at the end zeros up to a multiple of 8.
    columns, values, is_given : ndarray, shape (n_rows * n_labels,)
        Receive the pairs, row after row.
    lengths : ndarray of int32, shape (n_rows,)
        Receives how many there are of each row.
    """
    n_rows, n_labels = scores.shape
    for i in range(n_rows):
        lengths[i] = 0
        for g in range(given_indptr[i], given_indptr[i + 1]):
            marks[i * n_labels + given_columns[g - given_indptr[0]]] |= np.uint8(2)
    k = 0
    # Eight marks at once: most are 0.
    eights = marks.view(np.uint64)
    for e in range(len(eights)):
        if eights[e] == 0:
            continue
        for place in range(8 * e, 8 * e + 8):
            if marks[place] != 0:
                i = place // n_labels
                columns[k] = place - i * n_labels
                values[k] = scores[i, columns[k]]
                is_given[k] = marks[place] > 1
                lengths[i] += 1
                k += 1
    return k


@kernel
def count_up_to(
    scores: NDArray[np.floating], at_most: NDArray[np.float32], counts: NDArray[np.int32]
) -> None:
    """Add to each column's count the scores up to a cut."""
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            counts[j] += np.int32(np.float32(scores[i, j]) <= at_most[j])


@kernel
def count_from(
    scores: NDArray[np.floating],
    columns: NDArray[np.int64],
    at_least: NDArray[np.float32],
    counts: NDArray[np.int32],
) -> None:
    """Add to the count of some columns the scores from a cut on."""
    for i in range(scores.shape[0]):
        for j in columns:
            counts[j] += np.int32(np.float32(scores[i, j]) >= at_least[j])


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

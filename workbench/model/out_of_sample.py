"""Scores of pairs that nobody's own state has influenced, whichever way they were found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.model.held_out import LEAST_COUNTED, N_BINS

# Bin b counts scores from BIN_EDGES[b] to below BIN_EDGES[b + 1]; 1 itself is in the last.
BIN_EDGES: NDArray[np.float32] = (
    LEAST_COUNTED * np.ldexp(1 + np.arange(N_BINS + 1) % 4 / 4, np.arange(N_BINS + 1) // 4)
).astype(np.float32)


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """Out-of-sample scores, each from a model that did not learn from the row's own labels.

    Parameters
    ----------
    scores : csr_array of float32, shape (n_instances, n_labels)
        In [0, 1]: every given pair and the best candidates of every row; a stored zero is a
        score. Absent pairs were not kept. Indices are sorted.
    column_sums : ndarray of float64, shape (n_labels,)
        Sum over the rows of all scores that were computed, kept or not: the given pairs, and
        the other pairs that the search reached. The rest counts as 0.
    histogram : ndarray of int64, shape (n_labels, 32)
        How many pairs that are not given have a score between two of ``BIN_EDGES``, of all that
        were computed, kept or not; those below 1/256 are not counted.
    unjudged_pairs : ndarray of bool, shape (n_stored,)
        In the order of ``scores.data``: the label had no positive in the rows that were learned
        from, so the score says nothing about the pair.
    also : csr_array of float32, shape (n_instances, n_labels)
        Scores of the pairs that were asked for besides, and of no others; not in
        ``column_sums``.
    unjudged_also : ndarray of bool, shape (n_also,)
        As ``unjudged_pairs``, in the order of ``also.data``.
    """

    scores: csr_array
    column_sums: NDArray[np.float64]
    histogram: NDArray[np.int64]
    unjudged_pairs: NDArray[np.bool_]
    also: csr_array
    unjudged_also: NDArray[np.bool_]


def count_scores(
    labels: NDArray[np.integer], scores: NDArray[np.float32], n_labels: int
) -> NDArray[np.int64]:
    """Return the histogram of some scores of pairs that are not given."""
    counted = scores >= LEAST_COUNTED
    bins = np.searchsorted(BIN_EDGES, scores[counted], side="right") - 1
    keys = labels[counted].astype(np.int64) * N_BINS + np.minimum(bins, N_BINS - 1)
    return np.bincount(keys, minlength=n_labels * N_BINS).reshape(n_labels, N_BINS)

"""Scores of pairs that nobody's own state has influenced, whichever way they were found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in
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


def empty_histogram(n_labels: int) -> NDArray[np.int64]:
    """Return a histogram of no scores."""
    return np.zeros((n_labels, N_BINS), np.int64)


def count_scores(
    histogram: NDArray[np.int64], labels: NDArray[np.integer], scores: NDArray[np.float32]
) -> None:
    """Add scores of pairs that are not given to the histogram."""
    counted = scores >= LEAST_COUNTED
    bins = np.searchsorted(BIN_EDGES, scores[counted], side="right") - 1
    np.add.at(histogram, (labels[counted], np.minimum(bins, N_BINS - 1)), 1)


def as_out_of_sample(
    scores: PairScores,
    given: LabelMatrix,
    *,
    column_sums: NDArray[np.float64] | None = None,
    also: csr_array | None = None,
) -> OutOfSample:
    """Return scores that somebody else computed in the form of our own.

    Nothing tells whether they are out of sample: that is for the user to see to. A given pair
    without a score is not judged.

    Parameters
    ----------
    scores : PairScores
    given : LabelMatrix
    column_sums : ndarray of float64, shape (n_labels,), optional
        Sum of each label's scores over all instances; without it the pairs that have no score
        count as 0.
    also : csr_array, shape (n_instances, n_labels), optional
        Pairs that are asked for besides; those without a score stay absent.

    Raises
    ------
    AxisMismatchError
        If scores and labels do not share their axes.
    InputError
        If a column sum is NaN, infinite, or less than the scores of its label add up to.
    """
    check_aligned(given, scores)
    values = scores.values
    n_labels, rows = values.shape[1], scores.rows_of_pairs()
    summed = np.bincount(values.indices, values.data, n_labels).astype(np.float64)
    sums = summed if column_sums is None else np.asarray(column_sums, np.float64)
    _check_column_sums(sums, summed, given.values.shape[0])
    is_given = pairs_in(given.values, rows, values.indices) >= 0
    histogram = empty_histogram(n_labels)
    count_scores(histogram, values.indices[~is_given], values.data[~is_given])
    found = csr_array((np.empty(0, np.float32), ([], [])), shape=values.shape)
    if also is not None:
        also_rows = np.repeat(np.arange(also.shape[0]), np.diff(also.indptr))
        places = pairs_in(values, also_rows, also.indices)
        known = places >= 0
        found = csr_array(
            (values.data[places[known]], (also_rows[known], also.indices[known])),
            shape=values.shape,
        )
    nothing = np.zeros(values.nnz, bool)
    return OutOfSample(values, sums, histogram, nothing, found, np.zeros(found.nnz, bool))


def _check_column_sums(
    column_sums: NDArray[np.float64], least: NDArray[np.float64], n_instances: int
) -> None:
    if column_sums.shape != least.shape:
        raise InputError(
            f"column sums: expected one for each of {len(least)} labels, found "
            f"shape {column_sums.shape}"
        )
    # float32 sums of many scores are off in the fifth digit.
    fits = column_sums >= least * (1 - 1e-3) - 1e-3
    bad = np.flatnonzero(~(fits & (column_sums <= n_instances)))
    if len(bad):
        raise InputError(
            f"column sums: {len(bad)} labels, at positions {bad[:5].tolist()}, have a sum that is "
            f"NaN, below what their scores add up to or above {n_instances:,}, the instances: "
            f"{column_sums[bad[:5]].tolist()}; sum the scores of all instances, stored or not"
        )

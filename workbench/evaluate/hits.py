"""The first k predictions of every instance, and which of them are true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.matrices import pairs_in
from workbench.sparse import check_sparse, rows_of


@dataclass(frozen=True, eq=False)
class RankedHits:
    """The first k predictions of every instance and which of them are true.

    Parameters
    ----------
    labels : ndarray of int64, shape (n_instances, k)
        Columns, best first; -1 where nothing is predicted.
    hits : ndarray of bool, shape (n_instances, k)
    truth : csr_array of bool, shape (n_instances, n_labels)
    """

    labels: NDArray[np.int64]
    hits: NDArray[np.bool_]
    truth: csr_array

    @property
    def k(self) -> int:
        """Number of ranks."""
        return int(self.labels.shape[1])

    def n_true(self) -> NDArray[np.int64]:
        """Return the number of true labels of every instance, shape (n_instances,)."""
        return np.diff(self.truth.indptr).astype(np.int64)


def rank_labels(predictions: csr_array, k: int) -> NDArray[np.int64]:
    """Return the columns of the k highest scores of every row, shape (n_instances, k).

    Best first, equal scores by column; -1 where a row stores fewer than k.

    Raises
    ------
    TypeError
        If the predictions are not a sparse matrix of numbers.
    ValueError
        If k is not a whole number of 1 or more.
    InputError
        If a score is NaN or a pair is stored twice.
    """
    check_rank(k)
    return rank_checked(check_sparse(predictions, "predictions"), k)


def rank_checked(predictions: csr_array, k: int) -> NDArray[np.int64]:
    """Do what `rank_labels` does with a matrix that came through the door, and a checked k."""
    predictions = check_canonical(predictions, "predictions")
    if predictions.dtype.kind == "b":
        raise TypeError(
            "predictions must hold scores to rank by, found bool; the order of the arguments is "
            "(predictions, truth)"
        )
    if predictions.dtype.kind != "f":
        # The order is that of the negated scores, which an unsigned integer cannot hold.
        predictions = predictions.astype(np.float64)
    if np.isnan(predictions.data).any():
        n_bad = int(np.isnan(predictions.data).sum())
        raise InputError(f"predictions: {n_bad} of {predictions.nnz} scores are NaN")
    n_instances = predictions.shape[0]
    rows = rows_of(predictions)
    # lexsort is stable and the columns of a row ascend, so ties fall by column.
    order = np.lexsort((-predictions.data, rows))
    rank = np.arange(predictions.nnz) - predictions.indptr[rows]
    kept = rank < k
    labels = np.full((n_instances, k), -1, np.int64)
    labels[rows[kept], rank[kept]] = predictions.indices[order][kept]
    return labels


def check_rank(k: int) -> None:
    """Raise unless k is a whole number of 1 or more.

    Raises
    ------
    ValueError
    """
    if not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"k must be a whole number of 1 or more, found {k!r}")


def find_hits(predictions: csr_array, truth: csr_array, k: int) -> RankedHits:
    """Return the first k predictions of every instance with which of them are true.

    Parameters
    ----------
    predictions : sparse matrix of scores, shape (n_instances, n_labels)
    truth : sparse matrix, shape (n_instances, n_labels)
        A stored pair other than zero is true, an absent one is not.
    k : int
        1 or more.

    Raises
    ------
    TypeError
        If one is not a sparse matrix of numbers.
    ValueError
        If k is not a whole number of 1 or more.
    AxisMismatchError
        If the shapes differ.
    InputError
        If a score is NaN or a pair is stored twice.
    """
    predictions, truth = check_sparse(predictions, "predictions"), check_sparse(truth, "truth")
    if predictions.shape != truth.shape:
        raise AxisMismatchError(
            f"predictions of shape {predictions.shape} do not fit a truth of shape {truth.shape}"
        )
    truth = check_canonical(truth, "truth").astype(np.bool_)
    if not truth.data.all():
        truth.eliminate_zeros()
    check_rank(k)
    labels = rank_checked(predictions, k)
    rows, ranks = np.nonzero(labels >= 0)
    hits = np.zeros(labels.shape, np.bool_)
    hits[rows, ranks] = pairs_in(truth, rows, labels[rows, ranks]) >= 0
    return RankedHits(labels, hits, truth)


def check_canonical(checked: csr_array, what: str) -> csr_array:
    """Return the matrix with sorted indices, copied only if needed.

    Raises
    ------
    InputError
        If a pair is stored twice.
    """
    if checked.has_canonical_format:
        return checked
    ordered = checked.copy()
    ordered.sort_indices()
    # A new object, because the old one remembers that it was not canonical.
    ordered = csr_array((ordered.data, ordered.indices, ordered.indptr), shape=ordered.shape)
    if not ordered.has_canonical_format:
        raise InputError(f"{what}: some pairs are stored twice; call sum_duplicates() first")
    return ordered

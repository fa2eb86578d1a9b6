"""Dense features that the user brings, beside the sparse ones of the text."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack, issparse

from workbench.errors import InputError

# Dense values of so many rows are scaled at a time: 1 MB, of which there are some ten copies.
_VALUES_AT_ONCE = 1 << 17


def join_features(X: csr_array, dense: ArrayLike, *, weight: float = 1.0) -> csr_array:
    """Return sparse and dense features of the same rows side by side, each row of length 1.

    Both parts are scaled to length 1 first, the dense one then to ``weight``; no value is too large
    or too small for that. A dense value takes 8 bytes in the result: 500,000 sentence embeddings of
    384 numbers are 1.5 GB. At its peak memory grows by the result and some 10 MB, and by a copy of
    ``dense`` if that is no array of numbers, of X if that is not csr with sorted, unique indices.

    Parameters
    ----------
    X : csr_array, shape (n_rows, n_sparse)
        Such as `TextFeatures` makes. There may be no rows.
    dense : array of float, shape (n_rows, n_dense)
        Such as sentence embeddings.
    weight : float, default 1.0
        How much the dense part counts against the sparse one; above 0.

    Returns
    -------
    csr_array of float32, shape (n_rows, n_sparse + n_dense)
        The dense features come last; indices sorted, no zero stored. A row that is empty in both
        parts is empty.

    Raises
    ------
    TypeError
        If X is not a scipy sparse matrix of real numbers, or ``dense`` is sparse.
    ValueError
        If ``weight`` is not above 0.
    InputError
        If ``dense`` has other rows than X, or one of them holds NaN or infinity.

    Examples
    --------
    >>> X = csr_array(np.float32([[3, 0], [0, 0]]))
    >>> join_features(X, [[0, 2], [4, 3]]).toarray().round(1).astype(float).round(1).tolist()
    [[0.7, 0.0, 0.0, 0.7], [0.0, 0.0, 0.8, 0.6]]
    """
    if not (np.isfinite(weight) and weight > 0):
        raise ValueError(f"weight must be a number above 0, found {weight!r}")
    sparse = _checked_sparse(X)
    return _joined(sparse, _checked_dense(dense, sparse.shape[0]), float(weight))


def _checked_sparse(X: Any) -> csr_array:
    """Return X as csr with sorted and unique indices; copied only if needed."""
    if not issparse(X):
        raise TypeError(f"X must be a scipy sparse matrix, found {type(X).__name__}")
    sparse = csr_array(cast(csr_array, X))
    if sparse.dtype.kind not in "biuf":
        raise TypeError(f"X must hold real numbers, found {sparse.dtype}")
    if sparse.ndim != 2:
        raise InputError(f"X must have two dimensions, found shape {sparse.shape}")
    bad = np.flatnonzero(~np.isfinite(sparse.data[: sparse.indptr[-1]]))
    _refuse("X", np.unique(np.searchsorted(sparse.indptr, bad, side="right") - 1))
    if not sparse.has_canonical_format:
        sparse = sparse.astype(np.float64)
        sparse.sum_duplicates()
    return sparse


def _checked_dense(dense: ArrayLike, n_rows: int) -> NDArray[Any]:
    if issparse(dense):
        raise TypeError("dense must be an array, found a sparse matrix; use scipy.sparse.hstack")
    block = np.asarray(dense)
    if block.dtype.kind not in "biuf":
        block = np.asarray(block, np.float64)
    if block.ndim != 2 or block.shape[0] != n_rows or block.shape[1] == 0:
        raise InputError(
            f"dense: expected {n_rows} rows of numbers, as in X, found shape {block.shape}"
        )
    _refuse("dense", np.flatnonzero(~np.isfinite(block).all(axis=1)))
    return block


def _refuse(name: str, rows: NDArray[np.int64]) -> None:
    if len(rows):
        raise InputError(
            f"{name}: every value must be finite, found NaN or infinity in {len(rows)} rows: "
            f"{rows[:5].tolist()}; remove or replace them"
        )


def _joined(sparse: csr_array, dense: NDArray[Any], weight: float) -> csr_array:
    n_rows, width = len(dense), sparse.shape[1] + dense.shape[1]
    # Room for every value; some may be so small beside the others that nothing is left of them.
    room = sparse.nnz + np.count_nonzero(dense)
    positions = np.int32 if max(room, width) <= np.iinfo(np.int32).max else np.int64
    indptr = np.zeros(n_rows + 1, positions)
    indices, data = np.empty(room, positions), np.empty(room, np.float32)
    at_once = max(_VALUES_AT_ONCE // dense.shape[1], 1)
    for first in range(0, n_rows, at_once):
        rows = slice(first, first + at_once)
        part = _joined_rows(sparse[rows], dense[rows], weight)
        ends = indptr[first] + part.indptr
        indptr[first : first + len(ends)] = ends
        indices[ends[0] : ends[-1]], data[ends[0] : ends[-1]] = part.indices, part.data
    end = indptr[-1]
    return csr_array((data[:end], indices[:end], indptr), shape=(n_rows, width))


def _joined_rows(sparse: csr_array, dense: NDArray[Any], weight: float) -> csr_array:
    parts = [_scaled(sparse), _scaled(csr_array(dense.astype(np.float64))) * weight]
    joined = _scaled(hstack(parts, format="csr")).astype(np.float32)
    joined.eliminate_zeros()
    return joined


def _scaled(rows: csr_array) -> csr_array:
    """Return the rows as float64 of length 1; an empty one stays empty.

    The largest value becomes 1 first: the squares of 1e200 and of 1e-200 are no floats.
    """
    scaled = rows.astype(np.float64)
    scaled.eliminate_zeros()
    counts = np.diff(scaled.indptr)
    starts, counts = scaled.indptr[:-1][counts > 0], counts[counts > 0]
    scaled.data /= np.repeat(np.maximum.reduceat(np.abs(scaled.data), starts), counts)
    scaled.data /= np.repeat(np.sqrt(np.add.reduceat(scaled.data**2, starts)), counts)
    return scaled

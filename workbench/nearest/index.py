"""A sparse matrix laid out for the search of nearest rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.kernels import read_only
from workbench.nearest.layout import gathering_features, measure_ends, scale_rows, turn

# Into so many parts the features are cut, from rare to common, for bounds on what is left of a row.
N_PARTS = 32
# Rows are sorted by their two heaviest features among those of at least this share of the rows.
_GATHERING_SHARE = 0.0005


@dataclass(frozen=True, eq=False)
class Index:
    """The rows, each from its rarest feature to its most common one, and the rows of each feature.

    Rows that share features of middling frequency lie side by side, so that what the search of
    one row has read is still in the cache for the next.

    Parameters
    ----------
    original : ndarray of int32, shape (n_rows,)
        Which row of the matrix each row was.
    indptr, features, values : ndarrays
        Rows of length 1 as in a CSR matrix; features are numbered by how many rows have them.
    starts, rows, weights : ndarrays
        The rows of each feature and its value there.
    ends : ndarray of uint8, shape (n_rows, N_PARTS)
        Length of the end of a row, from a part of the features to the last, times 255, rounded up.
    part_of : ndarray of uint8, shape (n_features,)
    """

    original: NDArray[np.int32]
    indptr: NDArray[np.int64]
    features: NDArray[np.int32]
    values: NDArray[np.float32]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    ends: NDArray[np.uint8]
    part_of: NDArray[np.uint8]

    @classmethod
    def of(cls, X: csr_array) -> Index:
        """Return the index of a matrix that was checked; it is not changed."""
        X = csr_array(X.astype(np.float32, copy=True))
        X.sum_duplicates()
        X.eliminate_zeros()
        df = np.bincount(X.indices, minlength=X.shape[1])
        by_df = np.argsort(df, kind="stable")
        rank = np.empty(len(df), np.int32)
        rank[by_df] = np.arange(len(df), dtype=np.int32)
        X = csr_array((X.data, rank[X.indices], X.indptr), shape=X.shape)
        df = df[by_df]
        keys = gathering_features(
            X.indptr.astype(np.int64),
            X.indices,
            X.data,
            int(np.searchsorted(df, max(2, _GATHERING_SHARE * X.shape[0]))),
        )
        original = np.lexsort((keys[:, 1], keys[:, 0])).astype(np.int32)
        X = csr_array(X[original])
        X.sort_indices()
        indptr = X.indptr.astype(np.int64)
        scale_rows(indptr, X.data)
        starts = np.r_[0, df.cumsum()].astype(np.int64)
        part_of = _parts(df)
        arrays = (indptr, X.indices, X.data)
        rows, weights = turn(*arrays, starts)
        ends = measure_ends(*arrays, part_of, N_PARTS)
        views = (original, *arrays, starts, rows, weights, ends, part_of)
        return cls(*(read_only(array) for array in views))


def _parts(df: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return a part for each feature; common features, where searches end, make narrow parts."""
    effort = np.cumsum(df.astype(np.float64) ** 1.5)
    if not len(effort) or effort[-1] == 0:
        return np.zeros(len(df), np.uint8)
    parts: NDArray[np.uint8] = (effort * (N_PARTS / effort[-1])).clip(max=N_PARTS - 1).astype("u1")
    return parts

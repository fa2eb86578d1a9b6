"""Which rows of a sparse matrix are nearest to each row."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from workbench.blocks import map_blocks
from workbench.nearest.index import Index
from workbench.nearest.search import MOST_FEATURES, search
from workbench.sparse import check_sparse

_ROWS_A_BLOCK = 4096


def nearest_rows(X: csr_array, *, n_neighbours: int, n_jobs: int | None = None) -> csr_array:
    """Return the rows of highest cosine similarity to each row, itself left out.

    Parameters
    ----------
    X : csr_array of float, shape (n_rows, n_features)
        Finite.
    n_neighbours : int
        Most neighbours a row; of equally similar rows those with the lower numbers are kept. Only
        rows of a similarity above 0 are neighbours, so that a row may have fewer.
    n_jobs : int, optional
        Threads; see :func:`workbench.blocks.map_blocks`. The result does not depend on it.

    Returns
    -------
    csr_array of float32, shape (n_rows, n_rows)
        The similarity of each neighbour, the highest of a row first; indices are not sorted.

    Raises
    ------
    TypeError
        If ``X`` is not a scipy sparse matrix of real numbers.
    InputError
        If its arrays do not make a matrix of its shape.
    ValueError
        If a value is not finite in float32, or ``n_neighbours`` is below 1.

    Notes
    -----
    The neighbours are exact. Features are taken from the rarest to the most common, and products
    are summed for all rows that share them. After some thousand of these, the similarity of the
    rows with the highest sums, worked out in full, is a bound that every neighbour has to reach.
    By Cauchy and Schwarz no row is nearer than the length of what is left of this row, so that
    where that falls below the bound, which common features mostly do not change, rows that were
    not seen can be left out; and of a row seen, its sum and the product of the lengths of what is
    left of both say whether it is worth a look. Bounds of this kind are those of Bayardo, Ma and
    Srikant (2007), Scaling Up All Pairs Similarity Search, and Anastasiu and Karypis (2014), L2AP;
    there the threshold is given, here it is found for each row. Memory is that of ``X`` three
    times, of the result, and 7 bytes a row for each thread. Where features that many rows share
    make up most of each row, as in dense data, all pairs of rows are looked at.

    Examples
    --------
    >>> X = csr_array([[1.0, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
    >>> found = nearest_rows(X, n_neighbours=2)
    >>> found.indptr.tolist(), found.indices.tolist(), [f"{s:.1f}" for s in found.data]
    ([0, 1, 2, 2], [1, 0], ['0.6', '0.6'])
    """
    if n_neighbours < 1:
        raise ValueError(f"n_neighbours must be 1 or more, got {n_neighbours}")
    X = check_sparse(X, "features")
    _check_finite(X)
    index = Index.of(X)
    n_rows = X.shape[0]
    n_neighbours = min(n_neighbours, max(n_rows - 1, 1))
    longest = int(np.diff(index.indptr).max(initial=0))
    sums_type = np.uint16 if longest <= MOST_FEATURES else np.uint32

    found = np.empty((n_rows, n_neighbours), np.int32)
    similarity = np.empty((n_rows, n_neighbours), np.float32)

    def search_block(first: int) -> None:
        last = min(first + _ROWS_A_BLOCK, n_rows)
        sums = np.zeros(n_rows, sums_type)
        nearest = search(first, last, *vars(index).values(), sums, n_neighbours)
        rows = index.original[first:last]
        found[rows], similarity[rows] = nearest

    map_blocks(search_block, range(0, n_rows, _ROWS_A_BLOCK), n_jobs=n_jobs)
    kept = similarity > 0
    indptr = np.r_[0, kept.sum(axis=1).cumsum()]
    return csr_array((similarity[kept], found[kept], indptr), shape=(n_rows, n_rows))


def _check_finite(X: csr_array) -> None:
    faulty = np.flatnonzero(~(np.abs(X.data) <= np.finfo(np.float32).max))
    if len(faulty):
        rows = np.searchsorted(X.indptr, faulty[:5], side="right") - 1
        raise ValueError(
            f"features must be finite in float32, found {len(faulty)} values that are not, "
            f"first in rows {', '.join(map(str, dict.fromkeys(rows.tolist())))}; "
            "replace them or leave their rows out"
        )

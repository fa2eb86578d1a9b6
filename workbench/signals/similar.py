"""The rows of a sparse matrix that are most similar to each row, and the kernels that find them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.blocks import map_blocks
from workbench.kernels import kernel, read_only

Floats = NDArray[np.float32]
Places = NDArray[np.int32]
Pointers = NDArray[np.int64]

# Rows that a thread searches for before it takes the next ones.
_ROWS_A_BLOCK = 20_000


def most_similar(
    X: csr_array, *, n_neighbours: int, max_visits: int = 5000, n_jobs: int | None = None
) -> csr_array:
    """Return the rows of highest cosine similarity to each row, itself left out.

    Parameters
    ----------
    X : csr_array of float, shape (n_rows, n_features)
        Not negative.
    n_neighbours : int
        Most neighbours a row; one that shares features with fewer rows has fewer.
    max_visits : int
        How many rows are looked at for one row at most, counted once for each feature shared.
    n_jobs : int, optional
        Threads; see `workbench.blocks.map_blocks`. The result does not depend on it.

    Returns
    -------
    csr_array of float32, shape (n_rows, n_rows)
        The similarity of each neighbour, the highest of a row first; indices are not sorted.

    Notes
    -----
    The search goes through the features of a row from the rarest to the most common, and of each
    through the rows that it weighs most in, until ``max_visits`` are looked at. So time grows with
    the number of rows, not with its square, and common features, which tell little, cost little.
    Where all rows were looked at the neighbours are exact; else they are the best of those seen.
    The similarity is exact in either case. Memory is that of ``X`` twice and of the result.

    Examples
    --------
    >>> X = csr_array([[1.0, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
    >>> found = most_similar(X, n_neighbours=2)
    >>> found.indptr.tolist(), found.indices.tolist(), [f"{s:.1f}" for s in found.data]
    ([0, 1, 2, 2], [1, 0], ['0.6', '0.6'])
    """
    if n_neighbours < 1 or max_visits < 1:
        raise ValueError(
            f"n_neighbours and max_visits must be 1 or more, got {n_neighbours} and {max_visits}"
        )
    rows = _rarest_first(_unit_rows(X))
    arrays: list[NDArray[Any]] = [rows.indptr.astype(np.int64), rows.indices, rows.data]
    arrays += _heaviest_first(rows)

    def search(first: int) -> tuple[Places, Floats]:
        last = min(first + _ROWS_A_BLOCK, X.shape[0])
        return _search(first, last, *map(read_only, arrays), n_neighbours, max_visits)

    starts = range(0, max(X.shape[0], 1), _ROWS_A_BLOCK)
    blocks = map_blocks(search, starts, n_jobs=n_jobs, short=True)
    found, similarity = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    kept = similarity > 0
    indptr = np.r_[0, kept.sum(axis=1).cumsum()]
    return csr_array((similarity[kept], found[kept], indptr), shape=(X.shape[0], X.shape[0]))


def _unit_rows(X: csr_array) -> csr_array:
    X = csr_array(X.astype(np.float32, copy=True))
    X.sum_duplicates()
    X.eliminate_zeros()
    lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
    X.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(X.indptr)).astype(np.float32)
    X.indices = X.indices.astype(np.int32, copy=False)
    return X


def _rarest_first(X: csr_array) -> csr_array:
    """Return the matrix with the entries of each row in the order of how common they are."""
    df = np.bincount(X.indices, minlength=X.shape[1])
    row = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    order = np.lexsort((X.indices, df[X.indices], row))
    return csr_array((X.data[order], X.indices[order], X.indptr), shape=X.shape)


def _heaviest_first(X: csr_array) -> tuple[Pointers, Places, Floats]:
    """Return the rows of each feature, those first in which it weighs most."""
    row = np.repeat(np.arange(X.shape[0], dtype=np.int32), np.diff(X.indptr))
    order = np.lexsort((row, -X.data, X.indices))
    pointers = np.r_[0, np.bincount(X.indices, minlength=X.shape[1]).cumsum()]
    return pointers.astype(np.int64), row[order], X.data[order]


@kernel
def _search(
    first: int,
    last: int,
    indptr: Pointers,
    features: Places,
    values: Floats,
    starts: Pointers,
    rows: Places,
    weights: Floats,
    n_neighbours: int,
    max_visits: int,
) -> tuple[Places, Floats]:
    n_rows = len(indptr) - 1
    found = np.zeros((last - first, n_neighbours), np.int32)
    similarity = np.zeros((last - first, n_neighbours), np.float32)
    score = np.zeros(n_rows, np.float32)
    seen = np.empty(n_rows, np.int32)
    of_row = np.zeros(len(starts) - 1, np.float32)
    for i in range(first, last):
        mine, alike = found[i - first], similarity[i - first]
        left, n_seen = max_visits, 0
        for p in range(indptr[i], indptr[i + 1]):
            start = starts[features[p]]
            end = min(starts[features[p] + 1], start + left)
            left -= end - start
            for q in range(start, end):
                j = rows[q]
                if j != i:
                    if score[j] == 0:
                        seen[n_seen] = j
                        n_seen += 1
                    score[j] += values[p] * weights[q]
        # Of those seen, the best by what was seen of them; then their similarity in full.
        for s in range(n_seen):
            _insert(mine, alike, seen[s], score[seen[s]])
            score[seen[s]] = 0
        if left == 0:
            for p in range(indptr[i], indptr[i + 1]):
                of_row[features[p]] = values[p]
            for k in range(min(n_seen, n_neighbours)):
                alike[k] = 0
                j, exact = mine[k], np.float32(0)
                for p in range(indptr[j], indptr[j + 1]):
                    exact += of_row[features[p]] * values[p]
                _insert(mine[: k + 1], alike[: k + 1], j, exact)
            for p in range(indptr[i], indptr[i + 1]):
                of_row[features[p]] = 0
    return found, similarity


@kernel
def _insert(found: Places, similarity: Floats, row: int, value: np.float32) -> None:
    """Put a row where it belongs among those found so far; of equals the first row is first."""
    last = len(found) - 1
    if value < similarity[last] or (value == similarity[last] and row >= found[last]):
        return
    k = last
    while k > 0 and (
        similarity[k - 1] < value or (similarity[k - 1] == value and found[k - 1] > row)
    ):
        similarity[k], found[k] = similarity[k - 1], found[k - 1]
        k -= 1
    similarity[k], found[k] = value, row


@kernel
def tally(
    first: int,
    last: int,
    indptr: Pointers,
    neighbours: Places,
    similarity: Floats,
    carried_indptr: Pointers,
    carried: Places,
    beliefs: Floats,
    base: Floats,
    least: float,
    room: int,
) -> tuple[Places, Places, Floats, Places, Places]:
    """Return what the neighbours of the rows from ``first`` to before ``last`` carry.

    Returns
    -------
    tuple of arrays
        A row, a label, the strength beyond chance (``least`` or more), the number of neighbours
        that carry the label, and the first of them, for each pair.
    """
    of_row, of_label = np.empty(room, np.int32), np.empty(room, np.int32)
    strength, count = np.empty(room, np.float32), np.empty(room, np.int32)
    nearest = np.empty(room, np.int32)
    weighed = np.zeros(len(base), np.float32)
    n_carrying, first_carrying = np.zeros(len(base), np.int32), np.zeros(len(base), np.int32)
    touched = np.empty(len(base), np.int32)
    n_pairs = 0
    for i in range(first, last):
        total, n_touched = np.float32(0), 0
        for p in range(indptr[i], indptr[i + 1]):
            j = neighbours[p]
            total += similarity[p]
            for q in range(carried_indptr[j], carried_indptr[j + 1]):
                label = carried[q]
                if n_carrying[label] == 0:
                    touched[n_touched] = label
                    n_touched += 1
                    first_carrying[label] = j
                n_carrying[label] += 1
                weighed[label] += similarity[p] * beliefs[q]
        for t in range(n_touched):
            label = touched[t]
            beyond = (weighed[label] / total - base[label]) / max(1.0 - base[label], 1e-9)
            if beyond >= least:
                of_row[n_pairs], of_label[n_pairs], strength[n_pairs] = i, label, beyond
                count[n_pairs], nearest[n_pairs] = n_carrying[label], first_carrying[label]
                n_pairs += 1
            weighed[label], n_carrying[label] = 0, 0
    return (
        of_row[:n_pairs],
        of_label[:n_pairs],
        strength[:n_pairs],
        count[:n_pairs],
        nearest[:n_pairs],
    )

"""The compiled kernels that make the best of each row into a sparse matrix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.kernels import kernel, read_only
from workbench.model.link import probability
from workbench.model.scoring import Found

_ZERO = np.float32(0)
_HALF, _LOW_HALF = np.uint64(32), np.uint64(2**32 - 1)


@kernel
def _sort_labels(labels: NDArray[np.int32], scores: NDArray[np.float32]) -> None:
    """Sort both by label: the few of a prediction one by one, many by an index."""
    if len(labels) > 32:
        keys, unsorted = np.empty(len(labels), np.uint64), scores.copy()
        for j in range(len(labels)):
            keys[j] = (np.uint64(labels[j]) << _HALF) | np.uint64(j)
        keys.sort()
        for j in range(len(labels)):
            labels[j], scores[j] = keys[j] >> _HALF, unsorted[keys[j] & _LOW_HALF]
        return
    for i in range(1, len(labels)):
        label, score = labels[i], scores[i]
        slot = i
        while slot > 0 and labels[slot - 1] > label:
            labels[slot], scores[slot] = labels[slot - 1], scores[slot - 1]
            slot -= 1
        labels[slot], scores[slot] = label, score


@kernel
def collect(
    found: Found, label_order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return the arrays of a csr matrix of scores, sorted by label; scores of 0 are left out."""
    n_rows = len(found.counts)
    indptr = np.zeros(n_rows + 1, np.int64)
    total = 0
    for count in found.counts:
        total += count
    indices, data = np.empty(total, np.int32), np.empty(total, np.float32)
    target = 0
    for row in range(n_rows):
        begin = target
        for j in range(found.counts[row]):
            score = probability(found.scores[row, j])
            if score > _ZERO:
                indices[target] = label_order[found.children[row, j]]
                data[target] = score
                target += 1
        _sort_labels(indices[begin:target], data[begin:target])
        indptr[row + 1] = target
    return indptr, indices[:target].copy(), data[:target].copy()


@kernel
def keep_best(
    row_ptr: NDArray[np.int64],
    scores: NDArray[np.float32],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row pointers and positions of the k highest scores a row, in no order.

    A score of minus infinity is never kept; of equal scores the first position wins.
    """
    n_rows = len(row_ptr) - 1
    k = min(k, max(len(scores), 1))  # no row has more, and its product with the rows fits 64 bits
    kept_ptr = np.zeros(n_rows + 1, np.int64)
    kept = np.empty(min(len(scores), n_rows * k), np.int64)
    for row in range(n_rows):
        begin = kept_ptr[row]
        n_kept = 0
        all_fit = row_ptr[row + 1] - row_ptr[row] <= k
        for p in range(row_ptr[row], row_ptr[row + 1]):
            score = scores[p]
            if score == -np.inf or (n_kept == k and score <= scores[kept[begin + k - 1]]):
                continue
            slot = begin + min(n_kept, k - 1)
            while not all_fit and slot > begin and scores[kept[slot - 1]] < score:
                kept[slot] = kept[slot - 1]
                slot -= 1
            kept[slot] = p
            n_kept = min(n_kept + 1, k)
        kept_ptr[row + 1] = begin + n_kept
    return kept_ptr, kept[: kept_ptr[-1]].copy()


class Pairs(NamedTuple):
    """The arrays of a csr matrix whose indices are sorted."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]


def as_pairs(matrix: csr_array, data: NDArray[np.float32]) -> Pairs:
    """Return the stored pairs of a matrix with other values."""
    indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    return Pairs(read_only(indptr), read_only(indices), read_only(data))


@kernel
def merge_pairs(
    one: Pairs, other: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return the arrays of a csr matrix with the pairs of both, which share none.

    And of each pair whether it is of the first.
    """
    size = len(one.data) + len(other.data)
    indices, data = np.empty(size, np.int32), np.empty(size, np.float32)
    is_of_one = np.empty(size, np.bool_)
    target = 0
    for row in range(len(one.indptr) - 1):
        p, q = one.indptr[row], other.indptr[row]
        p_end, q_end = one.indptr[row + 1], other.indptr[row + 1]
        while p < p_end or q < q_end:
            first = q == q_end or (p < p_end and one.indices[p] < other.indices[q])
            is_of_one[target] = first
            if first:
                indices[target], data[target] = one.indices[p], one.data[p]
                p += 1
            else:
                indices[target], data[target] = other.indices[q], other.data[q]
                q += 1
            target += 1
    return one.indptr + other.indptr, indices, data, is_of_one

"""The compiled kernels that make the best of each row into a sparse matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.best_children import Found
from workbench.model.link import probability

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

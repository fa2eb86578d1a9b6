"""Which rows carry each child of each level of a label tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.kernels import kernel
from workbench.model.label_tree import LabelTree


class Positives(NamedTuple):
    """Which rows carry each child of a level, and with what confidence: the arrays of a csc matrix.

    Rows ascend within a child.
    """

    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    confidence: NDArray[np.float32]


def positives_of_levels(Y: csr_array, tree: LabelTree) -> list[Positives]:
    """Return the positives of every level, the root's first.

    A row carries a cluster if it carries a label of it; the highest confidence counts.

    Parameters
    ----------
    Y : csr_array of float32, shape (n_rows, n_labels), checked
    """
    indptr, indices = Y.indptr.astype(np.int64), Y.indices.astype(np.int32)
    levels = [_by_child(indptr, indices, Y.data, tree.position_of_label)]
    for level in range(tree.n_levels - 1, 0, -1):
        levels.append(_by_cluster(levels[-1], tree.child_ptr[level], Y.shape[0]))
    return levels[::-1]


@kernel
def _by_child(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    position_of_label: NDArray[np.int64],
) -> Positives:
    """Return the columns of a csr matrix, in the order of their positions."""
    starts = np.zeros(len(position_of_label) + 1, np.int64)
    for label in indices:
        starts[position_of_label[label] + 1] += 1
    for child in range(len(position_of_label)):
        starts[child + 1] += starts[child]
    rows, values = np.empty(len(indices), np.int32), np.empty(len(indices), np.float32)
    next_free = starts[:-1].copy()
    for row in range(len(indptr) - 1):
        for p in range(indptr[row], indptr[row + 1]):
            child = position_of_label[indices[p]]
            rows[next_free[child]], values[next_free[child]] = row, confidence[p]
            next_free[child] += 1
    return Positives(starts, rows, values)


@kernel
def _by_cluster(children: Positives, child_ptr: NDArray[np.int64], n_rows: int) -> Positives:
    """Return which rows carry any child of each cluster, with the highest confidence."""
    n_clusters = len(child_ptr) - 1
    starts = np.zeros(n_clusters + 1, np.int64)
    rows = np.empty(len(children.rows), np.int32)
    values = np.empty(len(children.rows), np.float32)
    highest = np.empty(n_rows, np.float32)
    seen_in = np.full(n_rows, -1, np.int32)
    n_found = 0
    for cluster in range(n_clusters):
        begin = n_found
        for p in range(
            children.indptr[child_ptr[cluster]], children.indptr[child_ptr[cluster + 1]]
        ):
            row = children.rows[p]
            if seen_in[row] != cluster:
                seen_in[row] = cluster
                highest[row] = _NONE
                rows[n_found] = row
                n_found += 1
            highest[row] = max(highest[row], children.confidence[p])
        rows[begin:n_found].sort()
        for p in range(begin, n_found):
            values[p] = highest[rows[p]]
        starts[cluster + 1] = n_found
    return Positives(starts, rows[:n_found].copy(), values[:n_found].copy())


_NONE = np.float32(0)

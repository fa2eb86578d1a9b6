"""Which rows carry each child of each level of a label tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.blocks import map_blocks
from workbench.kernels import kernel, read_only
from workbench.model.label_tree import LabelTree


class Positives(NamedTuple):
    """Which rows carry each child of a level, and with what confidence: the arrays of a csc matrix.

    Rows ascend within a child.
    """

    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    confidence: NDArray[np.float32]


def positives_of_levels(
    Y: csr_array, tree: LabelTree, *, n_jobs: int | None = None
) -> list[Positives]:
    """Return the positives of every level, the root's first.

    A row carries a cluster if it carries a label of it; the highest confidence counts.

    Parameters
    ----------
    Y : csr_array of float32, shape (n_rows, n_labels), checked
    """
    indptr, indices = Y.indptr.astype(np.int64), Y.indices.astype(np.int32)
    y = Positives(read_only(indptr), read_only(indices), read_only(Y.data))
    child_of_label = [tree.position_of_label]
    for level in range(tree.n_levels - 1, 0, -1):
        child_of_label.append(tree.parents(level)[child_of_label[-1]])

    def of_level(children: NDArray[np.int64]) -> Positives:
        return Positives(*_by_child(y, read_only(children), int(children.max()) + 1))

    return map_blocks(of_level, child_of_label[::-1], n_jobs=n_jobs)


@kernel
def _by_child(
    y: Positives, child_of_label: NDArray[np.int64], n_children: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return the columns of a csr matrix, those of one child joined: the highest value counts."""
    starts = np.zeros(n_children + 1, np.int64)
    last_row = np.full(n_children, -1, np.int64)
    n_rows = len(y.indptr) - 1
    for row in range(n_rows):
        for p in range(y.indptr[row], y.indptr[row + 1]):
            child = child_of_label[y.rows[p]]
            starts[child + 1] += last_row[child] != row
            last_row[child] = row
    for child in range(n_children):
        starts[child + 1] += starts[child]
        last_row[child] = -1
    rows, values = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    next_free = starts[:-1].copy()
    for row in range(n_rows):
        for p in range(y.indptr[row], y.indptr[row + 1]):
            child = child_of_label[y.rows[p]]
            slot = next_free[child]
            if last_row[child] == row:
                values[slot - 1] = max(values[slot - 1], y.confidence[p])
                continue
            last_row[child] = row
            rows[slot], values[slot] = row, y.confidence[p]
            next_free[child] = slot + 1
    return starts, rows, values

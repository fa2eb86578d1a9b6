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
    indptr, confidence = read_only(Y.indptr.astype(np.int64)), read_only(Y.data)
    # The child of every pair, from that of the level below: the tables get smaller upwards.
    children = [tree.position_of_label.astype(np.int32)[Y.indices]]
    for level in range(tree.n_levels - 1, 0, -1):
        children.append(tree.parents(level).astype(np.int32)[children[-1]])

    def of_level(level: int) -> Positives:
        of_pair = read_only(children[-1 - level])
        return Positives(*_by_child(indptr, of_pair, confidence, int(tree.child_ptr[level][-1])))

    return map_blocks(of_level, range(tree.n_levels), n_jobs=n_jobs)


@kernel
def _by_child(
    indptr: NDArray[np.int64],
    children: NDArray[np.int32],
    confidence: NDArray[np.float32],
    n_children: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return the columns of a csr matrix, those of one child joined: the highest value counts.

    ``indptr`` and ``confidence`` are of the rows, ``children`` says whose pair each is.
    """
    starts = np.zeros(n_children + 1, np.int64)
    last_row = np.full(n_children, -1, np.int32)
    n_rows = len(indptr) - 1
    for row in range(n_rows):
        for p in range(indptr[row], indptr[row + 1]):
            child = np.uint32(children[p])
            starts[child + 1] += last_row[child] != row
            last_row[child] = row
    for before in range(n_children):
        starts[before + 1] += starts[before]
        last_row[before] = -1
    rows, values = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    next_free = starts[:-1].copy()
    for row in range(n_rows):
        for p in range(indptr[row], indptr[row + 1]):
            child = np.uint32(children[p])
            slot = next_free[child]
            if last_row[child] == row:
                values[slot - 1] = max(values[slot - 1], confidence[p])
                continue
            last_row[child] = row
            rows[slot], values[slot] = row, confidence[p]
            next_free[child] = slot + 1
    return starts, rows, values

"""Which rows carry each child of each level of a label tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.blocks import map_blocks
from workbench.kernels import inlined, kernel, read_only
from workbench.model.label_tree import LabelTree
from workbench.model.seeds import mix

_HALF = np.uint64(32)


class Positives(NamedTuple):
    """Which rows carry each child of a level, and with what confidence: the arrays of a csc matrix.

    Rows ascend within a child. ``prints`` tells for each child which rows those are, in what order,
    and their confidence.
    """

    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    confidence: NDArray[np.float32]
    prints: NDArray[np.uint64]


def positives_of_levels(
    Y: csr_array,
    tree: LabelTree,
    row_prints: NDArray[np.uint64] | None = None,
    *,
    n_jobs: int | None = None,
) -> list[Positives]:
    """Return the positives of every level, the root's first.

    A row carries a cluster if it carries a label of it; the highest confidence counts.

    Parameters
    ----------
    Y : csr_array of float32, shape (n_rows, n_labels), checked
    row_prints : ndarray of uint64, shape (n_rows,), optional
        The fingerprint of each row; without it those of the children tell only how many rows.
    """
    if row_prints is None:
        row_prints = np.zeros(Y.shape[0], np.uint64)
    indptr, confidence = read_only(Y.indptr.astype(np.int64)), read_only(Y.data)
    # The child of every pair, from that of the level below: the tables get smaller upwards.
    children = [tree.position_of_label.astype(np.int32)[Y.indices]]
    for level in range(tree.n_levels - 1, 0, -1):
        children.append(tree.parents(level).astype(np.int32)[children[-1]])

    def of_level(level: int) -> Positives:
        of_pair, n_children = read_only(children[-1 - level]), int(tree.child_ptr[level][-1])
        return Positives(*_by_child(indptr, of_pair, confidence, row_prints, n_children))

    return map_blocks(of_level, range(tree.n_levels), n_jobs=n_jobs)


@kernel
def _by_child(
    indptr: NDArray[np.int64],
    children: NDArray[np.int32],
    confidence: NDArray[np.float32],
    row_prints: NDArray[np.uint64],
    n_children: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.uint64]]:
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
    bits, prints = values.view(np.uint32), np.zeros(n_children, np.uint64)
    for row in range(n_rows):
        for p in range(indptr[row], indptr[row + 1]):
            child = np.uint32(children[p])
            is_repeated = last_row[child] == row
            slot = next_free[child] - is_repeated
            nth = np.uint64(slot - starts[child])
            if is_repeated:
                if confidence[p] <= values[slot]:
                    continue
                prints[child] -= _tell(row_prints[row], nth, bits[slot])
            last_row[child] = row
            rows[slot], values[slot] = row, confidence[p]
            next_free[child] = slot + 1
            prints[child] += _tell(row_prints[row], nth, bits[slot])
    return starts, rows, values, prints


@inlined
def _tell(row_print: np.uint64, nth: np.uint64, confidence: np.uint32) -> np.uint64:
    """Return a number that tells a positive; that of a child is the sum of those of its own."""
    return mix(row_print + ((nth << _HALF) | np.uint64(confidence)))

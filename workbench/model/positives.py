"""Which rows carry each child of each level of a label tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.blocks import map_blocks
from workbench.kernels import kernel, read_only
from workbench.model.label_tree import LabelTree
from workbench.model.seeds import mix
from workbench.sparse import rows_of

_HALF = np.uint64(32)
# What is counted for so many children stays in the innermost cache.
_NEAR = np.uint32(1024)


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
        The fingerprint of each row, no two the same; without it ``prints`` is empty.
    """
    confidence = read_only(Y.data)
    # The child of every pair, from that of the level below: the tables get smaller upwards.
    children = [tree.position_of_label.astype(np.int32)[Y.indices]]
    for level in range(tree.n_levels - 1, 0, -1):
        children.append(tree.parents(level).astype(np.int32)[children[-1]])
    pairs_row = rows_of(Y).astype(np.int32)

    def of_level(level: int) -> Positives:
        n_children = int(tree.child_ptr[level][-1])
        pairs = (pairs_row, children[-1 - level], confidence)
        if n_children > _NEAR:
            of_row, of_child, value = _group(*pairs, n_children)
            pairs = (of_row, of_child, read_only(value))
        starts, rows, values = _by_child(*pairs, n_children)
        prints = np.empty(0, np.uint64)
        if row_prints is not None:
            prints = _tell_children(starts, rows, values.view(np.uint32), row_prints)
        return Positives(starts, rows, values, prints)

    return map_blocks(of_level, range(tree.n_levels), n_jobs=n_jobs)


@kernel
def _group(
    rows: NDArray[np.int32],
    children: NDArray[np.int32],
    confidence: NDArray[np.float32],
    n_children: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return pairs whose children are near each other together, in their old order."""
    ends = np.zeros(n_children // _NEAR + 2, np.int64)
    for child in children:
        ends[np.uint32(child) // _NEAR + 1] += 1
    for before in range(len(ends) - 1):
        ends[before + 1] += ends[before]
    n_pairs = len(children)
    of_row, of_child = np.empty(n_pairs, np.int32), np.empty(n_pairs, np.int32)
    value = np.empty(n_pairs, np.float32)
    for p in range(n_pairs):
        group = np.uint32(children[p]) // _NEAR
        of_row[ends[group]], of_child[ends[group]] = rows[p], children[p]
        value[ends[group]] = confidence[p]
        ends[group] += 1
    return of_row, of_child, value


@kernel
def _by_child(
    of_row: NDArray[np.int32],
    children: NDArray[np.int32],
    confidence: NDArray[np.float32],
    n_children: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return the arrays of `Positives` but the prints; rows of pairs ascend within a child."""
    starts = np.zeros(n_children + 1, np.int64)
    last_row = np.full(n_children, -1, np.int32)
    for p in range(len(children)):
        child = np.uint32(children[p])
        starts[child + 1] += last_row[child] != of_row[p]
        last_row[child] = of_row[p]
    for before in range(n_children):
        starts[before + 1] += starts[before]
    last_row[:] = -1
    rows, values = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    next_free = starts[:-1].copy()
    for p in range(len(children)):
        child = np.uint32(children[p])
        slot = next_free[child]
        if last_row[child] == of_row[p]:
            values[slot - 1] = max(values[slot - 1], confidence[p])
            continue
        last_row[child] = of_row[p]
        rows[slot], values[slot] = of_row[p], confidence[p]
        next_free[child] = slot + 1
    return starts, rows, values


@kernel
def _tell_children(
    starts: NDArray[np.int64],
    rows: NDArray[np.int32],
    confidence_bits: NDArray[np.uint32],
    row_prints: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """Return ``prints`` of `Positives`: sums, whose parts need not wait for each other."""
    prints = np.empty(len(starts) - 1, np.uint64)
    for child in range(len(prints)):
        begin, total = np.uint64(starts[child]), np.uint64(0)
        for p in range(begin, np.uint64(starts[child + 1])):
            nth = p - begin
            told = (nth << _HALF) | np.uint64(confidence_bits[p])
            total += mix(row_prints[np.uint32(rows[p])] + told)
        prints[child] = total
    return prints

"""The trained classifiers of one level of a tree, packed for search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel, read_only
from workbench.model.label_tree import as_pointers
from workbench.model.lane_type import N_LANES
from workbench.model.packed import NO_DUALS, Packed

# What `COUNT_BITS` can count, and one job of training: smaller blocks keep more cores busy, larger
# ones look up a feature less often.
CHILDREN_PER_BLOCK = 128
FEATURES_PER_MARK = 16


class Level(NamedTuple):
    """The pruned classifiers of one level, block by block.

    Node n decides among the children ``child_ptr[n]:child_ptr[n + 1]``, which its blocks
    ``block_ptr[n]:block_ptr[n + 1]`` share: block b has ``block_start[b]:block_start[b + 1]``. It
    has weights for the features ``features[feature_ptr[b]:feature_ptr[b + 1]]`` (sorted); the e-th
    of all features has ``counts[e] + 1`` of ``children`` (sorted, counted from the first child of
    the block) and ``weights``. Those of block b start at ``weight_ptr[b]``, those of every 16th
    feature of it ``marks`` later. ``prints`` is the fingerprint of what each block learned from.
    """

    child_ptr: NDArray[np.int64]
    block_ptr: NDArray[np.int64]
    block_start: NDArray[np.int64]
    feature_ptr: NDArray[np.int64]
    weight_ptr: NDArray[np.int64]
    features: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    marks: NDArray[np.uint32]
    children: NDArray[np.uint8]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    prints: NDArray[np.uint64]


def cut_into_blocks(child_ptr: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ``block_ptr`` and ``block_start`` for the nodes of a level.

    A node's blocks have nearly the same size, in multiples of 16.
    """
    starts: list[int] = []
    block_ptr = [0]
    for begin, end in zip(child_ptr[:-1].tolist(), child_ptr[1:].tolist(), strict=True):
        n_blocks = -(-(end - begin) // CHILDREN_PER_BLOCK)
        size = -(-(end - begin) // (N_LANES * n_blocks)) * N_LANES
        starts += range(begin, end, size)
        block_ptr.append(len(starts))
    starts.append(int(child_ptr[-1]))
    return np.array(block_ptr, np.int64), np.array(starts, np.int64)


def pack_level(
    child_ptr: NDArray[np.int64], trained: list[Packed], prints: NDArray[np.uint64]
) -> Level:
    """Return the level whose blocks, in their order, are ``trained``; the list is emptied.

    Field by field, and each of the blocks is given up once it is copied: together they take as
    much memory as the level.
    """
    block_ptr, block_start = cut_into_blocks(child_ptr)
    feature_ptr = as_pointers([len(block.features) for block in trained])
    weight_ptr = as_pointers([len(block.weights) for block in trained])
    bias = np.concatenate([block.bias for block in trained])
    parts = [list(part) for part in zip(*(block[:4] for block in trained), strict=True)]
    trained.clear()
    features, counts, children, weights = (np.concatenate(parts.pop(0)) for _ in range(4))
    return frozen(
        Level(
            child_ptr=child_ptr,
            block_ptr=block_ptr,
            block_start=block_start,
            feature_ptr=feature_ptr,
            weight_ptr=weight_ptr,
            features=features,
            counts=counts,
            marks=_marks(counts, feature_ptr),
            children=children,
            weights=weights,
            bias=bias,
            prints=prints,
        )
    )


def unpack_block(level: Level, block: int) -> Packed:
    """Return one block of a level, as it was trained, without dual variables."""
    features = slice(*level.feature_ptr[block : block + 2])
    weights = slice(*level.weight_ptr[block : block + 2])
    return Packed(
        level.features[features],
        level.counts[features],
        level.children[weights],
        level.weights[weights],
        level.bias[slice(*level.block_start[block : block + 2])],
        NO_DUALS,
        NO_DUALS,
    )


def frozen(level: Level) -> Level:
    """Return the level with read-only arrays: numba compiles once more for writable ones."""
    return Level(*(read_only(array) for array in level))


def _marks(counts: NDArray[np.uint8], feature_ptr: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return where the weights of every 16th feature of a block begin, counted from its first.

    Those of block b lie from ``feature_ptr[b] // 16 + b`` on, which never overlaps the next's.
    """
    n_blocks = len(feature_ptr) - 1
    marks = np.zeros(len(counts) // FEATURES_PER_MARK + n_blocks + 1, np.uint32)
    _mark(counts, feature_ptr, marks)
    return marks


@kernel
def _mark(
    counts: NDArray[np.uint8], feature_ptr: NDArray[np.int64], marks: NDArray[np.uint32]
) -> None:
    for block in range(len(feature_ptr) - 1):
        first, start = feature_ptr[block], np.int64(0)
        for e in range(first, feature_ptr[block + 1]):
            nth = e - first
            if nth % FEATURES_PER_MARK == 0:
                marks[first // FEATURES_PER_MARK + block + nth // FEATURES_PER_MARK] = start
            start += np.int64(counts[e]) + 1

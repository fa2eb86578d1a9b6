"""The compiled kernels that read the weights of a block: where a row hits it, what that adds up to.

A block is read in one of three ways, with the same sums to the last bit: by binary search, for
single rows; opened, so that a feature is looked up in one step; or spread to whole lanes, for many
rows and few features.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import (
    add,
    fetch_ahead,
    load,
    multiply,
    splat,
    store,
)
from workbench.model.levels import FEATURES_PER_MARK, Level
from workbench.model.rows import Rows

# A block has at most `CHILDREN_PER_BLOCK` children, 128.
COUNT_BITS, COUNT = np.uint64(8), np.uint64(255)
MOST_PLACES = 1 << 24
_ZERO = np.float32(0)
_0, _1, _2, _3, _4 = (np.uint64(n) for n in range(5))


@kernel
def _find_feature(level: Level, block: int, feature: np.uint32) -> int:
    """Return which entry of the block the feature has, counted from its first; -1 if none."""
    begin, end = level.feature_ptr[block], level.feature_ptr[block + 1]
    low, high = begin, end
    while low < high:
        middle = (low + high) >> 1
        if level.features[middle] < feature:
            low = middle + 1
        else:
            high = middle
    if low < end and level.features[low] == feature:
        return low - begin
    return -1


@kernel
def _weight_start(level: Level, block: int, entry: int) -> np.int64:
    """Return where the weights of an entry begin, counted from the first of the block."""
    first = level.feature_ptr[block]
    marked = entry // FEATURES_PER_MARK
    start = np.int64(level.marks[first // FEATURES_PER_MARK + block + marked])
    for e in range(first + marked * FEATURES_PER_MARK, first + entry):
        start += np.int64(level.counts[e]) + 1
    return start


@kernel
def open_block(level: Level, block: int, places: NDArray[np.uint32]) -> None:
    """Note for each feature of the block where its weights begin and, in the low bits, how many.

    In one small number, because every look-up waits for memory. A feature without weights has 0.
    """
    start = _0
    for e in range(np.uint64(level.feature_ptr[block]), np.uint64(level.feature_ptr[block + 1])):
        count = np.uint64(level.counts[e]) + _1
        places[level.features[e]] = (start << COUNT_BITS) | count
        start += count


@kernel
def spread_block(
    level: Level, block: int, n_groups: int, places: NDArray[np.uint32], dense: NDArray[np.float32]
) -> None:
    """Write the weights of the block as rows of whole lanes, one a feature, and note which."""
    first, last = level.feature_ptr[block], level.feature_ptr[block + 1]
    width = n_groups * N_LANES
    dense[: (last - first) * n_groups] = _ZERO
    flat = dense.reshape(-1)
    q = level.weight_ptr[block]
    for e in range(first, last):
        n = e - first
        places[level.features[e]] = (np.uint64(n * n_groups) << COUNT_BITS) | np.uint64(1)
        for _ in range(np.int64(level.counts[e]) + 1):
            flat[n * width + np.int64(level.children[q])] = level.weights[q]
            q += 1


@kernel
def close_block(level: Level, block: int, places: NDArray[np.uint32]) -> None:
    """Forget what `open_block` or `spread_block` noted."""
    for e in range(np.uint64(level.feature_ptr[block]), np.uint64(level.feature_ptr[block + 1])):
        places[level.features[e]] = 0


class Hits(NamedTuple):
    """The features of a row that a block has weights for: their values, and where those are.

    Shape (longest row + 1,) each. A place is that of `open_block`, counted from the first weight
    of the block.
    """

    places: NDArray[np.uint64]
    values: NDArray[np.float32]


@kernel
def _find_hits(x: Rows, row: int, level: Level, block: int, hits: Hits) -> np.uint64:
    """Write the hits of a row by binary search and return how many there are."""
    n_hits = _0
    for p in range(x.indptr[row], x.indptr[row + 1]):
        entry = _find_feature(level, block, np.uint32(x.indices[p]))
        if entry >= 0:
            count = np.uint64(level.counts[level.feature_ptr[block] + entry]) + np.uint64(1)
            start = np.uint64(_weight_start(level, block, entry))
            hits.places[n_hits] = (start << COUNT_BITS) | count
            hits.values[n_hits] = x.data[p]
            n_hits += _1
    return n_hits


@inlined
def _look_up_hits(x: Rows, row: int, places: NDArray[np.uint32], hits: Hits) -> np.uint64:
    """Write the hits of a row in an open block and return how many there are."""
    n_hits = _0
    for p in range(np.uint64(x.indptr[row]), np.uint64(x.indptr[row + 1])):
        # Written in any case, and overwritten after a miss: a branch would be guessed wrongly.
        place = np.uint64(places[np.uint32(x.indices[p])])
        hits.places[n_hits] = place
        hits.values[n_hits] = x.data[p]
        n_hits += np.uint64(place > _0)
    return n_hits


@inlined
def hits_of(
    x: Rows,
    row: int,
    level: Level,
    block: int,
    is_open: bool,
    places: NDArray[np.uint32],
    hits: Hits,
) -> np.uint64:
    """Write the hits of a row and return how many there are."""
    if is_open:
        return _look_up_hits(x, row, places, hits)
    return _find_hits(x, row, level, block, hits)


@inlined
def fetch_weights(level: Level, block: int, n_hits: np.uint64, hits: Hits) -> None:
    """Ask for the memory that `add_weights` is going to read."""
    first = np.uint64(level.weight_ptr[block])
    for h in range(n_hits):
        fetch_ahead(level.children, first + (hits.places[h] >> COUNT_BITS))
        fetch_ahead(level.weights, first + (hits.places[h] >> COUNT_BITS))


@inlined
def set_biases(level: Level, block: int, n_groups: int, margins: NDArray[np.float32]) -> None:
    """Write the biases of the block's children, and minus infinity up to a full 16."""
    first, last = level.block_start[block], level.block_start[block + 1]
    for c in range(last - first):
        margins[c] = level.bias[first + c]
    for c in range(last - first, n_groups * N_LANES):
        margins[c] = -np.inf


@inlined
def add_weights(
    level: Level, block: int, n_hits: np.uint64, hits: Hits, margins: NDArray[np.float32]
) -> None:
    """Add what the hits contribute to the margins of the children."""
    first = np.uint64(level.weight_ptr[block])
    for h in range(n_hits):
        value = hits.values[h]
        q = first + (hits.places[h] >> COUNT_BITS)
        end = q + (hits.places[h] & COUNT)
        while q < end:
            margins[level.children[q]] += value * level.weights[q]
            q += _1


@inlined
def add_lanes(
    n_groups: int,
    dense: NDArray[np.float32],
    n_hits: np.uint64,
    hits: Hits,
    margins: NDArray[np.float32],
) -> None:
    """Do what `add_weights` does, to the last bit, from the weights that `spread_block` wrote."""
    n = np.uint64(n_groups)
    group, last = _0, n - _1
    while group < n:
        # Four groups at once: an addition takes several cycles, and waits for the one before.
        b, c, d = min(group + _1, last), min(group + _2, last), min(group + _3, last)
        of_a, of_b, of_c, of_d = (
            load(margins, group),
            load(margins, b),
            load(margins, c),
            load(margins, d),
        )
        for h in range(n_hits):
            value = splat(hits.values[h])
            start = hits.places[h] >> COUNT_BITS
            of_a = add(of_a, multiply(value, load(dense, start + group)))
            of_b = add(of_b, multiply(value, load(dense, start + b)))
            of_c = add(of_c, multiply(value, load(dense, start + c)))
            of_d = add(of_d, multiply(value, load(dense, start + d)))
        store(margins, group, of_a)
        store(margins, b, of_b)
        store(margins, c, of_c)
        store(margins, d, of_d)
        group += _4

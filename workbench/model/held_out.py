"""What a level would say of the rows it learned from, had it not seen them, and how to use it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, read_only
from workbench.model.label_tree import as_pointers
from workbench.model.lanes import N_LANES, above, add, load, lowest_bit, splat, store
from workbench.model.link import exponentials, log_scores

# A block has at most 128 children: the upper bit of their number is free.
GIVEN_BIT = 7
_CHILD = np.uint8(127)
# Four bins an octave, the last 1/8 below 1: the first bits of a float32 number them.
N_BINS, _BIN_BITS = 32, 21
LEAST_COUNTED = np.float32(2.0**-8)
_FIRST_BIN = (119 << 23) >> _BIN_BITS
_ZERO = np.float32(0)


class HeldOut(NamedTuple):
    """Margins of (row, child) pairs of a level without what the row itself taught.

    The rows of node n are ``rows[row_ptr[n]:row_ptr[n + 1]]``, ascending. Block b has one pointer
    more than its node has rows, from ``first_ptr[b]`` on: its i-th row has the ``children`` (from
    the first of the block; plus `GIVEN` if the row carries the child) and ``margins`` between the
    i-th and the next. A pair that is not here has the margin that it has in training.
    """

    row_ptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    first_ptr: NDArray[np.int64]
    ptr: NDArray[np.int64]
    children: NDArray[np.uint8]
    margins: NDArray[np.float32]


class Totals(NamedTuple):
    """What a search with held-out margins adds up besides the best labels of each row.

    ``sums`` and ``histogram``, one row a child: of the scores of all pairs that the search reached
    and that are not given; see `OutOfSample`. ``block_sums`` is room for a block, zero before and
    after.
    """

    sums: NDArray[np.float64]
    histogram: NDArray[np.int32]
    block_sums: NDArray[np.float32]


def make_totals(n_children: int, widest_block: int) -> Totals:
    """Return totals of nothing."""
    n_groups = -(-widest_block // N_LANES)
    return Totals(
        np.zeros(n_children),
        np.zeros((n_children, N_BINS), np.int32),
        np.zeros((n_groups, N_LANES), np.float32),
    )


def no_totals() -> Totals:
    """Return what a search without held-out margins takes."""
    return make_totals(0, 0)


def no_held_out() -> HeldOut:
    """Return margins of no row."""
    nothing = np.empty(0, np.int64)
    return HeldOut(
        read_only(nothing),
        read_only(np.empty(0, np.int32)),
        read_only(nothing),
        read_only(nothing),
        read_only(np.empty(0, np.uint8)),
        read_only(np.empty(0, np.float32)),
    )


@inlined
def first_row(held: HeldOut, node: int, row: int) -> np.int64:
    """Return where the first row from ``row`` on of a node stands among its rows."""
    low, high = held.row_ptr[node], held.row_ptr[node + 1]
    while low < high:
        middle = (low + high) >> 1
        if held.rows[middle] < row:
            low = middle + 1
        else:
            high = middle
    return np.int64(low - held.row_ptr[node])


@inlined
def reach_row(held: HeldOut, node: int, nth: np.int64, row: int) -> np.int64:
    """Return where the first row from ``row`` on stands, no earlier than ``nth``."""
    begin, end = held.row_ptr[node], held.row_ptr[node + 1]
    while begin + nth < end and held.rows[begin + nth] < row:
        nth += 1
    return nth


@inlined
def is_row(held: HeldOut, node: int, nth: np.int64, row: int) -> bool:
    """Return whether the ``nth`` row of a node is this one."""
    place = held.row_ptr[node] + nth
    return bool(place < held.row_ptr[node + 1] and held.rows[place] == row)


@inlined
def child_of(held: HeldOut, entry: int) -> np.int64:
    """Return the child of an entry, counted from the first of its block."""
    return np.int64(held.children[entry] & _CHILD)


@inlined
def is_given(held: HeldOut, entry: int) -> bool:
    """Return whether the row carries the child."""
    return bool(held.children[entry] >> GIVEN_BIT != 0)


@inlined
def note_entry(
    held: HeldOut, entry: int, child: int, log_score: np.float32, totals: Totals
) -> bool:
    """Add the score of an entry to the totals; return whether it is of a label that is given."""
    if len(totals.sums) == 0:
        return False
    if is_given(held, entry):
        return True
    score = np.exp(log_score)
    totals.sums[child] += score
    if score > LEAST_COUNTED:
        totals.histogram[child, _bin_of(score)] += 1
    return False


@inlined
def _bin_of(score: np.float32) -> np.int64:
    place = (np.int64(np.float32(score).view(np.int32)) >> _BIN_BITS) - _FIRST_BIN
    return np.int64(min(place, np.int64(N_BINS - 1)))


@inlined
def add_totals(
    totals: Totals,
    first: int,
    n_groups: int,
    parent: np.float32,
    margins: NDArray[np.float32],
    room: NDArray[np.float32],
) -> None:
    """Add the scores of the children of a block, numbered from ``first``, to the totals."""
    for group in range(n_groups):
        scores = exponentials(add(log_scores(load(margins, group)), splat(parent)))
        store(totals.block_sums, group, add(load(totals.block_sums, group), scores))
        counted = above(scores, splat(LEAST_COUNTED))
        if counted:
            store(room, 0, scores)
        while counted:
            lane = lowest_bit(counted)
            counted &= counted - 1
            totals.histogram[first + group * N_LANES + lane, _bin_of(room[lane])] += 1


@inlined
def end_block(totals: Totals, first: int, n_children: int) -> None:
    """Add up what `add_totals` found in a block."""
    flat = totals.block_sums.reshape(-1)
    for child in range(n_children):
        totals.sums[first + child] += flat[child]
    totals.block_sums[:] = _ZERO


def join_blocks(
    row_ptr: NDArray[np.int64],
    rows: NDArray[np.int32],
    blocks: list[tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32]]],
) -> HeldOut:
    """Return the parts of all blocks of a level, in their order, as one."""
    starts = as_pointers([len(children) for _, children, _ in blocks])
    ptr = [ptr + start for (ptr, _, _), start in zip(blocks, starts[:-1], strict=True)]
    return HeldOut(
        read_only(row_ptr),
        read_only(rows),
        read_only(as_pointers([len(part) for part in ptr])),
        read_only(np.concatenate(ptr)),
        read_only(np.concatenate([children for _, children, _ in blocks])),
        read_only(np.concatenate([margins for _, _, margins in blocks])),
    )

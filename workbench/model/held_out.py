"""What a level would say of the rows that it learned from, had it not seen them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, read_only
from workbench.model.label_tree import as_pointers

# A block has at most 128 children: the upper bit of their number is free.
GIVEN_BIT = 7
_CHILD = np.uint8(127)


class HeldOut(NamedTuple):
    """Margins of (row, child) pairs of a level without what the row itself taught.

    The rows of node n are ``rows[row_ptr[n]:row_ptr[n + 1]]``, ascending. Block b has one pointer
    more than its node has rows, from ``first_ptr[b]`` on: its i-th row has the ``children`` (from
    the first of the block; plus 128 if the row carries the child) and ``margins`` between the
    i-th and the next. A pair that is not here has the margin that it has in training.
    """

    row_ptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    first_ptr: NDArray[np.int64]
    ptr: NDArray[np.int64]
    children: NDArray[np.uint8]
    margins: NDArray[np.float32]


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

"""The compiled kernels that note, while a block is trained, what it would say of unseen rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel
from workbench.model.held_out import GIVEN_BIT
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import (
    above,
    absolute,
    add,
    copy_sign,
    load,
    lowest_bit,
    minimum,
    multiply,
    multiply_add,
    splat,
    store,
    subtract,
)
from workbench.model.pulls import HIGH_RIDGE
from workbench.model.solver import BlockRows, margins_of_row

# Below it the score is less than .01, and that of the row in training lower still.
_LOWEST_MARGIN = np.float32(-0.74)
# Beyond the higher ridge pulls hardly change.
_FURTHEST = 1.5
_HUGE = np.float32(1e30)
_ZERO, _ONE = np.float32(0), np.float32(1)


class Entries(NamedTuple):
    """Room for held-out margins of one block: of which row and child."""

    rows: NDArray[np.uint32]
    children: NDArray[np.uint8]
    margins: NDArray[np.float32]


@kernel
def no_entries(size: int) -> Entries:
    """Return room for so many entries."""
    return Entries(np.empty(size, np.uint32), np.empty(size, np.uint8), np.empty(size, np.float32))


@kernel
def _make_room(entries: Entries, n_entries: int, n_more: int) -> Entries:
    """Return the entries with room for more."""
    larger: Entries = no_entries(2 * n_entries + n_more)
    for e in range(n_entries):
        larger.rows[e], larger.children[e] = entries.rows[e], entries.children[e]
        larger.margins[e] = entries.margins[e]
    return larger


@inlined
def _interpolation(dual: NDArray[np.float32], n_rows: int):  # type: ignore[no-untyped-def]
    """Return for each lane where from the one ridge of `probe_pulls` (0) to the other (1) it lies.

    Its ridge is that over the share of rows whose dual variable is not 0; the scale is logarithmic.
    """
    one, huge, counts = splat(_ONE), splat(_HUGE), splat(_ZERO)
    for i in range(n_rows):
        counts = add(counts, minimum(multiply(absolute(load(dual, i)), huge), one))
    room = np.empty(N_LANES, np.float32)
    store(room, 0, counts)
    for lane in range(N_LANES):
        factor = n_rows / max(room[lane], _ONE)
        room[lane] = min(np.log(factor) / np.log(HIGH_RIDGE), _FURTHEST)
    return load(room, 0)


@kernel
def add_held_out(
    x: BlockRows,
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    pulls: NDArray[np.float32],
    lanes: NDArray[np.int64],
    first: int,
    entries: Entries,
    n_entries: int,
) -> tuple[Entries, int]:
    """Add the entries of up to 16 children that were just trained, numbered from ``first``.

    A margin f becomes f - alpha y s, with alpha the row's dual variable and s its pull for the
    share of rows that are within the hinge of the child. Pairs that are not given and whose score
    stays next to nothing are left out.
    """
    bias = load(weights, len(weights) - 1)
    towards_high = _interpolation(dual, len(x.norm))
    zero, one, lowest = splat(_ZERO), splat(_ONE), splat(_LOWEST_MARGIN)
    of_lanes = (1 << len(lanes)) - 1
    room = np.empty(N_LANES, np.float32)
    for i in range(np.uint64(len(x.norm))):
        signed = load(dual, i)
        given = above(copy_sign(one, signed), zero)
        active = above(absolute(signed), zero)
        if (given | active) & of_lanes == 0:
            continue
        pull = multiply_add(pulls[i, 1] - pulls[i, 0], towards_high, splat(pulls[i, 0]))
        margin = margins_of_row(x, i, weights, bias)
        held = subtract(margin, multiply(pull, signed))
        kept = (given | (active & above(held, lowest))) & of_lanes
        if kept == 0:
            continue
        store(room, 0, held)
        if n_entries + N_LANES > len(entries.rows):
            entries = _make_room(entries, n_entries, 64 * N_LANES)
        while kept:
            lane = lowest_bit(kept)
            kept &= kept - 1
            entries.rows[n_entries] = i
            child = lanes[lane] - first
            entries.children[n_entries] = child | (((given >> lane) & 1) << GIVEN_BIT)
            entries.margins[n_entries] = room[lane]
            n_entries += 1
    return entries, n_entries


@kernel
def order_entries(
    rows: NDArray[np.int32], position: NDArray[np.int32], entries: Entries, n_entries: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32]]:
    """Return the parts of a block of `HeldOut`, in the order of ``rows``.

    ``position`` has the number that each row had in training.
    """
    n_rows = len(rows)
    counts = np.zeros(n_rows, np.int64)
    for e in range(n_entries):
        counts[entries.rows[e]] += 1
    ptr, start = np.zeros(n_rows + 1, np.int64), np.empty(n_rows, np.int64)
    for n in range(n_rows):
        i = position[rows[n]]
        start[i] = ptr[n]
        ptr[n + 1] = ptr[n] + counts[i]
    children, margins = np.empty(n_entries, np.uint8), np.empty(n_entries, np.float32)
    for e in range(n_entries):
        target = start[entries.rows[e]]
        children[target], margins[target] = entries.children[e], entries.margins[e]
        start[entries.rows[e]] = target + 1
    return ptr, children, margins

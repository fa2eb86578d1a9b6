"""Start a block from the dual variables that it had before, and solve it from there.

Weights are sums over rows, of which the dual variables are the shares: any that are not negative
are a start, and the solver's own rule says when it is done. A dual variable is kept as the upper
half of its float32: what rounding takes away costs the solver no pass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel, read_only
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import (
    above,
    absolute,
    add,
    copy_sign,
    fetch_row_ahead,
    fill_as,
    load_row,
    lowest_bit,
    maximum,
    minimum,
    multiply,
    multiply_add,
    splat,
    store_row,
)
from workbench.model.packed import Packed
from workbench.model.positives import Positives
from workbench.model.solver import BlockRows, Costs, count_up, draw_order, full_step, visit_rows

_ZERO, _ONE = np.float32(0), np.float32(1)
_HALF, _ROUNDING = np.uint32(16), np.uint32(1 << 15)
_1 = np.uint64(1)
_ROWS_AHEAD = 8
# Rows that miss the tolerance by less than this share of it are left to the passes over all.
_NEAR = np.float32(0.2)
_PASSES_OF_FEW = 3
# Sums of so many are exact enough in float32.
_ROWS_A_SUM = 1024
# In a lane without a child: far beyond the margin of every row, so that none moves.
_BEYOND = np.float32(-2)


class Start(NamedTuple):
    """A block of up to 128 children as it was trained before, to go on from.

    ``rows`` are its rows then, by their place today, negative if they are gone. For every 16
    children that some row carried ``block.dual_lanes`` has lanes of each row, which say by their
    bits where it has a dual variable; ``block.duals`` are these, signed by the class of the row.
    ``is_settled`` tells which children have the same problem today as then. No rows, if the block
    has no start.
    """

    rows: NDArray[np.int32]
    block: Packed
    is_settled: NDArray[np.bool_]


def no_start() -> Start:
    """Return the start of a block that begins at zero."""
    kinds = (np.uint32, np.uint8, np.uint8, np.float32, np.float32, np.uint16, np.uint16)
    block = Packed(*(read_only(np.empty(0, kind)) for kind in kinds))
    return Start(read_only(np.empty(0, np.int32)), block, np.empty(0, np.bool_))


@inlined
def rounded(bits: np.uint32) -> np.uint16:
    """Return a dual variable, by its bits, as it is kept."""
    return np.uint16((bits + _ROUNDING) >> _HALF)


@inlined
def unrounded(kept: np.uint16) -> np.uint32:
    """Return the bits of a dual variable that was kept."""
    return np.uint32(kept) << _HALF


@kernel
def fits_start(start: Start, positives: Positives, first: int, last: int) -> bool:
    """Return whether there is a start, and the same children have rows as then."""
    if len(start.rows) == 0:
        return False
    for child in range(first, last):
        is_carried = positives.indptr[child + 1] > positives.indptr[child]
        if is_carried == (start.block.bias[child - first] == -np.inf):
            return False
    return True


@kernel
def take_duals(
    start: Start,
    group: int,
    n_read: int,
    chosen: NDArray[np.int32],
    position: NDArray[np.int32],
    dual: NDArray[np.float32],
) -> int:
    """Write the dual variables of the rows that are still here; return how many are read so far.

    A row that changed its class begins at zero there, as a new one does.
    """
    bits = dual.view(np.uint32)
    n_start, n_rows = len(start.rows), np.uint64(len(chosen))
    for r in range(n_start):
        row, lanes = start.rows[r], np.int64(start.block.dual_lanes[group * n_start + r])
        following = max(start.rows[min(r + _ROWS_AHEAD, n_start - 1)], 0)
        fetch_row_ahead(dual, position[following])
        i = np.uint64(position[row]) if row >= 0 else n_rows
        is_here = i < n_rows and chosen[i] == row
        while lanes:
            lane = lowest_bit(lanes)
            lanes &= lanes - 1
            value = unrounded(start.block.duals[n_read])
            n_read += 1
            if is_here and (value ^ bits[i, lane]) >> np.uint32(31) == 0:
                bits[i, lane] = value
    return n_read


@kernel
def weigh_up(
    x: BlockRows,
    dual: NDArray[np.float32],
    weights: NDArray[np.float32],
    lanes: NDArray[np.int64],
    first: int,
    bias: NDArray[np.float32],
) -> None:
    """Write the weights that follow from the dual variables, once their sum is the old bias again.

    It is, once the class that has too much is scaled down: rows that left would shift the margins
    of all others by what they held, which takes more passes to mend than a start spares.
    """
    scale, bias_row = np.ones((2, N_LANES), np.float32), len(weights) - 1
    sums = _sums_by_class(dual, len(x.norm))
    for lane in range(len(lanes)):
        wanted = bias[lanes[lane] - first]
        scale[0, lane], scale[1, lane] = balance(sums[0, lane], -sums[1, lane], wanted)
    add_up(x, dual, weights, load_row(scale, 0), load_row(scale, 1))
    for lane in range(len(lanes), N_LANES):
        weights[bias_row, lane] = _BEYOND


@kernel
def balance(
    of_positives: float, of_negatives: float, wanted: np.float32
) -> tuple[np.float32, np.float32]:
    """Return what scales each class so that the sums of its dual variables differ as wanted."""
    if of_positives > of_negatives + wanted >= 0:
        return np.float32((of_negatives + wanted) / of_positives), _ONE
    if of_negatives > of_positives - wanted >= 0:
        return _ONE, np.float32((of_positives - wanted) / of_negatives)
    return _ONE, _ONE


@inlined
def add_up(x: BlockRows, dual: NDArray[np.float32], weights: NDArray[np.float32], up, down) -> None:  # type: ignore[no-untyped-def]
    """Scale the dual variables, ``up`` those of positives; add the weights that follow from them.

    Of sixteen lanes, or of one: then the arrays have one axis.
    """
    zero = fill_as(up, _ZERO)
    total, bias_row = zero, len(weights) - 1
    for i in range(np.uint64(len(x.norm))):
        signed = load_row(dual, i)
        if above(absolute(signed), zero) == 0:
            continue
        scaled = add(multiply(maximum(signed, zero), up), multiply(minimum(signed, zero), down))
        store_row(dual, i, copy_sign(scaled, signed))
        total = add(total, scaled)
        for p in range(x.indptr[i], x.indptr[i + _1]):
            weight = load_row(weights, x.indices[p])
            store_row(weights, x.indices[p], multiply_add(x.data[p], scaled, weight))
    store_row(weights, bias_row, total)


@kernel
def _sums_by_class(dual: NDArray[np.float32], n_rows: int) -> NDArray[np.float64]:
    """Return for each lane the sum of the positive dual variables, and of the negative ones."""
    sums, part = np.zeros((2, N_LANES)), np.empty((2, N_LANES), np.float32)
    zero = splat(_ZERO)
    for begin in range(0, n_rows, _ROWS_A_SUM):
        up, down = zero, zero
        for i in range(begin, min(begin + _ROWS_A_SUM, n_rows)):
            signed = load_row(dual, i)
            up, down = add(up, maximum(signed, zero)), add(down, minimum(signed, zero))
        store_row(part, 0, up)
        store_row(part, 1, down)
        sums += part
    return sums


@kernel
def solve_further(
    x: BlockRows,
    costs: Costs,
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    max_passes: int,
    tolerance: float,
    seed: np.uint64,
) -> int:
    """Solve as `solve_lanes` from a start that is nearly there; return the passes that it took.

    A pass over all rows, which ends it by the same rule, alternates with up to three over those
    that moved far in it.
    """
    n_rows = len(x.norm)
    every, order = count_up(n_rows), np.empty(n_rows, np.int32)
    moves, step_size = np.empty(n_rows, np.float32), np.empty(n_rows, np.float32)
    for i in range(n_rows):
        step_size[i] = full_step(x, costs, i)
    state, n_passes = seed, 0
    while n_passes < max_passes:
        state = draw_order(every, order, state)
        n_passes += 1
        if visit_rows(x, costs, order, weights, dual, moves, step_size) <= tolerance:
            break
        few = every[moves > _NEAR * np.float32(tolerance) * step_size]
        for _ in range(min(_PASSES_OF_FEW, max_passes - n_passes)):
            state = draw_order(few, order, state)
            n_passes += 1
            spread = visit_rows(x, costs, order[: len(few)], weights, dual, moves, step_size)
            if spread <= tolerance / 2:
                break
    return n_passes


@kernel
def keep_duals(
    dual: NDArray[np.float32],
    rows: NDArray[np.int32],
    position: NDArray[np.int32],
    of_lanes: int,
    lanes: NDArray[np.uint16],
    duals: NDArray[np.uint16],
    n_kept: int,
) -> int:
    """Write the lanes and dual variables of 16 children; return how many are kept so far."""
    bits, zero = dual.view(np.uint32), splat(_ZERO)
    for r in range(len(rows)):
        i = np.uint64(position[rows[r]])
        following = position[rows[min(r + _ROWS_AHEAD, len(rows) - 1)]]
        fetch_row_ahead(dual, following)
        held = above(absolute(load_row(dual, i)), zero) & of_lanes
        lanes[r] = held
        while held:
            lane = lowest_bit(held)
            held &= held - 1
            duals[n_kept] = rounded(bits[i, lane])
            n_kept += 1
    return n_kept

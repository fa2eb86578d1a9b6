"""Start a block from the dual variables that it had before, and solve it from there.

Weights are sums over rows, of which the dual variables are the shares: any that are not negative
are a start, and the solver's own rule says when it is done. A dual variable is kept as the upper
half of its float32: what rounding takes away costs the solver no pass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel, read_only
from workbench.model.lanes import (
    N_LANES,
    above,
    absolute,
    add,
    copy_sign,
    fetch_ahead,
    load,
    lowest_bit,
    maximum,
    minimum,
    multiply,
    multiply_add,
    splat,
    store,
)
from workbench.model.positives import Positives
from workbench.model.solver import BlockRows, Costs, count_up, draw_order, full_step, visit_rows

_ZERO = np.float32(0)
_HALF, _ROUNDING = np.uint32(16), np.uint32(1 << 15)
_1 = np.uint64(1)
_ROWS_AHEAD = 8
# Rows that miss the tolerance by less than this share of it are left to the passes over all.
_NEAR = np.float32(0.2)
_PASSES_OF_FEW = 3
# Sums of so many are exact enough in float32.
_ROWS_A_SUM = np.uint64(1024)
# In a lane without a child: far beyond the margin of every row, so that none moves.
_BEYOND = np.float32(-2)


class Start(NamedTuple):
    """The dual variables of a block of up to 128 children when it was trained before.

    ``rows`` are its rows then, by their place today, negative if they are gone. For every 16
    children that some row carried there are ``lanes`` of each row, which say by their bits where
    it has a dual variable; ``duals`` are these, signed by the class of the row. ``bias`` is that of
    each child. No rows, if the block has no start.
    """

    rows: NDArray[np.int32]
    lanes: NDArray[np.uint16]
    duals: NDArray[np.uint16]
    bias: NDArray[np.float32]


def no_start() -> Start:
    """Return the start of a block that begins at zero."""
    halves = read_only(np.empty(0, np.uint16))
    nothing = read_only(np.empty(0, np.int32))
    return Start(nothing, halves, halves, read_only(np.empty(0, np.float32)))


@kernel
def fits_start(start: Start, positives: Positives, first: int, last: int) -> bool:
    """Return whether there is a start, and the same children have rows as then."""
    if len(start.rows) == 0:
        return False
    for child in range(first, last):
        is_carried = positives.indptr[child + 1] > positives.indptr[child]
        if is_carried == (start.bias[child - first] == -np.inf):
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
        row, lanes = start.rows[r], np.int64(start.lanes[group * n_start + r])
        following = max(start.rows[min(r + _ROWS_AHEAD, n_start - 1)], 0)
        fetch_ahead(dual, np.int64(position[following]) * N_LANES)
        i = np.uint64(position[row]) if row >= 0 else n_rows
        is_here = i < n_rows and chosen[i] == row
        while lanes:
            lane = lowest_bit(lanes)
            lanes &= lanes - 1
            value = np.uint32(start.duals[n_read]) << _HALF
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
    n_rows = np.uint64(len(x.norm))
    scale = np.ones((2, N_LANES), np.float32)
    sums = _sums_by_class(dual, n_rows)
    for lane in range(len(lanes)):
        of_positives, of_negatives = sums[0, lane], -sums[1, lane]
        wanted = np.float64(bias[lanes[lane] - first])
        if of_positives > of_negatives + wanted >= 0:
            scale[0, lane] = (of_negatives + wanted) / of_positives
        elif of_negatives > of_positives - wanted >= 0:
            scale[1, lane] = (of_positives - wanted) / of_negatives
    zero, bias_row = splat(_ZERO), len(weights) - 1
    up, down, total = load(scale, 0), load(scale, 1), splat(_ZERO)
    for i in range(n_rows):
        signed = load(dual, i)
        if above(absolute(signed), zero) == 0:
            continue
        scaled = add(multiply(maximum(signed, zero), up), multiply(minimum(signed, zero), down))
        store(dual, i, copy_sign(scaled, signed))
        total = add(total, scaled)
        for p in range(x.indptr[i], x.indptr[i + _1]):
            weight = load(weights, x.indices[p])
            store(weights, x.indices[p], multiply_add(x.data[p], scaled, weight))
    store(weights, bias_row, total)
    for lane in range(len(lanes), N_LANES):
        weights[bias_row, lane] = _BEYOND


@kernel
def _sums_by_class(dual: NDArray[np.float32], n_rows: np.uint64) -> NDArray[np.float64]:
    """Return for each lane the sum of the positive dual variables, and of the negative ones."""
    sums, part = np.zeros((2, N_LANES)), np.empty((2, N_LANES), np.float32)
    zero = splat(_ZERO)
    for begin in range(np.uint64(0), n_rows, _ROWS_A_SUM):
        up, down = zero, zero
        for i in range(begin, min(begin + _ROWS_A_SUM, n_rows)):
            signed = load(dual, i)
            up, down = add(up, maximum(signed, zero)), add(down, minimum(signed, zero))
        store(part, 0, up)
        store(part, 1, down)
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
        fetch_ahead(dual, np.int64(following) * N_LANES)
        held = above(absolute(load(dual, i)), zero) & of_lanes
        lanes[r] = held
        while held:
            lane = lowest_bit(held)
            held &= held - 1
            duals[n_kept] = (bits[i, lane] + _ROUNDING) >> _HALF
            n_kept += 1
    return n_kept

"""Solve some children of a block alone, where those beside them have the problem they had before.

A block is trained again when a decision changed which rows carry one of its children. If the rows
of the block are the same, the problems of its other children are too: what was found stays, unless
so many of sixteen have another problem that all are solved further at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import count_bits, lowest_bit
from workbench.model.positives import Positives
from workbench.model.seeds import mix
from workbench.model.solver import BlockRows, Costs
from workbench.model.warm_start import (
    Start,
    add_up,
    balance,
    rounded,
    solve_further,
    unrounded,
)

# So many, one after the other, take less time than sixteen at once.
_MOST_ALONE = 4
_ZERO = np.float32(0)


@kernel
def leaves_few(start: Start, lanes: NDArray[np.int64], first: int) -> bool:
    """Return whether some children of a group are settled, and the others few enough to be alone.

    ``lanes`` holds the child of each lane; ``first`` is the first child of the block.
    """
    n_alone = len(_unsettled(start, lanes, first))
    return n_alone < len(lanes) and n_alone <= _MOST_ALONE


@kernel
def _unsettled(start: Start, lanes: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """Return the lanes whose child has another problem than before."""
    found = np.empty(len(lanes), np.int64)
    n_found = 0
    for lane in range(len(lanes)):
        if not start.is_settled[lanes[lane] - first]:
            found[n_found] = lane
            n_found += 1
    return found[:n_found]


@kernel
def solve_few(
    x: BlockRows,
    costs: Costs,
    weights: NDArray[np.float32],
    features: NDArray[np.int32],
    local: NDArray[np.int32],
    start: Start,
    group: int,
    n_read: int,
    lanes: NDArray[np.int64],
    first: int,
    positives: Positives,
    position: NDArray[np.int32],
    max_passes: int,
    tolerance: float,
    seed: np.uint64,
    lanes_of_row: NDArray[np.uint16],
    duals: NDArray[np.uint16],
    n_kept: int,
) -> tuple[int, int]:
    """Solve what is not settled of a group of 16 children, lane by lane; the rest stays.

    Parameters are those of `train_block`, `take_duals` and `keep_duals`. Return how many dual
    variables of the start are read so far, and how many are kept.
    """
    alone = _unsettled(start, lanes, first)
    dual = _take_lanes(start, group, n_read, alone, lanes, positives, position)
    _take_settled(start, features, lanes, first, weights, local)
    for k in range(len(alone)):
        before = start.block.bias[lanes[alone[k]] - first]
        _solve_alone(x, costs, weights, dual[k], alone[k], before, max_passes, tolerance, seed)
    return _keep_lanes(start, group, n_read, alone, dual, position, lanes_of_row, duals, n_kept)


@kernel
def _take_settled(
    start: Start,
    features: NDArray[np.int32],
    lanes: NDArray[np.int64],
    first: int,
    weights: NDArray[np.float32],
    local: NDArray[np.int32],
) -> None:
    """Write the weights that the settled lanes had.

    ``local``, shape (n_features,), is all -1 before and after.
    """
    block, bias_row = start.block, len(weights) - 1
    lane_of = np.full(len(start.is_settled), -1, np.int64)
    for lane in range(len(lanes)):
        child = lanes[lane] - first
        if start.is_settled[child]:
            lane_of[child] = lane
            weights[bias_row, lane] = block.bias[child]
    for n in range(len(features)):
        local[features[n]] = n
    p = np.int64(0)
    for e in range(len(block.features)):
        feature = local[block.features[e]]
        end = p + np.int64(block.counts[e]) + 1
        while p < end:
            lane = lane_of[block.children[p]]
            if lane >= 0:
                weights[feature, lane] = block.weights[p]
            p += 1
    for n in range(len(features)):
        local[features[n]] = -1


@kernel
def _take_lanes(
    start: Start,
    group: int,
    n_read: int,
    alone: NDArray[np.int64],
    lanes: NDArray[np.int64],
    positives: Positives,
    position: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Return the dual variables of some lanes as `take_duals` writes them, shape (n_lanes, n_rows).

    The rows of the block are those of its start.
    """
    rows, n_rows = start.rows, len(start.rows)
    found = np.full((len(alone), n_rows), -_ZERO, np.float32)
    bits = found.view(np.uint32)
    for k in range(len(alone)):
        child = lanes[alone[k]]
        for p in range(positives.indptr[child], positives.indptr[child + 1]):
            found[k, position[positives.rows[p]]] = _ZERO
    for r in range(n_rows):
        held = np.int64(start.block.dual_lanes[group * n_rows + r])
        for k in range(len(alone)):
            if held >> alone[k] & 1:
                nth = count_bits(held & ((1 << alone[k]) - 1))
                value, i = unrounded(start.block.duals[n_read + nth]), position[rows[r]]
                if (value ^ bits[k, i]) >> np.uint32(31) == 0:
                    bits[k, i] = value
        n_read += count_bits(held)
    return found


@kernel
def _solve_alone(
    x: BlockRows,
    costs: Costs,
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    lane: int,
    bias: np.float32,
    max_passes: int,
    tolerance: float,
    seed: np.uint64,
) -> None:
    """Solve the problem of one lane from its dual variables, as `solve_further` does of sixteen."""
    of_lane = np.zeros(len(weights), np.float32)
    of_positives, of_negatives = 0.0, 0.0
    for signed in dual:
        of_positives += max(signed, _ZERO)
        of_negatives -= min(signed, _ZERO)
    up, down = balance(of_positives, of_negatives, bias)
    add_up(x, dual, of_lane, up, down)
    own_costs = Costs(costs.table[:, lane].copy(), costs.of_row)
    own_seed = mix(seed + np.uint64(lane + 1))
    solve_further(x, own_costs, of_lane, dual, max_passes, tolerance, own_seed)
    weights[:, lane] = of_lane


@kernel
def _keep_lanes(
    start: Start,
    group: int,
    n_read: int,
    alone: NDArray[np.int64],
    dual: NDArray[np.float32],
    position: NDArray[np.int32],
    lanes_of_row: NDArray[np.uint16],
    duals: NDArray[np.uint16],
    n_kept: int,
) -> tuple[int, int]:
    """Write the lanes and dual variables of 16 children, those of settled ones as they were.

    Return how many are read and kept so far.
    """
    rows, n_rows = start.rows, len(start.rows)
    bits = dual.view(np.uint32)
    nth_alone = np.full(N_LANES, -1, np.int64)
    of_alone = np.int64(0)
    for k in range(len(alone)):
        nth_alone[alone[k]] = k
        of_alone |= np.int64(1) << alone[k]
    for r in range(n_rows):
        held, i = np.int64(start.block.dual_lanes[group * n_rows + r]), position[rows[r]]
        now = held & ~of_alone
        for k in range(len(alone)):
            now |= np.int64(dual[k, i] != _ZERO) << alone[k]
        lanes_of_row[r] = now
        either = held | now
        while either:
            lane = lowest_bit(either)
            either &= either - 1
            if now >> lane & 1:
                k = nth_alone[lane]
                duals[n_kept] = start.block.duals[n_read] if k < 0 else rounded(bits[k, i])
                n_kept += 1
            n_read += held >> lane & 1
    return n_read, n_kept

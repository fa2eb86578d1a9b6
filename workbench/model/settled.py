"""Solve some children of a block alone, where those beside them have the problem they had before.

A block is trained again when a decision changed which rows carry one of its children. If the rows
of the block are the same, the problems of its other children are too: what was found stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.seeds import mix
from workbench.model.solver import BlockRows, Costs
from workbench.model.warm_start import Start, add_up, balance, solve_further

# So many, one after the other, take less time than sixteen at once.
MOST_ALONE = 4


@kernel
def unsettled_lanes(start: Start, lanes: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """Return the lanes whose child has another problem than before."""
    found = np.empty(len(lanes), np.int64)
    n_found = 0
    for lane in range(len(lanes)):
        if not start.is_settled[lanes[lane] - first]:
            found[n_found] = lane
            n_found += 1
    return found[:n_found]


@kernel
def take_settled(
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
def solve_alone(
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
    n_rows = len(x.norm)
    of_lane, w = dual[:n_rows, lane].copy(), np.zeros(len(weights), np.float32)
    of_positives, of_negatives = 0.0, 0.0
    for signed in of_lane:
        of_positives += max(signed, np.float32(0))
        of_negatives -= min(signed, np.float32(0))
    up, down = balance(of_positives, of_negatives, bias)
    add_up(x, of_lane, w, up, down)
    own_costs = Costs(costs.table[:, lane].copy(), costs.of_row)
    own_seed = mix(seed + np.uint64(lane + 1))
    solve_further(x, own_costs, w, of_lane, max_passes, tolerance, own_seed)
    dual[:n_rows, lane] = of_lane
    weights[:, lane] = w

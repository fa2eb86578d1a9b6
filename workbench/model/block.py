"""The compiled kernel of one block: train its children, prune, pack."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.holding_out import add_held_out, no_entries, order_entries
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import above, absolute, load, lowest_bit, splat
from workbench.model.packed import Packed
from workbench.model.positives import Positives
from workbench.model.seeds import mix
from workbench.model.settled import leaves_few, solve_few
from workbench.model.solver import BlockRows, Costs, solve_lanes
from workbench.model.warm_start import (
    Start,
    fits_start,
    keep_duals,
    solve_further,
    take_duals,
    weigh_up,
)

_ZERO, _ONE = np.float32(0), np.float32(1)
_HALF, _LOW_HALF = np.uint64(32), np.uint64(2**32 - 1)
# A smaller weight would put a ridge on the diagonal that float32 cannot add to.
_SMALLEST_WEIGHT = np.float32(1e-6)


@kernel
def _price(
    row_weight: NDArray[np.float32],
    chosen: NDArray[np.int32],
    position: NDArray[np.int32],
    positives: Positives,
    lanes: NDArray[np.int64],
    unit: np.float32,
) -> Costs:
    """Return the ridges of up to 16 children; rows without a cost of their own share row 0."""
    of_row = np.zeros(len(chosen), np.uint32)
    n_distinct = 1
    for i in range(len(chosen)):
        if row_weight[chosen[i]] != _ONE:
            of_row[i] = n_distinct
            n_distinct += 1
    for child in lanes:
        for p in range(positives.indptr[child], positives.indptr[child + 1]):
            i = position[positives.rows[p]]
            if positives.confidence[p] != _ONE and of_row[i] == 0:
                of_row[i] = n_distinct
                n_distinct += 1
    table = np.full((n_distinct, N_LANES), unit, np.float32)
    for i in range(len(chosen)):
        if of_row[i] > 0:
            table[of_row[i]] = unit / max(row_weight[chosen[i]], _SMALLEST_WEIGHT)
    for lane in range(len(lanes)):
        child = lanes[lane]
        for p in range(positives.indptr[child], positives.indptr[child + 1]):
            if positives.confidence[p] != _ONE:
                confidence = max(positives.confidence[p], _SMALLEST_WEIGHT)
                table[of_row[position[positives.rows[p]]], lane] /= confidence
    return Costs(table, of_row)


@kernel
def _set_classes(
    dual: NDArray[np.float32],
    n_rows: int,
    position: NDArray[np.int32],
    positives: Positives,
    lanes: NDArray[np.int64],
) -> None:
    """Write zeros whose sign is the class of each row and lane."""
    for i in range(n_rows):
        for lane in range(N_LANES):
            dual[i, lane] = -_ZERO
    for lane in range(len(lanes)):
        for p in range(positives.indptr[lanes[lane]], positives.indptr[lanes[lane] + 1]):
            dual[position[positives.rows[p]], lane] = _ZERO


@kernel
def _supported(positives: Positives, first: int, last: int) -> NDArray[np.int64]:
    """Return the children that some row carries."""
    found = np.empty(last - first, np.int64)
    n_found = 0
    for child in range(first, last):
        if positives.indptr[child + 1] > positives.indptr[child]:
            found[n_found] = child
            n_found += 1
    return found[:n_found]


class _Kept(NamedTuple):
    """Room for weights: of which local feature and child, and how heavy."""

    local: NDArray[np.uint32]
    child: NDArray[np.uint8]
    value: NDArray[np.float32]


@kernel
def _make_room(kept: _Kept, n_kept: int, n_more: int) -> _Kept:
    """Return the weights kept so far with room for more."""
    size = 2 * n_kept + n_more
    larger = _Kept(np.empty(size, np.uint32), np.empty(size, np.uint8), np.empty(size, np.float32))
    for p in range(n_kept):
        larger.local[p], larger.child[p] = kept.local[p], kept.child[p]
        larger.value[p] = kept.value[p]
    return larger


@kernel
def _pack(
    features: NDArray[np.int32],
    kept: _Kept,
    n_kept: int,
    bias: NDArray[np.float32],
    dual_lanes: NDArray[np.uint16],
    duals: NDArray[np.uint16],
) -> Packed:
    """Return weights that come sorted by child, sorted by feature and child instead."""
    counts = np.zeros(len(features), np.int64)
    n_used = 0
    for p in range(n_kept):
        n_used += counts[kept.local[p]] == 0
        counts[kept.local[p]] += 1
    # The feature in the upper half, its position in the lower: quicker than sorting positions.
    keys = np.empty(n_used, np.uint64)
    n = 0
    for f in range(len(features)):
        if counts[f]:
            keys[n] = (np.uint64(features[f]) << _HALF) | np.uint64(f)
            n += 1
    keys.sort()
    names, sizes = np.empty(n_used, np.uint32), np.empty(n_used, np.uint8)
    start = np.empty(len(features), np.int64)
    total = 0
    for n in range(n_used):
        f = keys[n] & _LOW_HALF
        names[n], sizes[n] = keys[n] >> _HALF, counts[f] - 1
        start[f] = total
        total += counts[f]
    children, weights = np.empty(n_kept, np.uint8), np.empty(n_kept, np.float32)
    for p in range(n_kept):
        target = start[kept.local[p]]
        children[target], weights[target] = kept.child[p], kept.value[p]
        start[kept.local[p]] = target + 1
    return Packed(names, sizes, children, weights, bias, dual_lanes, duals)


@kernel
def train_block(
    x: BlockRows,
    features: NDArray[np.int32],
    chosen: NDArray[np.int32],
    row_weight: NDArray[np.float32],
    positives: Positives,
    first: int,
    last: int,
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    position: NDArray[np.int32],
    local: NDArray[np.int32],
    unit: np.float32,
    max_passes: int,
    tolerance: float,
    threshold: np.float32,
    seed: np.uint64,
    rows: NDArray[np.int32],
    pulls: NDArray[np.float32],
    start: Start,
    keeps_duals: bool,
) -> tuple[
    NDArray[np.uint32],
    NDArray[np.uint8],
    NDArray[np.uint8],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.float32],
]:
    """Return the parts of the pruned classifiers of children ``first`` to ``last`` of one node.

    And, after them, the parts of a block of `HeldOut`.

    Parameters
    ----------
    x, features : the rows of the node, from `gather_rows`
    chosen : ndarray of int32, shape (n_rows,)
        Which rows those are.
    weights : ndarray of float32, shape (at least n_local_features + 1, 16)
    dual : ndarray of float32, shape (at least n_rows, 16)
    position : ndarray of int32, shape (n_all_rows,)
        Room to work in, of any content.
    local : ndarray of int32, shape (n_features,)
        Room to work in, all -1 before and after.
    unit : float32
        1 / (2 C).
    rows : ndarray of int32, shape (n_rows,)
        ``chosen``, ascending.
    pulls : ndarray of float32, shape (n_rows, 2)
        Of the chosen ones, from `probe_pulls`; empty if no margins are to be held out, or
        ``keeps_duals``.
    start : Start
        What to start from, if it is of the same children and ``keeps_duals``.
    keeps_duals : bool
        Whether the next training may start from those found here.

    A child that no row carries has a bias of minus infinity.
    """
    n_rows, n_local = len(chosen), len(features)
    for i in range(n_rows):
        position[chosen[i]] = i
    bias = np.full(last - first, -np.inf, np.float32)
    supported = _supported(positives, first, last)
    kept = _Kept(np.empty(0, np.uint32), np.empty(0, np.uint8), np.empty(0, np.float32))
    n_kept = np.int64(0)
    entries, n_entries = no_entries(np.int64(0)), np.int64(0)
    w = weights[: n_local + 1]
    is_warm = keeps_duals and fits_start(start, positives, first, last)
    n_read, n_duals = np.int64(0), np.int64(0)
    n_groups = -(-len(supported) // N_LANES)
    dual_lanes = np.empty(n_groups * n_rows if keeps_duals else 0, np.uint16)
    duals = np.empty(len(supported) * n_rows if keeps_duals else 0, np.uint16)
    # A weight of the threshold itself stays, one of 0 never does.
    below_threshold = splat(max(np.nextafter(threshold, -_ONE), _ZERO))
    for begin in range(0, len(supported), N_LANES):
        lanes = supported[begin : begin + N_LANES]
        costs = _price(row_weight, chosen, position, positives, lanes, unit)
        w[:] = _ZERO
        of_lanes = (1 << len(lanes)) - 1
        group_seed = mix(seed + np.uint64(begin + 1))
        group = begin // N_LANES
        of_group = dual_lanes[group * n_rows : (group + 1) * n_rows]
        if is_warm and leaves_few(start, lanes, first):
            n_read, n_duals = solve_few(
                x,
                costs,
                w,
                features,
                local,
                start,
                group,
                n_read,
                lanes,
                first,
                positives,
                position,
                max_passes,
                tolerance,
                group_seed,
                of_group,
                duals,
                n_duals,
            )
        else:
            _set_classes(dual, n_rows, position, positives, lanes)
            if is_warm:
                n_read = take_duals(start, group, n_read, chosen, position, dual)
                weigh_up(x, dual, w, lanes, first, start.block.bias)
                solve_further(x, costs, w, dual, max_passes, tolerance, group_seed)
            else:
                solve_lanes(x, costs, w, dual, max_passes, tolerance, group_seed)
            if keeps_duals:
                n_duals = keep_duals(dual, rows, position, of_lanes, of_group, duals, n_duals)
        if n_kept + n_local * len(lanes) > len(kept.value):
            kept = _make_room(kept, n_kept, n_local * len(lanes))
        for f in range(n_local):
            heavy = above(absolute(load(w, f)), below_threshold) & of_lanes
            while heavy:
                lane = lowest_bit(heavy)
                heavy &= heavy - 1
                kept.local[n_kept] = f
                kept.child[n_kept] = lanes[lane] - first
                kept.value[n_kept] = w[f, lane]
                n_kept += 1
        for lane in range(len(lanes)):
            bias[lanes[lane] - first] = w[n_local, lane]
        if len(pulls) > 0:
            entries, n_entries = add_held_out(x, w, dual, pulls, lanes, first, entries, n_entries)
    packed = _pack(features, kept, n_kept, bias, dual_lanes, duals[:n_duals].copy())
    held = order_entries(rows, position, entries, n_entries)
    return (
        packed.features,
        packed.counts,
        packed.children,
        packed.weights,
        packed.bias,
        packed.dual_lanes,
        packed.duals,
        *held,
    )

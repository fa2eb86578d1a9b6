"""The compiled kernels that train: sixteen squared-hinge problems at every visit of a row.

Kernels check no bounds: every index that reaches them was checked at the door. Unsigned indices
spare them the test for negative ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel
from workbench.model.lanes import (
    above,
    absolute,
    add,
    clamp_at_zero,
    copy_sign,
    divide,
    fetch_ahead,
    fetch_row_ahead,
    fill_as,
    largest,
    load_row,
    maximum,
    multiply,
    multiply_add,
    store_row,
    subtract,
)
from workbench.model.rows import Rows

_ROWS_PER_PART = 1024
_ROWS_AHEAD = np.uint64(4)
_OVER_RELAXATION = np.float32(1.3)
_ZERO, _ONE = np.float32(0), np.float32(1)
_0, _1, _2, _3, _4 = (np.uint64(n) for n in range(5))


class BlockRows(NamedTuple):
    """The rows of a block over the features they use, numbered anew; see `gather_rows`."""

    indptr: NDArray[np.uint64]
    indices: NDArray[np.uint32]
    data: NDArray[np.float32]
    norm: NDArray[np.float32]


class Costs(NamedTuple):
    """The ridge 1 / (2 C_ij) of each row and lane, as a row of a table of the distinct ones.

    Row 0 of the table is for rows without a cost of their own and holds one number.
    """

    table: NDArray[np.float32]
    of_row: NDArray[np.uint32]


@kernel
def gather_rows(
    x: Rows, chosen: NDArray[np.int32], local: NDArray[np.int32]
) -> tuple[
    NDArray[np.uint64],
    NDArray[np.uint32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.int32],
]:
    """Return the parts of the chosen rows over the features they use, and those features.

    ``local``, shape (n_features,), is all -1 before and after.
    """
    n_rows = np.uint64(len(chosen))
    indptr = np.zeros(n_rows + _1, np.uint64)
    for i in range(n_rows):
        row = np.uint32(chosen[i])
        indptr[i + _1] = indptr[i] + np.uint64(x.indptr[row + _1] - x.indptr[row])
    n_stored = indptr[n_rows]
    indices = np.empty(n_stored, np.uint32)
    data = np.empty(n_stored, np.float32)
    norm = np.empty(n_rows, np.float32)
    most = np.int64(n_stored)
    # One more, which is written in any case and stays if it is new: no branch to guess.
    features = np.empty((most if most < x.n_features else x.n_features) + 1, np.int32)
    n_local = _0
    target = _0
    for i in range(n_rows):
        square = _ONE  # that of the bias feature
        row = np.uint32(chosen[i])
        fetch_ahead(x.indptr, np.uint32(chosen[min(i + np.uint64(2) * _ROWS_AHEAD, n_rows - _1)]))
        following = np.uint64(x.indptr[np.uint32(chosen[min(i + _ROWS_AHEAD, n_rows - _1)])])
        fetch_ahead(x.indices, following)
        fetch_ahead(x.data, following)
        for source in range(np.uint64(x.indptr[row]), np.uint64(x.indptr[row + _1])):
            feature, value = np.uint32(x.indices[source]), x.data[source]
            known = local[feature]
            number = np.int32(n_local) if known < 0 else known
            features[n_local] = feature
            n_local += np.uint64(known < 0)
            local[feature] = number
            indices[target] = number
            data[target] = value
            square += value * value
            target += _1
        norm[i] = square
    for n in range(n_local):
        local[features[n]] = -1
    return indptr, indices, data, norm, features[:n_local].copy()


@kernel
def shuffle(order: NDArray[np.int32], state: np.uint64) -> np.uint64:
    """Shuffle in place (Fisher and Yates); return the next state of the xorshift generator."""
    state |= _1  # never 0, where the generator would stay
    i = np.uint64(len(order))
    while i > _1:
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        # The upper half of the state times i, over 2^32: no division.
        j = ((state >> np.uint64(32)) * i) >> np.uint64(32)
        i -= _1
        order[i], order[j] = order[j], order[i]
    return state


@kernel
def count_up(n: int) -> NDArray[np.int32]:
    """Return 0 to n - 1."""
    numbers = np.empty(n, np.int32)
    for i in range(n):
        numbers[i] = i
    return numbers


@kernel
def draw_order(rows: NDArray[np.int32], order: NDArray[np.int32], state: np.uint64) -> np.uint64:
    """Write the rows in a new order: parts of them by chance, and each part shuffled.

    Neighbours stay near each other, so that a part is read from memory as a whole.
    """
    n_parts = -(-len(rows) // _ROWS_PER_PART)
    parts = count_up(n_parts)
    state = shuffle(parts, state)
    begin = 0
    for part in parts:
        of_part = rows[part * _ROWS_PER_PART : (part + 1) * _ROWS_PER_PART]
        drawn = order[begin : begin + len(of_part)]
        drawn[:] = of_part
        state = shuffle(drawn, state)
        begin += len(of_part)
    return state


@inlined
def margins_of_row(x: BlockRows, i: np.uint64, weights: NDArray[np.float32], bias):  # type: ignore[no-untyped-def]
    """Return the margins of a row, in four sums that do not wait for each other."""
    zero = fill_as(bias, _ZERO)
    one_sum, two_sum, three_sum, four_sum = bias, zero, zero, zero
    p, end = x.indptr[i], x.indptr[i + _1]
    while p + _3 < end:
        one_sum = multiply_add(x.data[p], load_row(weights, x.indices[p]), one_sum)
        two_sum = multiply_add(x.data[p + _1], load_row(weights, x.indices[p + _1]), two_sum)
        three_sum = multiply_add(x.data[p + _2], load_row(weights, x.indices[p + _2]), three_sum)
        four_sum = multiply_add(x.data[p + _3], load_row(weights, x.indices[p + _3]), four_sum)
        p += _4
    while p < end:
        two_sum = multiply_add(x.data[p], load_row(weights, x.indices[p]), two_sum)
        p += _1
    return add(add(one_sum, two_sum), add(three_sum, four_sum))


@inlined
def full_step(x: BlockRows, costs: Costs, i: int) -> np.float32:
    """Return how far a row without a cost of its own moves for a gradient of 1."""
    return _OVER_RELAXATION / (x.norm[i] + costs.table.ravel()[0])


@kernel
def visit_rows(
    x: BlockRows,
    costs: Costs,
    order: NDArray[np.int32],
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    moves: NDArray[np.float32],
    step_size: NDArray[np.float32],
) -> np.float32:
    """Make one step for each row in ``order``; return the spread of the projected gradients.

    For sixteen lanes, or for one: then ``weights``, ``dual`` and the costs have one axis.
    """
    bias_row = len(weights) - 1
    bias = load_row(weights, bias_row)
    zero, one = fill_as(bias, _ZERO), fill_as(bias, _ONE)
    relaxation = fill_as(bias, _OVER_RELAXATION)
    highest, lowest = zero, zero
    n_order = np.uint64(len(order))
    for n in range(n_order):
        i = np.uint64(order[n])
        following = np.uint64(order[min(n + _ROWS_AHEAD, n_order - _1)])
        fetch_ahead(x.indices, x.indptr[following])
        fetch_ahead(x.data, x.indptr[following])
        fetch_row_ahead(dual, following)
        begin, end = x.indptr[i], x.indptr[i + _1]
        margin = margins_of_row(x, i, weights, bias)
        signed = load_row(dual, i)
        sign = copy_sign(one, signed)
        alpha = absolute(signed)
        ridge = load_row(costs.table, costs.of_row[i])
        gradient = subtract(add(multiply(sign, margin), multiply(alpha, ridge)), one)
        projected = clamp_at_zero(gradient, alpha)
        highest = maximum(highest, projected)
        lowest = maximum(lowest, subtract(zero, projected))
        if costs.of_row[i] == 0:
            step = multiply(fill_as(bias, step_size[i]), gradient)
        else:
            step = divide(multiply(relaxation, gradient), add(fill_as(bias, x.norm[i]), ridge))
        moved = maximum(subtract(alpha, step), zero)  # of NaN the second
        change = multiply(sign, subtract(moved, alpha))
        size = absolute(change)
        if above(size, zero) == 0:
            moves[i] = _ZERO
            continue
        moves[i] = largest(size)
        store_row(dual, i, copy_sign(moved, signed))
        bias = add(bias, change)
        for q in range(begin, end):
            feature = x.indices[q]
            store_row(weights, feature, multiply_add(x.data[q], change, load_row(weights, feature)))
    store_row(weights, bias_row, bias)
    return largest(highest) + largest(lowest)


@kernel
def solve_lanes(
    x: BlockRows,
    costs: Costs,
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    max_passes: int,
    tolerance: float,
    seed: np.uint64,
) -> int:
    """Solve sixteen squared-hinge problems over the same rows; return the passes that it took.

    Dual coordinate descent (Hsieh et al. 2008, Algorithm 1) on 16 labels at every visit of a row,
    so that a row is read once for all of them; over-relaxed. After two passes over all rows, two
    passes over those that moved more than the mean alternate with one over all.

    Parameters
    ----------
    weights : ndarray of float32, shape (n_local_features + 1, 16)
        Zero before; after, the weights, those of the bias in the last row.
    dual : ndarray of float32, shape (n_rows, 16)
        Before, zeros whose sign is the class of each row and lane; after, the dual variables with
        the same signs.
    tolerance : float
        The problems are solved when the projected gradients of a pass over all rows differ by no
        more.
    """
    n_rows = len(x.norm)
    every, active = count_up(n_rows), np.empty(n_rows, np.int32)
    order = np.empty(n_rows, np.int32)
    moves = np.zeros(n_rows, np.float32)
    step_size = np.empty(n_rows, np.float32)
    for i in range(n_rows):
        step_size[i] = full_step(x, costs, i)
    state = seed
    n_passes, n_active = 0, 0
    while n_passes < max_passes:
        if n_passes < 2 or n_passes % 3 == 1:
            state = draw_order(every, order, state)
            spread = visit_rows(x, costs, order, weights, dual, moves, step_size)
            if spread <= tolerance:
                return n_passes + 1
            total = 0.0
            for i in range(n_rows):
                total += moves[i]
            mean = total / n_rows
            n_active = 0
            for i in range(n_rows):
                if moves[i] > mean:
                    active[n_active] = i
                    n_active += 1
        elif n_active:
            state = draw_order(active[:n_active], order, state)
            visit_rows(x, costs, order[:n_active], weights, dual, moves, step_size)
        n_passes += 1
    return n_passes

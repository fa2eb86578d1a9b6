"""The compiled kernels of the probes: random signs, and what the inverse of a Gram matrix does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import (
    add,
    divide,
    fetch_ahead,
    fetch_row_ahead,
    fused,
    load,
    multiply,
    multiply_add,
    splat,
    store,
    subtract,
    total_of,
)
from workbench.model.solver import BlockRows, count_up, draw_order, margins_of_row

# Probes are done when a pass moves the sum of their products by a smaller share, but not before so
# many passes: the first ones take it down before it rises.
_TOLERANCE, _LEAST_PASSES, MOST_PASSES = 0.02, 4, 10
_OVER_RELAXATION = np.float32(1.3)
_ROWS_AHEAD = np.uint64(4)
_ZERO, _ONE = np.float32(0), np.float32(1)
_1 = np.uint64(1)
_BITS_OF_ONE, _SIGN_BIT = np.uint32(0x3F800000), np.uint32(0x80000000)


class Moments(NamedTuple):
    """Sums over n probes of the products q = z_i (G^-1 z)_i and the errors e of z_i (K z)_i."""

    n: int
    q: NDArray[np.float64]
    e: NDArray[np.float64]
    qe: NDArray[np.float64]
    qq: NDArray[np.float64]
    ee: NDArray[np.float64]


@kernel
def _draw_signs(signs: NDArray[np.float32], n_rows: int, state: np.uint64) -> np.uint64:
    """Write -1 or 1, at random, for each row and lane."""
    bits_of = signs.view(np.uint32)
    state |= _1  # never 0, where the generator would stay
    for i in range(n_rows):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        bits = np.uint32(state >> np.uint64(16))
        for lane in range(N_LANES):
            bits_of[i, lane] = _BITS_OF_ONE | ((bits << np.uint32(lane)) & _SIGN_BIT)
    return state


@kernel
def _multiply_by_kernel(
    x: BlockRows,
    signs: NDArray[np.float32],
    weights: NDArray[np.float32],
    errors: NDArray[np.float32],
) -> None:
    """Write z_i (K z)_i - k_ii, whose mean is 0, for K without the bias."""
    weights[:] = _ZERO
    zero = splat(_ZERO)
    for i in range(np.uint64(len(x.norm))):
        of_row = load(signs, i)
        for p in range(x.indptr[i], x.indptr[i + _1]):
            feature = x.indices[p]
            store(weights, feature, multiply_add(x.data[p], of_row, load(weights, feature)))
    for i in range(np.uint64(len(x.norm))):
        product = multiply(load(signs, i), margins_of_row(x, i, weights, zero))
        store(errors, i, subtract(product, splat(x.norm[i] - _ONE)))


@kernel
def _relax_rows(
    x: BlockRows,
    ridge: NDArray[np.float32],
    order: NDArray[np.int32],
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    signs: NDArray[np.float32],
) -> float:
    """Make one step for each row towards (K + ridge) dual = signs; return what products gained."""
    bias_row = len(weights) - 1
    bias, gain, relaxation = load(weights, bias_row), splat(_ZERO), splat(_OVER_RELAXATION)
    n_order = np.uint64(len(order))
    for n in range(n_order):
        i = np.uint64(order[n])
        following = np.uint64(order[min(n + _ROWS_AHEAD, n_order - _1)])
        fetch_ahead(x.indices, x.indptr[following])
        fetch_ahead(x.data, x.indptr[following])
        fetch_row_ahead(dual, following)
        fetch_row_ahead(signs, following)
        found, sign, of_row = load(dual, i), load(signs, i), splat(ridge[i])
        reached = fused(of_row, found, margins_of_row(x, i, weights, bias))
        step = divide(relaxation, add(splat(x.norm[i]), of_row))
        change = multiply(step, subtract(sign, reached))
        gain = fused(sign, change, gain)
        store(dual, i, add(found, change))
        bias = add(bias, change)
        for q in range(x.indptr[i], x.indptr[i + _1]):
            feature = x.indices[q]
            store(weights, feature, multiply_add(x.data[q], change, load(weights, feature)))
    store(weights, bias_row, bias)
    moved: float = total_of(gain)
    return moved


@kernel
def _start(
    guess: float,
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    signs: NDArray[np.float32],
    n_rows: int,
) -> None:
    """Write a first guess, a multiple of the signs, with the weights at hand."""
    factor, bias = splat(np.float32(guess)), splat(_ZERO)
    for i in range(n_rows):
        start = multiply(factor, load(signs, i))
        store(dual, i, start)
        bias = add(bias, start)
    for f in range(len(weights) - 1):
        store(weights, f, multiply(factor, load(weights, f)))
    store(weights, len(weights) - 1, bias)


@kernel
def probe(
    x: BlockRows,
    ridge: NDArray[np.float32],
    guess: float,
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    signs: NDArray[np.float32],
    errors: NDArray[np.float32],
    n_groups: int,
    state: np.uint64,
) -> tuple[Moments, np.uint64]:
    """Return the moments of sixteen times ``n_groups`` probes.

    With K the Gram matrix of the rows, bias included, and G = K + diag(ridge), the solver's own
    descent finds G^-1 z for random signs z, without its clamp.

    Parameters
    ----------
    ridge : ndarray of float32, shape (n_rows,)
    guess : float
        About the mean of the diagonal of the inverse. What K has of large eigenvalues the first
        pass repairs wherever it starts, what it has of small ones takes long from far off.
    weights : ndarray of float32, shape (n_local_features + 1, 16)
    dual, signs, errors : ndarray of float32, shape (at least n_rows, 16)
        Room to work in, of any content.
    """
    n_rows = len(x.norm)
    every, order = count_up(n_rows), np.empty(n_rows, np.int32)
    moments = Moments(
        n_groups * N_LANES,
        np.zeros(n_rows),
        np.zeros(n_rows),
        np.zeros(n_rows),
        np.zeros(n_rows),
        np.zeros(n_rows),
    )
    for _ in range(n_groups):
        state = _draw_signs(signs, n_rows, state)
        _multiply_by_kernel(x, signs, weights, errors)
        _start(guess, weights, dual, signs, n_rows)
        total = guess * n_rows * N_LANES
        for n_done in range(MOST_PASSES):
            state = draw_order(every, order, state)
            gain = _relax_rows(x, ridge, order, weights, dual, signs)
            total += gain
            if n_done + 1 >= _LEAST_PASSES and abs(gain) <= _TOLERANCE * abs(total):
                break
        for i in range(n_rows):
            q, e = multiply(load(signs, i), load(dual, i)), load(errors, i)
            moments.q[i] += total_of(q)
            moments.e[i] += total_of(e)
            moments.qe[i] += total_of(multiply(q, e))
            moments.qq[i] += total_of(multiply(q, q))
            moments.ee[i] += total_of(multiply(e, e))
    return moments, state

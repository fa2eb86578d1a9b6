"""The compiled kernels of the probes: how far each row of a block pulls its own margin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.lanes import (
    N_LANES,
    add,
    divide,
    fetch_ahead,
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

# The last lanes probe with a higher ridge, by this factor; see `probe_pulls`.
HIGH_RIDGE = np.float32(8)
MOST_PASSES = 10
_N_LOW = 12
# Probes are done when a pass moves the mean of their products by a smaller share. Pulls come out
# some .02 to .03 too large by it where texts are long; closer ones found no more errors.
_TOLERANCE = 0.02
_OVER_RELAXATION = np.float32(1.3)
_ROWS_AHEAD = np.uint64(4)
_ZERO, _ONE = np.float32(0), np.float32(1)
_1 = np.uint64(1)


@kernel
def _draw_signs(signs: NDArray[np.float32], n_rows: int, state: np.uint64) -> np.uint64:
    """Write -1 or 1, at random, for each row and lane."""
    state |= _1  # never 0, where the generator would stay
    for i in range(n_rows):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        bits = state >> np.uint64(32)
        for lane in range(N_LANES):
            signs[i, lane] = np.float32(np.int64((bits >> np.uint64(lane)) & _1) * 2 - 1)
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
    room: NDArray[np.float32],
) -> float:
    """Make one step towards (K + ridge) dual = signs for each row; return how far products moved.

    ``room`` has the factors of the ridge, shape (1, 16).
    """
    bias_row = len(weights) - 1
    bias, factors = load(weights, bias_row), load(room, 0)
    gain, relaxation = splat(_ZERO), splat(_OVER_RELAXATION)
    n_order = np.uint64(len(order))
    for n in range(n_order):
        i = np.uint64(order[n])
        following = np.uint64(order[min(n + _ROWS_AHEAD, n_order - _1)])
        fetch_ahead(x.indices, x.indptr[following])
        fetch_ahead(x.data, x.indptr[following])
        fetch_ahead(dual, following * np.uint64(N_LANES))
        fetch_ahead(signs, following * np.uint64(N_LANES))
        found, sign, of_row = load(dual, i), load(signs, i), multiply(splat(ridge[i]), factors)
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
    x: BlockRows,
    ridge: NDArray[np.float32],
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    signs: NDArray[np.float32],
) -> float:
    """Write a first guess, a multiple of the signs, with the weights at hand; return its sum."""
    n_rows = len(x.norm)
    mean = 0.0
    for i in range(n_rows):
        mean += 1 / (x.norm[i] + ridge[i]) / n_rows
    factor, bias = splat(np.float32(mean)), splat(_ZERO)
    for i in range(n_rows):
        guess = multiply(factor, load(signs, i))
        store(dual, i, guess)
        bias = add(bias, guess)
    for f in range(len(weights) - 1):
        store(weights, f, multiply(factor, load(weights, f)))
    store(weights, len(weights) - 1, bias)
    return mean * n_rows * N_LANES


class _Moments(NamedTuple):
    """Sums over the probes of the products q = z_i (G^-1 z)_i and the errors e of z_i (K z)_i."""

    q: NDArray[np.float64]
    e: NDArray[np.float64]
    qe: NDArray[np.float64]
    qq: NDArray[np.float64]
    ee: NDArray[np.float64]


@kernel
def _inverse_diagonal(moments: _Moments, n: int) -> NDArray[np.float64]:
    """Return the mean product of each row, corrected by its errors and shrunk to that of all rows.

    The shrinkage is that of empirical Bayes: by the share of the rows' variance that is due to
    there being n probes only.
    """
    n_rows = len(moments.q)
    inverse = np.empty(n_rows)
    noise = 0.0
    for i in range(n_rows):
        q, e = moments.q[i] / n, moments.e[i] / n
        variance = moments.ee[i] / n - e * e
        slope = (moments.qe[i] / n - q * e) / variance if variance > 1e-12 else 0.0
        inverse[i] = q - slope * e
        rest = moments.qq[i] / n - q * q - slope * slope * variance
        noise += max(rest, 0.0) / max(n - 2, 1) / n_rows
    mean = inverse.mean()
    spread = ((inverse - mean) ** 2).sum() / max(n_rows - 1, 1)
    kept = max(1 - noise / spread, 0.0) if spread > 0 else 1.0
    for i in range(n_rows):
        inverse[i] = mean + kept * (inverse[i] - mean)
    return inverse


@kernel
def probe_pulls(
    x: BlockRows,
    ridge: NDArray[np.float32],
    weights: NDArray[np.float32],
    dual: NDArray[np.float32],
    signs: NDArray[np.float32],
    errors: NDArray[np.float32],
    n_groups: int,
    seed: np.uint64,
) -> NDArray[np.float32]:
    """Return how far the margin of each row moves by a unit of its own dual variable.

    With K the Gram matrix of the rows and G = K + diag(ridge) this is 1 / [G^-1]_ii - ridge_i:
    what stays of k_ii once the other rows have given way. The diagonal of the inverse is the mean
    of z_i (G^-1 z)_i over random signs z (Hutchinson 1990), which the solver's own descent finds,
    without its clamp, for sixteen z at a time. The deviation of z_i (K z)_i from k_ii, known
    exactly, serves as a control variate.

    Only rows within the hinge of a label give way. Where a share of them does, drawn evenly, the
    others give way as all of them do with the ridge over this share. So that one set of probes
    serves all labels, pulls are found for the ridge and a higher one, to be interpolated; for the
    higher one from the mean of all rows, because a row's own would be mostly noise.

    Parameters
    ----------
    ridge : ndarray of float32, shape (n_rows,)
        1 / (2 C_i).
    weights : ndarray of float32, shape (n_local_features + 1, 16)
    dual, signs, errors : ndarray of float32, shape (at least n_rows, 16)
        Room to work in, of any content.
    n_groups : int
        Sixteens of probes, at least one.

    Returns
    -------
    ndarray of float32, shape (n_rows, 2)
        With the ridge, and with HIGH_RIDGE times the ridge; from 0 to k_ii + 1, the 1 for the bias.
    """
    n_rows = len(x.norm)
    every, order = count_up(n_rows), np.empty(n_rows, np.int32)
    factors = np.ones((1, N_LANES), np.float32)
    factors[0, _N_LOW:] = HIGH_RIDGE
    moments = _Moments(
        np.zeros(n_rows), np.zeros(n_rows), np.zeros(n_rows), np.zeros(n_rows), np.zeros(n_rows)
    )
    high = 0.0
    state = seed
    for _ in range(n_groups):
        state = _draw_signs(signs, n_rows, state)
        _multiply_by_kernel(x, signs, weights, errors)
        total = _start(x, ridge, weights, dual, signs)
        for _ in range(MOST_PASSES):
            state = draw_order(every, order, state)
            gain = _relax_rows(x, ridge, order, weights, dual, signs, factors)
            total += gain
            if abs(gain) <= _TOLERANCE * abs(total):
                break
        for i in range(n_rows):
            for lane in range(_N_LOW):
                q, e = signs[i, lane] * dual[i, lane], errors[i, lane]
                moments.q[i] += q
                moments.e[i] += e
                moments.qe[i] += q * e
                moments.qq[i] += q * q
                moments.ee[i] += e * e
            for lane in range(_N_LOW, N_LANES):
                high += signs[i, lane] * dual[i, lane]
    inverse = _inverse_diagonal(moments, n_groups * _N_LOW)
    pulls = np.empty((n_rows, 2), np.float32)
    given_way, mean_ridge, mean_norm = 0.0, 0.0, 0.0
    for i in range(n_rows):
        lowest, highest = 1 / (x.norm[i] + ridge[i]), 1 / ridge[i]
        pulls[i, 0] = 1 / min(max(inverse[i], lowest), highest) - ridge[i]
        given_way += (x.norm[i] - pulls[i, 0]) / n_rows
        mean_ridge += ridge[i] / n_rows
        mean_norm += x.norm[i] / n_rows
    # How much less the other rows give way with the higher ridge.
    mean_pull = n_rows * n_groups * (N_LANES - _N_LOW) / max(high, 1e-9) - HIGH_RIDGE * mean_ridge
    share = (mean_norm - mean_pull) / given_way if given_way > 1e-6 else 0.0
    share = min(max(share, 0.0), 1.0)
    for i in range(n_rows):
        pulls[i, 1] = x.norm[i] - share * (x.norm[i] - pulls[i, 0])
    return pulls

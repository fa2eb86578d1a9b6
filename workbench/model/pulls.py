"""The compiled kernels that turn probes into pulls: how far each row moves its own margin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.probes import Moments, probe
from workbench.model.solver import BlockRows

# Pulls are found for the ridge and for this many times the ridge; see `probe_pulls`.
HIGH_RIDGE = np.float32(8)
_ZERO, _ONE = np.float32(0), np.float32(1)
_LEAST_VARIANCE = 1e-12


@kernel
def _expected_pulls(
    x: BlockRows, ridge: NDArray[np.float32], of_features: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the pulls as they would be if no two features ever met in a row.

    ``of_features`` is room for a number a feature.
    """
    n_rows = len(x.norm)
    of_features[:] = _ZERO
    of_bias = _ZERO
    for i in range(n_rows):
        cost = _ONE / ridge[i]
        of_bias += cost
        for p in range(x.indptr[i], x.indptr[i + 1]):
            of_features[x.indices[p]] += cost * x.data[p] * x.data[p]
    pulls = np.empty(n_rows)
    for i in range(n_rows):
        cost = _ONE / ridge[i]
        pull = _ONE / (_ONE + max(of_bias - cost, _ZERO))
        for p in range(x.indptr[i], x.indptr[i + 1]):
            square = x.data[p] * x.data[p]
            of_others = max(of_features[x.indices[p]] - cost * square, _ZERO)
            pull += square / (_ONE + of_others)
        pulls[i] = pull
    return pulls


@kernel
def _regressed(
    inverse: NDArray[np.float64], known: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the best linear guess of the inverse's diagonal from two known columns."""
    first = known[0] - known[0].mean()
    second = known[1] - known[1].mean()
    expected = np.full(len(inverse), inverse.mean())
    of_first = (first * first).sum()
    if of_first > _LEAST_VARIANCE:
        expected += (first * inverse).sum() / of_first * first
        second -= (first * second).sum() / of_first * first
    of_second = (second * second).sum()
    if of_second > _LEAST_VARIANCE:
        expected += (second * inverse).sum() / of_second * second
    return expected


@kernel
def _inverse_diagonal(
    moments: Moments, known: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the mean product of each row, corrected by its errors and shrunk to what is expected.

    A linear regression of all rows on what is ``known`` says what is. The shrinkage is that of
    empirical Bayes: by the share of the rows' variance about it that is due to there being n
    probes only. How uncertain a row is its own probes tell badly, all rows together roughly: the
    mean of both.
    """
    n_rows, n = len(moments.q), moments.n
    inverse, uncertainty = np.empty(n_rows), np.empty(n_rows)
    for i in range(n_rows):
        q, e = moments.q[i] / n, moments.e[i] / n
        variance = moments.ee[i] / n - e * e
        slope = (moments.qe[i] / n - q * e) / variance if variance > _LEAST_VARIANCE else 0.0
        inverse[i] = q - slope * e
        rest = moments.qq[i] / n - q * q - slope * slope * variance
        uncertainty[i] = max(rest, 0.0) / (n - 2)
    expected, noise = _regressed(inverse, known), uncertainty.mean()
    spread = ((inverse - expected) ** 2).sum() / max(n_rows - 3, 1)
    # A few rows spread by chance: two standard deviations of such a variance count for nothing.
    real = max(spread * (1 - 2 * np.sqrt(2 / n_rows)) - noise, 0.0)
    for i in range(n_rows):
        found = real + (noise + uncertainty[i]) / 2
        kept = real / found if found > 0 else 1.0
        inverse[i] = expected[i] + kept * (inverse[i] - expected[i])
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
    of z_i (G^-1 z)_i over random signs z (Hutchinson 1990); the deviation of z_i (K z)_i from
    k_ii, known exactly, serves as a control variate. Sixteen probes say little of a single row: it
    is shrunk to what features that never meet would make of it.

    Only rows within the hinge of a label give way. Where a share of them does, drawn evenly, the
    others give way as all of them do with the ridge over this share. So that one set of probes
    serves all labels, pulls are found for the ridge and a higher one, to be interpolated.

    Parameters
    ----------
    ridge : ndarray of float32, shape (n_rows,)
        1 / (2 C_i).
    weights : ndarray of float32, shape (n_local_features + 1, 16)
    dual, signs, errors : ndarray of float32, shape (at least n_rows, 16)
        Room to work in, of any content.
    n_groups : int
        Sixteens of probes for the ridge, at least one; the higher one takes one.

    Returns
    -------
    ndarray of float32, shape (n_rows, 2)
        With the ridge, and with HIGH_RIDGE times the ridge; from 0 to k_ii + 1, the 1 for the bias.
    """
    n_rows = len(x.norm)
    pulls, of_features = np.empty((n_rows, 2), np.float32), np.empty(len(weights) - 1, np.float32)
    if n_rows == 0:
        return pulls
    high = ridge * HIGH_RIDGE
    expected = 1 / (_expected_pulls(x, ridge, of_features) + ridge)
    guess = expected.mean()
    moments, state = probe(x, ridge, guess, weights, dual, signs, errors, n_groups, seed)
    _fill(pulls[:, 0], x, ridge, _inverse_diagonal(moments, (expected, np.zeros(n_rows))))
    expected = 1 / (_expected_pulls(x, high, of_features) + high)
    guess = expected.mean()
    moments, state = probe(x, high, guess, weights, dual, signs, errors, np.int64(1), state)
    known = (expected, 1 / (pulls[:, 0] + high).astype(np.float64))
    _fill(pulls[:, 1], x, high, _inverse_diagonal(moments, known))
    return pulls


@kernel
def expect_pulls(x: BlockRows, ridge: NDArray[np.float32], n_features: int) -> NDArray[np.float32]:
    """Return what `probe_pulls` shrinks to, without a probe: far cheaper, and often near enough."""
    pulls, of_features = np.empty((len(x.norm), 2), np.float32), np.empty(n_features, np.float32)
    pulls[:, 0] = _expected_pulls(x, ridge, of_features)
    pulls[:, 1] = _expected_pulls(x, ridge * HIGH_RIDGE, of_features)
    return pulls


@kernel
def _fill(
    pulls: NDArray[np.float32],
    x: BlockRows,
    ridge: NDArray[np.float32],
    inverse: NDArray[np.float64],
) -> None:
    """Write the pulls that belong to the inverse's diagonal, which has its bounds."""
    for i in range(len(pulls)):
        lowest, highest = 1 / (x.norm[i] + ridge[i]), 1 / ridge[i]
        pulls[i] = 1 / min(max(inverse[i], lowest), highest) - ridge[i]

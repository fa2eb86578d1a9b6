"""Shares of present pairs that keep to the order of the levels, as near as can be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

# The neutral share is found to 2 ** -40: a coarser one lowers the bound of EM by up to 1e-8.
_BISECTIONS = 40


def in_order(share: Floats, weights: Floats, direction: Positions, ladder: Positions) -> Floats:
    """Return the nearest shares of present pairs that keep to the order of the outcomes.

    They rise along the ladder, and where an outcome has a direction it is not on the other side of
    the neutral share: the share at which an outcome is as frequent among present as among absent
    pairs. That is the mean share of all outcomes that are not themselves held there, so it is
    sought as the root of a falling function.

    Parameters
    ----------
    share : ndarray of float64, shape (n_rows, n_outcomes)
        In [0, 1]; each row is a problem of its own.
    weights : ndarray of float64, shape (n_rows, n_outcomes)
        Number of pairs with each outcome, above 0.
    direction : ndarray of int64, shape (n_outcomes,)
        -1 at or below the neutral share, 1 at or above it, 0 on either side.
    ladder : ndarray of int64
        Positions of the outcomes that have an order, from weak to strong; may be empty.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_outcomes)

    Examples
    --------
    >>> share, n_pairs = np.array([[0.5, 0.8, 0.4]]), np.array([[4.0, 1.0, 1.0]])
    >>> in_order(share, n_pairs, np.array([0, 0, 0]), np.array([1, 2])).round(6).tolist()
    [[0.5, 0.6, 0.6]]
    """
    rising = share.copy()
    rising[:, ladder] = isotonic(share[:, ladder], weights[:, ladder])
    mean = (weights * share).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
    wrong = np.flatnonzero((direction * (rising - mean) < 0).any(axis=1))
    if not len(wrong):
        return rising
    lower, upper = ladder[:-1], ladder[1:]
    without_top = isotonic(share[np.ix_(wrong, lower)], weights[np.ix_(wrong, lower)])
    without_bottom = isotonic(share[np.ix_(wrong, upper)], weights[np.ix_(wrong, upper)])

    def held(neutral: Floats) -> Floats:
        outside = direction * (rising[wrong] - neutral) < 0
        fitted = np.where(outside, neutral, rising[wrong])
        # Once an end of the ladder is held, the rest need not give way to it any more.
        top, bottom = outside[:, ladder[-1:]], outside[:, ladder[:1]]
        fitted[:, lower] = np.where(top, np.minimum(without_top, neutral), fitted[:, lower])
        fitted[:, upper] = np.where(bottom, np.maximum(without_bottom, neutral), fitted[:, upper])
        return fitted

    low = share[wrong].min(axis=1, keepdims=True)
    high = share[wrong].max(axis=1, keepdims=True)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        excess = (weights[wrong] * (held(middle) - middle)).sum(axis=1, keepdims=True)
        low, high = np.where(excess > 0, middle, low), np.where(excess > 0, high, middle)
    rising[wrong] = held(high)
    return rising


def isotonic(values: Floats, weights: Floats) -> Floats:
    """Return the isotonic regression of each row: max over starts of min over ends of the mean.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows, n_steps)
    weights : ndarray of float64, shape (n_rows, n_steps)
        Above 0.

    Examples
    --------
    >>> isotonic(np.array([[3.0, 1.0, 4.0]]), np.ones((1, 3))).tolist()
    [[2.0, 2.0, 4.0]]
    """
    if (values[:, 1:] >= values[:, :-1]).all():
        return values.copy()
    fitted = np.full(values.shape, -np.inf)
    for start in range(values.shape[1]):
        total = np.cumsum(weights[:, start:], axis=1)
        mean = np.cumsum(values[:, start:] * weights[:, start:], axis=1) / total
        lowest = np.minimum.accumulate(mean[:, ::-1], axis=1)[:, ::-1]
        fitted[:, start:] = np.maximum(fitted[:, start:], lowest)
    return fitted

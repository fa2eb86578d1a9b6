"""Shares of present pairs that keep to the order of the levels, as near as can be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]


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
    rising[wrong] = _held_at_neutral(share[wrong], rising[wrong], weights[wrong], direction, ladder)
    return rising


def _held_at_neutral(
    share: Floats, rising: Floats, weights: Floats, direction: Positions, ladder: Positions
) -> Floats:
    """Return the rising shares with what is on the wrong side of the neutral share held there."""
    lower, upper = ladder[:-1], ladder[1:]
    # Once an end of the ladder is held, the rest need not give way to it any more.
    without_top = isotonic(share[:, lower], weights[:, lower])
    without_bottom = isotonic(share[:, upper], weights[:, upper])

    def held(neutral: Floats) -> Floats:
        outside = direction * (rising - neutral) < 0
        fitted = np.where(outside, neutral, rising)
        top, bottom = outside[:, ladder[-1:]], outside[:, ladder[:1]]
        fitted[:, lower] = np.where(top, np.minimum(without_top, neutral), fitted[:, lower])
        fitted[:, upper] = np.where(bottom, np.maximum(without_bottom, neutral), fitted[:, upper])
        return fitted

    def excess(neutral: Floats) -> Floats:
        over: Floats = (weights * (held(neutral) - neutral)).sum(axis=1, keepdims=True)
        return over

    # What is held changes at these shares only: between two of them the excess is a line.
    corners = np.concatenate([rising, without_top, without_bottom, share], axis=1)
    corners.sort(axis=1)
    return held(_root_between(corners, excess))


def _root_between(corners: Floats, excess: Callable[[Floats], Floats]) -> Floats:
    """Return where a falling function that is linear between sorted corners is 0, row by row.

    It is not negative at the first corner and not positive at the last, shape (n_rows, n_corners).
    """
    low = np.zeros((len(corners), 1), np.int64)
    high = low + corners.shape[1] - 1
    for _ in range(corners.shape[1].bit_length()):
        middle = (low + high) // 2
        is_left = excess(np.take_along_axis(corners, middle, axis=1)) > 0
        low, high = np.where(is_left, middle, low), np.where(is_left, high, middle)
    left, right = (np.take_along_axis(corners, end, axis=1) for end in (low, high))
    fall = excess(left) - excess(right)
    part = np.divide(excess(left), fall, out=np.ones_like(fall), where=fall > 0)
    root: Floats = left + part.clip(0, 1) * (right - left)
    return root


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

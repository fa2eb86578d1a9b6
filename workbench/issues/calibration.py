"""Log-odds from a measure that only ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.exceptions import NotFittedError
from sklearn.isotonic import isotonic_regression

_PSEUDO_COUNT = 0.5
_NEWTON_STEPS = 20


class MonotoneLogOdds:
    """Log of the density ratio of two samples, never falling along the measure.

    The mean of two estimates: a straight line (logistic regression on the measure) and a
    staircase (isotonic regression of the share of the first sample in quantile bins, interpolated
    between the bins' means). The staircase alone follows chance where pairs are few, and the line
    alone misses where the measure bends. Both samples weigh the same, so that 0 means "no
    evidence", not "as likely as not".

    Parameters
    ----------
    n_bins : int

    Attributes
    ----------
    levels_ : ndarray of float64, shape (n_levels,)
        Means of the bins, ascending.
    steps_ : ndarray of float64, shape (n_levels,)
        Log-odds of the staircase at the levels.
    slope_, intercept_ : float
        Of the line; the slope is 0 or more.

    Examples
    --------
    >>> calibrated = MonotoneLogOdds().fit(np.array([1, 1, 1, 0]), np.array([0, 0, 0, 1]))
    >>> calibrated.steps_.round(2).tolist()  # shares of (1 + .5) / (4 + 1) and (3 + .5) / (4 + 1)
    [-0.85, 0.85]
    """

    def __init__(self, n_bins: int = 200) -> None:
        self.n_bins = n_bins

    def fit(self, first: NDArray[np.floating], second: NDArray[np.floating]) -> MonotoneLogOdds:
        """Fit to the measure on pairs that carry the label and on pairs that do not."""
        if not (len(first) and len(second)):
            raise ValueError(f"both samples need pairs, found {len(first)} and {len(second)}")
        values = np.concatenate([first, second]).astype(np.float64)
        is_first = np.repeat([1.0, 0.0], [len(first), len(second)])
        weight = np.where(is_first > 0, 1.0, len(first) / len(second))
        bins = _quantile_bins(values, weight, self.n_bins)
        n_bins = int(bins.max()) + 1
        total = np.bincount(bins, weight, n_bins).astype(np.float64)
        of_first = np.bincount(bins, is_first, n_bins)
        share = (of_first + _PSEUDO_COUNT) / (total + 2 * _PSEUDO_COUNT)
        self.levels_ = np.asarray(np.bincount(bins, weight * values, n_bins) / total, np.float64)
        self.slope_, self.intercept_ = _line(self.levels_, of_first / total, total)
        rising = isotonic_regression(share, sample_weight=total)
        self.steps_ = np.log(rising / (1 - rising))
        return self

    def predict(self, measure: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the log-odds of each value; beyond the fitted range only the line goes on."""
        staircase = self.staircase(measure)
        line = self.slope_ * measure.astype(np.float64) + self.intercept_
        return ((staircase + line) / 2).astype(np.float32)

    def staircase(self, measure: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the log-odds of the staircase alone, which never exceed those of a whole bin."""
        if not hasattr(self, "levels_"):
            raise NotFittedError("MonotoneLogOdds: call fit before predict")
        values = np.interp(measure.astype(np.float64), self.levels_, self.steps_)
        return np.asarray(values, np.float64)


def _line(
    values: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Return slope and intercept of a weighted logistic regression, the slope 0 or more."""
    centre, scale = values.mean(), values.std()
    if scale < 1e-9:
        return 0.0, 0.0
    design = np.stack([(values - centre) / scale, np.ones(len(values))], axis=1)
    w = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        p = expit(design @ w)
        slope = design.T @ (weight * (p - target)) + w
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + np.eye(2)
        step = np.linalg.solve(curvature, slope)
        w -= step / max(float(np.abs(step).max()), 1.0)
    if w[0] <= 0:
        return 0.0, 0.0
    return float(w[0] / scale), float(w[1] - w[0] * centre / scale)


def _quantile_bins(
    values: NDArray[np.float64], weight: NDArray[np.float64], n_bins: int
) -> NDArray[np.int64]:
    """Return bins of about equal weight, numbered without gaps; equal values share one."""
    order = np.argsort(values, kind="stable")
    ordered, cumulated = values[order], np.cumsum(weight[order])
    last = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
    of_value = np.ceil(cumulated[last] / cumulated[-1] * n_bins).astype(np.int64)
    numbered = np.cumsum(np.r_[0, np.diff(of_value) > 0])
    bins = np.empty(len(values), np.int64)
    bins[order] = np.repeat(numbered, np.diff(np.r_[-1, last]))
    return bins

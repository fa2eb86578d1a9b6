"""Intervals of shares whose cases come in clusters, such as the pairs of one instance."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.95


def wilson_interval(share: Floats, n: Floats, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return the lower and the upper end of Wilson's interval.

    Parameters
    ----------
    share : ndarray of float64 in [0, 1]
        NaN gives NaN.
    n : ndarray of float64
        Cases behind each share, or as many as they are worth; 0 gives NaN.

    Notes
    -----
    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([0.8]), np.array([100.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.711], [0.867])
    """
    z2 = ndtri((1 + level) / 2) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    known = (n > 0) & np.isfinite(share)
    low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def cases_worth(
    share: Floats, n: Ints, n_clusters: Ints, squares: Floats, within: Floats | float = 0.0
) -> Floats:
    """Return how many independent cases clustered ones are worth.

    Parameters
    ----------
    share : ndarray of float64 in [0, 1], shape (n_groups,)
    n, n_clusters : ndarray of int64, shape (n_groups,)
        Cases, and clusters that have one.
    squares : ndarray of float64, shape (n_groups,)
        Sum over clusters of (the cluster's sum of value - share) squared.
    within : ndarray of float64, shape (n_groups,), or 0
        Variance that the values have on top, such as p (1 - p) summed over probabilities p.

    Returns
    -------
    ndarray of float64, shape (n_groups,)
        Between 1 and n, 0 where n is 0. Where nothing varies, the number of clusters.

    Notes
    -----
    The effective sample size of survey sampling: the n at which independent cases would have the
    variance that the clusters show (Korn and Graubard, "Confidence Intervals for Proportions with
    Small Expected Number of Positive Counts Estimated from Survey Data", Survey Methodology 24,
    1998). It is held to n, so clusters never narrow an interval.
    """
    clusters = np.maximum(n_clusters, 1)
    correction = np.where(n_clusters > 1, clusters / np.maximum(clusters - 1, 1), 1.0)
    variance = (squares * correction + within) / np.maximum(n, 1) ** 2
    binomial = share * (1 - share)
    with np.errstate(invalid="ignore", divide="ignore"):
        worth = np.where((variance > 0) & (binomial > 0), binomial / variance, clusters)
    # One cluster does not show how much clusters differ.
    worth = np.where(n_clusters <= 1, 1.0, np.clip(worth, 1.0, np.maximum(n, 1)))
    return np.where(n > 0, worth, 0.0)


def squares_about(mean: Floats, squares: Floats, products: Floats, sizes: Floats) -> Floats:
    """Return the sum over clusters of (x - mean c)², from the sums of x², x c and c².

    Rounding leaves some 1e-16 of the sums where all clusters are alike; that counts as 0.
    """
    about = squares + mean**2 * sizes
    spread = about - 2 * mean * products
    return np.where(spread > 1e-9 * about, spread, 0.0)


@dataclass(frozen=True, eq=False)
class ClusterSums:
    """What of clustered values adds up, a group an element: parts that share no cluster add with +.

    Parameters
    ----------
    n, n_clusters : ndarray of int64, shape (n_groups,)
        Cases, and clusters that have one.
    values, within : ndarray of float64, shape (n_groups,)
        Sums over the cases of v and v (1 - v).
    squares, products, sizes : ndarray of float64, shape (n_groups,)
        Sums over the clusters of x², x c and c², with x the sum of a cluster's values and c its
        cases.
    """

    n: Ints
    n_clusters: Ints
    values: Floats
    within: Floats
    squares: Floats
    products: Floats
    sizes: Floats

    @classmethod
    def of(cls, values: Floats, group: Ints, cluster: Ints, n_groups: int) -> ClusterSums:
        """Return the sums of values in [0, 1] of some groups and clusters, shape (n,) each."""
        width = int(cluster.max(initial=0)) + 1
        cell, keys = pd.factorize(group * width + cluster)
        x = np.bincount(cell, values, len(keys))
        c = np.bincount(cell, minlength=len(keys)).astype(np.float64)
        of_cell = keys // width

        def summed(numbers: NDArray[Any], groups: Ints) -> Floats:
            return np.bincount(groups, numbers, n_groups).astype(np.float64)

        return cls(
            n=np.bincount(group, minlength=n_groups).astype(np.int64),
            n_clusters=np.bincount(of_cell, minlength=n_groups).astype(np.int64),
            values=summed(values, group),
            within=summed(values * (1 - values), group),
            squares=summed(x**2, of_cell),
            products=summed(x * c, of_cell),
            sizes=summed(c**2, of_cell),
        )

    def __add__(self, other: ClusterSums) -> ClusterSums:
        """Return the sums over both parts."""
        names = [field.name for field in fields(self)]
        return ClusterSums(*(getattr(self, name) + getattr(other, name) for name in names))

    def mean(self) -> tuple[Floats, Floats]:
        """Return the mean of each group, NaN if it is empty, and the cases it is worth."""
        with np.errstate(invalid="ignore"):
            mean = self.values / self.n
        spread = squares_about(mean, self.squares, self.products, self.sizes)
        return mean, cases_worth(mean, self.n, self.n_clusters, spread, self.within)

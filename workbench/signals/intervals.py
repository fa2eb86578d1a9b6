"""Intervals of shares whose cases come in clusters, such as the pairs of one instance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.95
# Of more cases those of some clusters at a time are counted: 200 MB.
_CASES_AT_ONCE = 4_000_000


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
    z2 = norm.ppf((1 + level) / 2) ** 2
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


def mean_by_group(
    values: Floats, group: Ints, cluster: Ints, n_groups: int
) -> tuple[Ints, Floats, Floats]:
    """Return of every group its size, its mean and how many independent cases it is worth.

    Parameters
    ----------
    values : ndarray of float64 in [0, 1], shape (n,)
        Either 0 and 1, or the probability that a hidden state is 1.
    group, cluster : ndarray of int64, shape (n,)

    Returns
    -------
    tuple of ndarray, shape (n_groups,) each
        The mean of an empty group is NaN.
    """
    n = np.bincount(group, minlength=n_groups).astype(np.int64)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(group, values, n_groups) / n
    squares, n_clusters = np.zeros(n_groups), np.zeros(n_groups, np.int64)
    for part in _parts_of_clusters(cluster):
        of_part = group[part]
        width = int(cluster.max()) + 1
        cells, keys = pd.factorize(of_part * width + cluster[part])
        sums = np.bincount(cells, values[part] - mean[of_part], len(keys))
        of_cell = keys // width
        squares += np.bincount(of_cell, sums**2, n_groups)
        n_clusters += np.bincount(of_cell, minlength=n_groups)
    within = np.bincount(group, values * (1 - values), n_groups).astype(np.float64)
    return n, mean, cases_worth(mean, n, n_clusters, squares, within)


def _parts_of_clusters(cluster: Ints) -> Iterator[slice | Ints]:
    """Yield where the cases of some clusters at a time are, for tables that fit into memory."""
    n_parts = len(cluster) // _CASES_AT_ONCE + 1
    if n_parts == 1 and len(cluster):
        yield slice(None)
        return
    part = cluster // (int(cluster.max(initial=0)) // n_parts + 1)
    for number in range(n_parts if len(cluster) else 0):
        yield np.flatnonzero(part == number)

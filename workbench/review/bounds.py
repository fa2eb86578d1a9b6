"""How many of a finite set are right at least, from a random sample of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

CONFIDENCE = 0.95


def least_right(
    n_right: int, n_sample: int, n_pairs: int, *, confidence: float = CONFIDENCE
) -> int:
    """Return the lower bound of how many of all pairs are right.

    Parameters
    ----------
    n_right : int
        Of the sample.
    n_sample : int
        Drawn at random, without putting back.
    n_pairs : int
        In all, with those of the sample.
    confidence : float
        With which the true number is not below the bound, whatever it is.

    Raises
    ------
    ValueError
        Unless ``0 <= n_right <= n_sample <= n_pairs``.

    Notes
    -----
    The bound is the smallest number K that the sample does not refute: with K right ones among all,
    so many right ones in the sample would be seen with more than 5 %. This is the test of Clopper
    and Pearson (1934) with the hypergeometric law in place of the binomial one, which thinks of an
    endless set: a sample of 20 says more of 30 pairs than of 3,000, and all of 20.

    Examples
    --------
    >>> least_right(20, 20, 412), least_right(20, 20, 30), least_right(19, 20, 20)
    (357, 28, 19)
    """
    if not 0 <= n_right <= n_sample <= n_pairs:
        raise ValueError(
            f"expected 0 <= n_right <= n_sample <= n_pairs, found {n_right}, {n_sample}, {n_pairs}"
        )
    low, high = n_right, n_pairs - (n_sample - n_right)
    while low < high:
        middle = (low + high) // 2
        seen = _as_many(n_right, n_sample, middle, n_pairs)
        low, high = (low, middle) if seen > 1 - confidence else (middle + 1, high)
    return low


def least_share_of_rest(n_right: int, n_sample: int, n_pairs: int) -> float:
    """Return the lower bound as a share of the pairs that are not in the sample; 1 if all are.

    Examples
    --------
    >>> round(least_share_of_rest(20, 20, 412), 3)  # (357 - 20) / (412 - 20)
    0.86
    """
    n_rest = n_pairs - n_sample
    return (least_right(n_right, n_sample, n_pairs) - n_right) / n_rest if n_rest else 1.0


def _as_many(n_right: int, n_sample: int, n_right_of_all: int, n_pairs: int) -> float:
    """Return how probable a sample with as many right ones is: the hypergeometric law."""
    n_wrong_of_all = n_pairs - n_right_of_all
    right = np.arange(max(n_right, n_sample - n_wrong_of_all), min(n_sample, n_right_of_all) + 1)
    of_right = _log_choose(n_right_of_all, right)
    of_wrong = _log_choose(n_wrong_of_all, n_sample - right)
    return float(np.exp(of_right + of_wrong - _log_choose(n_pairs, n_sample)).sum())


def _log_choose(n: int, k: NDArray[np.int64] | int) -> NDArray[np.float64]:
    log_choose: NDArray[np.float64] = -betaln(k + 1, n - k + 1) - np.log(n + 1)
    return log_choose

"""How good probabilities are: order, calibration and log loss, for one draw or many resamples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluate.ranking import divide

Floats = NDArray[np.float64]

# No probability counts as surer than this, so that one slip does not make the log loss infinite.
LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """How many present and how many absent pairs have each distinct probability.

    Every measure of this file is a function of these counts; with a further leading axis they are
    those of many resamples, measured in one go.

    Parameters
    ----------
    values : ndarray of float64, shape (n_values,)
        Distinct and rising, in [0, 1].
    present, absent : ndarray of float64, shape (..., n_values)

    Examples
    --------
    >>> counts = ValueCounts.of(np.array([0.9, 0.1, 0.9]), np.array([True, False, False]))
    >>> counts.values.tolist(), counts.present.tolist(), counts.absent.tolist()
    ([0.1, 0.9], [0.0, 1.0], [1.0, 1.0])
    """

    values: Floats
    present: Floats
    absent: Floats

    @classmethod
    def of(cls, probabilities: Floats, truth: NDArray[np.bool_]) -> ValueCounts:
        """Return the counts of the pairs.

        Raises
        ------
        ValueError
            If the lengths differ or a probability is not in [0, 1].
        """
        check_probabilities(probabilities, truth)
        values, code = np.unique(probabilities.astype(np.float64), return_inverse=True)
        present = np.bincount(code, truth, len(values))
        absent = np.bincount(code, ~truth, len(values))
        return cls(values, present.astype(np.float64), absent.astype(np.float64))

    @property
    def n_pairs(self) -> Floats:
        """Number of pairs, shape (...)."""
        total: Floats = (self.present + self.absent).sum(axis=-1)
        return total


def check_probabilities(probabilities: Floats, truth: NDArray[np.bool_]) -> None:
    """Raise unless there is a probability in [0, 1] for every pair.

    Raises
    ------
    ValueError
    """
    if len(probabilities) != len(truth):
        raise ValueError(f"{len(probabilities)} probabilities, but {len(truth)} pairs of truth")
    strange = ~((probabilities >= 0) & (probabilities <= 1))
    if strange.any():
        raise ValueError(
            f"probabilities must be in [0, 1], found {int(strange.sum())} others: "
            f"{probabilities[strange][:5].tolist()}"
        )


def area_under_curve(counts: ValueCounts) -> Floats:
    """Return the chance that a present pair has a higher probability than an absent one.

    Equal probabilities count half; NaN where one of the two states does not occur.

    Examples
    --------
    >>> counts = ValueCounts.of(np.array([0.9, 0.1, 0.9]), np.array([True, False, False]))
    >>> float(area_under_curve(counts))  # (1 + 1/2) / (1 * 2)
    0.75
    """
    below = np.cumsum(counts.absent, axis=-1) - counts.absent / 2
    n_both = counts.present.sum(axis=-1) * counts.absent.sum(axis=-1)
    return divide((counts.present * below).sum(axis=-1), n_both)


def average_precision_of(counts: ValueCounts) -> Floats:
    """Return the mean over the present pairs of the precision down to their probability.

    Pairs of one probability are taken together, as in scikit-learn; NaN without present pairs.
    """
    hits = np.cumsum(counts.present[..., ::-1], axis=-1)
    ranked = np.cumsum((counts.present + counts.absent)[..., ::-1], axis=-1)
    gained = counts.present[..., ::-1] * divide(hits, ranked)
    # A value without pairs in a resample has precision 0/0, and no share in the mean.
    return divide(np.nansum(gained, axis=-1), counts.present.sum(axis=-1))


def log_loss(counts: ValueCounts) -> Floats:
    """Return the mean of -log of the probability given to what is true; 0 is best.

    Probabilities are kept ``LEAST`` away from 0 and 1; always saying the base rate π costs
    -π log π - (1 - π) log(1 - π).
    """
    kept = counts.values.clip(LEAST, 1 - LEAST)
    total = -(counts.present @ np.log(kept) + counts.absent @ np.log1p(-kept))
    return divide(total, counts.n_pairs)


def calibration_error(counts: ValueCounts, n_bins: int = 10) -> Floats:
    """Return the expected calibration error: how far probabilities are from the shares that hold.

    The mean over pairs of |mean probability - share present| of their bin, bins of equal width.
    Of few pairs it is never 0, for the shares vary by chance.

    Notes
    -----
    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning", AAAI 2015.
    """
    excess = counts.present - (counts.present + counts.absent) * counts.values
    starts, _ = _bin_starts(counts.values, n_bins)
    gaps = np.abs(np.add.reduceat(excess, starts, axis=-1)).sum(axis=-1)
    return divide(gaps, counts.n_pairs)


def reliability_table(counts: ValueCounts, n_bins: int = 10) -> pd.DataFrame:
    """Return one row a bin that holds pairs: ``low, high, n_pairs, mean_probability, present``.

    ``present`` is the share of the bin's pairs that are present; in a calibrated posterior it is
    the mean probability. Of a single draw, not of resamples.

    Examples
    --------
    >>> counts = ValueCounts.of(np.array([0.9, 0.1, 0.9]), np.array([True, False, False]))
    >>> reliability_table(counts, n_bins=2).to_numpy().tolist()
    [[0.0, 0.5, 1.0, 0.1, 0.0], [0.5, 1.0, 2.0, 0.9, 0.5]]
    """
    starts, bins = _bin_starts(counts.values, n_bins)
    both = counts.present + counts.absent
    n_pairs = np.add.reduceat(both, starts)
    return pd.DataFrame(
        {
            "low": bins / n_bins,
            "high": (bins + 1) / n_bins,
            "n_pairs": n_pairs.astype(np.int64),
            "mean_probability": np.add.reduceat(both * counts.values, starts) / n_pairs,
            "present": np.add.reduceat(counts.present, starts) / n_pairs,
        }
    )


def _bin_starts(values: Floats, n_bins: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each bin that has values starts among them, and its number."""
    bins = np.minimum((values * n_bins).astype(np.int64), n_bins - 1)
    found, starts = np.unique(bins, return_index=True)
    return starts.astype(np.int64), found


MEASURES: Mapping[str, Callable[[ValueCounts], Floats]] = {
    "auc": area_under_curve,
    "log_loss": log_loss,
    "calibration_error": calibration_error,
    "average_precision": average_precision_of,
}

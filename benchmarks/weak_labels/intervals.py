"""Means over runs with 95 % intervals: over generated shops, or over a few queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from workbench.evaluate.probabilities import MEASURES
from workbench.evaluate.source_worth import JudgedPosteriors, draw_resamples

Floats = NDArray[np.float64]
_N_RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class Estimate:
    """Measures of every choice of sources, and their differences to all together.

    Parameters
    ----------
    choices : list of str
        The first is all sources together.
    values, low, high : ndarray of float64, shape (n_choices, n_measures)
    gain, gain_low, gain_high : ndarray of float64, shape (n_choices, n_measures)
        Of all sources over the choice: positive where all is *higher*.
    n_runs : int
    """

    choices: list[str]
    values: Floats
    low: Floats
    high: Floats
    gain: Floats
    gain_low: Floats
    gain_high: Floats
    n_runs: int

    def measure(self, choice: str, name: str) -> tuple[float, float, float]:
        """Return value, low and high of one measure."""
        at = self.choices.index(choice), list(MEASURES).index(name)
        return float(self.values[at]), float(self.low[at]), float(self.high[at])

    def gain_of(self, choice: str, name: str) -> tuple[float, float, float]:
        """Return what all sources add to one measure of a choice, with its interval."""
        at = self.choices.index(choice), list(MEASURES).index(name)
        return float(self.gain[at]), float(self.gain_low[at]), float(self.gain_high[at])


def over_runs(runs: list[JudgedPosteriors]) -> Estimate:
    """Return means over independent runs with Student's intervals; one run has none."""
    each = [run.measures() for run in runs]
    choices = each[0].index.tolist()
    found = np.stack([table.loc[choices, list(MEASURES)].to_numpy(np.float64) for table in each])
    gains = found[:, :1] - found
    values, low, high = _student(found)
    gain, gain_low, gain_high = _student(gains)
    return Estimate(choices, values, low, high, gain, gain_low, gain_high, len(runs))


def over_queries(runs: list[JudgedPosteriors], random_state: int) -> Estimate:
    """Return means over runs on the same queries, with intervals that resample the queries."""
    instance_ids = pd.Index(sorted(set().union(*(set(r.pairs["instance_id"]) for r in runs))))
    rng = np.random.default_rng(random_state)
    weights = draw_resamples(len(instance_ids), _N_RESAMPLES, rng)
    weights = np.concatenate([np.ones((1, len(instance_ids))), weights])
    found = np.mean([run.resampled(weights, instance_ids) for run in runs], axis=0)
    gains = found[:, :1] - found
    edges = [0.025, 0.975]
    low, high = np.nanquantile(found[1:], edges, axis=0)
    gain_low, gain_high = np.nanquantile(gains[1:], edges, axis=0)
    choices = runs[0].posteriors.columns.tolist()
    return Estimate(choices, found[0], low, high, gains[0], gain_low, gain_high, len(runs))


def _student(found: Floats) -> tuple[Floats, Floats, Floats]:
    mean = found.mean(axis=0)
    if len(found) < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    reach = float(student.ppf(0.975, len(found) - 1)) * error
    return mean, mean - reach, mean + reach

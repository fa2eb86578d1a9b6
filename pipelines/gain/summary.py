"""How much of what noise costs comes back, over several seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from pipelines.gain.measuring import CLEAN, KS, NOISY

PRECISIONS = [f"P@{k}" for k in KS]
SCORED = [f"PSP@{k}" for k in KS]
DONE = ("asked", "found", "unseen", "spoilt")
_LEVEL = 0.95


def recovered(points: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the lost P@1/3/5 that each way brings back, and how PSP@1/3/5 moves.

    Parameters
    ----------
    points : pd.DataFrame
        As of :func:`pipelines.gain.measuring.measure_ways`, with a column ``seed``.

    Returns
    -------
    pd.DataFrame
        Indexed by way and share, in their order: ``recovered, low, high`` (of the sum of the three,
        1 is all of it), ``psp`` (mean change of the three, in points, with ``psp_low, psp_high``),
        and the means of what was done. Intervals of 95 % are Student's over seeds, NaN with one.

    Notes
    -----
    The share is a ratio of means, and its interval that of the ratio's linear terms (Cochran,
    "Sampling Techniques", 3rd ed. 1977, section 6.3): a mean of ratios would be led by the seed in
    which noise happens to cost least.
    """
    at_start, at_best = (points[points["way"] == way].set_index("seed") for way in (NOISY, CLEAN))
    spent = points[~points["way"].isin([NOISY, CLEAN])]
    gap = (at_best[PRECISIONS] - at_start[PRECISIONS]).sum(axis=1)
    start = at_start.loc[spent["seed"]]
    gained = (spent[PRECISIONS].to_numpy() - start[PRECISIONS].to_numpy()).sum(axis=1)
    moved = 100 * (spent[SCORED].to_numpy() - start[SCORED].to_numpy()).mean(axis=1)
    spent = spent.assign(gained=gained, gap=gap.loc[spent["seed"]].to_numpy(), moved=moved)
    rows = {}
    for key, part in spent.groupby(["way", "share"], sort=False):
        ratio = part["gained"].sum() / part["gap"].sum()
        terms = ratio + (part["gained"] - ratio * part["gap"]) / part["gap"].mean()
        mean, low, high = interval_of(terms)
        psp, psp_low, psp_high = interval_of(part["moved"])
        rows[key] = {"recovered": mean, "low": low, "high": high}
        rows[key] |= {"psp": psp, "psp_low": psp_low, "psp_high": psp_high}
        rows[key] |= {name: float(part[name].mean()) for name in DONE}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index = frame.index.set_names(["way", "share"])
    return frame


def gap_of(points: pd.DataFrame) -> pd.DataFrame:
    """Return the measures before, after full cleaning and between, in points, the mean over seeds.

    Returns
    -------
    pd.DataFrame
        Indexed by ``before, full cleaning, gap``; a column a measure.
    """
    columns = [*PRECISIONS, *SCORED]
    found = 100 * points.groupby("way", sort=False)[columns].mean().loc[[NOISY, CLEAN]]
    found.loc["gap"] = found.loc[CLEAN] - found.loc[NOISY]
    return found


def interval_of(values: pd.Series) -> tuple[float, float, float]:
    """Return the mean over seeds and its interval of 95 % (Student's); NaN with one seed."""
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return mean, np.nan, np.nan
    half = float(stdtrit(n - 1, (1 + _LEVEL) / 2) * values.std(ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half

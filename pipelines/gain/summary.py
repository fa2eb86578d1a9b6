"""How much of what noise costs comes back, over several seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from pipelines.gain.measuring import CLEAN, KS, NOISY

PRECISIONS = [f"P@{k}" for k in KS]
SCORED = [f"PSP@{k}" for k in KS]
DONE = ("asked", "found", "unseen", "spoilt")
# Of a smaller loss, in points, no share is told: chance would decide it.
LEAST_LOSS = 0.5
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
        1 is all of it; NaN if less than ``LEAST_LOSS`` points of their mean are lost), ``gained``
        and ``psp`` (mean change of the three P@k and PSP@k, in points, with ``gained_low,
        gained_high, psp_low, psp_high``), and the means of what was done. Intervals of 95 % are
        Student's over seeds, NaN with one.

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
    is_lost = 100 * gap.mean() / len(KS) >= LEAST_LOSS
    rows = {}
    for key, part in spent.groupby(["way", "share"], sort=False):
        ratio = part["gained"].sum() / part["gap"].sum()
        terms = ratio + (part["gained"] - ratio * part["gap"]) / part["gap"].mean()
        mean, low, high = interval_of(terms) if is_lost else (np.nan, np.nan, np.nan)
        rows[key] = {"recovered": mean, "low": low, "high": high}
        for name, values in (("gained", 100 * part["gained"] / len(KS)), ("psp", part["moved"])):
            found = interval_of(values)
            rows[key] |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
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


def told_interval(mean: float, low: float, high: float, *, digits: int) -> str:
    """Return a mean with its interval, if it has one, for people to read.

    Examples
    --------
    >>> told_interval(0.25, -0.5, 1, digits=2), told_interval(3, np.nan, np.nan, digits=0)
    ('0.25 (-0.50 to 1.00)', '3')
    """
    if np.isnan(low):
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

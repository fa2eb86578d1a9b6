"""How fast clicks fall with the position, read off impressions of a uniformly random policy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class PositionEffect:
    """Examination of position k as 1 / k^exponent.

    Parameters
    ----------
    exponent : float
        Of highest likelihood; below 0 if lower positions are clicked more.
    standard_error : float
    counts : pd.DataFrame
        ``position, impressions, clicks`` that it was fitted to.
    """

    exponent: float
    standard_error: float
    counts: pd.DataFrame


def read_position_effect(folder: Path) -> PositionEffect:
    """Return the effect in ``random_*.csv.gz``: who is shown where is drawn, so items even out."""
    files = sorted(folder.glob("random_*.csv.gz"))
    if not files:
        raise FileNotFoundError(f"{folder}: no random_*.csv.gz; name the folder of the data sets")
    log = pd.concat([pd.read_csv(path, usecols=["position", "click"]) for path in files])
    counts = log.groupby("position", as_index=False).agg(
        impressions=("click", "size"), clicks=("click", "sum")
    )
    return fit_position_effect(counts)


def fit_position_effect(counts: pd.DataFrame) -> PositionEffect:
    """Return the fit of clicks ~ Poisson(rate · impressions / k^exponent), by Newton's method."""
    shown = counts["impressions"].to_numpy(np.float64)
    clicked = counts["clicks"].to_numpy(np.float64)
    logs = np.log(counts["position"].to_numpy(np.float64))
    exponent = 0.0
    for _ in range(50):
        # Given the number of clicks, they fall on positions by these shares.
        share = shown * np.exp(-exponent * logs)
        share /= share.sum()
        mean = share @ logs
        information = clicked.sum() * (share @ (logs - mean) ** 2)
        step = (clicked.sum() * mean - clicked @ logs) / information
        exponent += step
        if abs(step) < 1e-9:
            break
    return PositionEffect(float(exponent), float(information**-0.5), counts)

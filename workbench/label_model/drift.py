"""Drift of the sources between two runs: what changed by more than chance explains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri

from workbench.label_model.source_tables import SourceTables
from workbench.signals.intervals import LEVEL

Floats = NDArray[np.float64]

# Changes that are smaller do not matter, however sure they are.
LEAST_CHANGE: Mapping[str, float] = {
    "votes": 0.1,
    "coverage": 0.05,
    "conflict": 0.02,
    "accuracy": 0.02,
    "levels": 0.1,
}
COLUMNS = ["source", "attribute", "measure", "before", "after", "change", "noise", "drifted"]
_SHARES = ("coverage", "conflict", "accuracy")
_KEY = ["source", "attribute"]
# What every level gets on top, so that a level that one run does not have stays finite.
_SMOOTHING = 0.5


def find_drift(
    before: SourceTables, after: SourceTables, *, least: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return how every source changed from one run to the next, by measure and attribute.

    Parameters
    ----------
    before, after : SourceTables
    least : mapping from measure to change, optional
        Smallest change that counts as drift, on top of `LEAST_CHANGE`.

    Returns
    -------
    DataFrame
        ``source``; ``attribute``, null over all of them; ``measure``; ``before`` and ``after``;
        ``change``; ``noise``, the largest change that chance explains; ``drifted``, whether the
        change exceeds both that and the smallest one that matters. The measures:

        * ``votes``: votes an instance; the change is relative to the larger of the two, so -1
          is a source that fell silent and 1 one that is new;
        * ``coverage``, ``conflict``, ``accuracy``: differences of the shares;
        * ``levels``: population stability index between the shares of the levels; ``before`` and
          ``after`` are null.

        What a source did in one run only has its votes compared and nothing else.

    Notes
    -----
    *Noise.* The two runs are taken as independent samples of instances; runs that share their
    instances vary less, so ``noise`` is rather too wide. Differences of shares: Newcombe,
    "Interval Estimation for the Difference Between Independent Proportions", Statistics in
    Medicine 17, 1998, method 10, from the intervals of the two shares. The index times
    n m / (n + m) is about chi-squared with one degree less than levels (Yurdakul and Naranjo,
    "Statistical Properties of the Population Stability Index", Journal of Risk Model Validation
    14, 2020); n counts an instance once a level, since its votes there stand together. All
    comparisons together are wrong with probability 0.05 at most (Bonferroni).

    *Least changes.* Among a million votes every change is beyond noise. 0.1 is the usual first
    mark of the index (Siddiqi, "Credit Risk Scorecards", 2006); the others are what a person who
    reviews would notice, and ``least`` moves them.
    """
    least = dict(LEAST_CHANGE) | dict(least or {})
    merged = _side_by_side(before, after)
    levels = _side_by_side_levels(before, after)
    sizes = levels.groupby(_KEY, dropna=False).ngroups
    n_tests = len(merged) + 3 * int(merged["both"].sum()) + sizes
    tail = (1 - LEVEL) / max(n_tests, 1)
    z = -float(ndtri(tail / 2))
    parts = [_votes(merged, z)]
    parts += [_share(merged[merged["both"]], measure, z) for measure in _SHARES]
    parts.append(_levels(levels, tail))
    table = pd.concat(parts, ignore_index=True)
    bound = table["measure"].map(least).astype("float64").clip(lower=table["noise"])
    table["drifted"] = table["change"].abs() > bound
    order = {measure: n for n, measure in enumerate(LEAST_CHANGE)}
    place = table.assign(place=table["measure"].map(order))
    ordered = place.sort_values(["source", "attribute", "place"], na_position="first")
    return ordered[COLUMNS].reset_index(drop=True)


def _side_by_side(before: SourceTables, after: SourceTables) -> pd.DataFrame:
    """Return a row for each source and attribute of either run, the figures with a suffix."""
    frames = [
        pd.concat(
            [run.sources.drop(columns="group").assign(attribute=None), run.source_attributes],
            ignore_index=True,
        ).astype({"attribute": "str"})
        for run in (before, after)
    ]
    merged = frames[0].merge(frames[1], "outer", on=_KEY, suffixes=("_before", "_after"))
    here = merged[["n_votes_before", "n_votes_after"]].notna()
    return merged.assign(both=here.all(axis=1))


def _votes(merged: pd.DataFrame, z: float) -> pd.DataFrame:
    first, second, *errors = (
        merged[f"{name}_{when}"].fillna(0.0).to_numpy(np.float64)
        for name in ("votes_per_instance", "votes_per_instance_error")
        for when in ("before", "after")
    )
    larger = np.maximum(first, second)
    noise = z * np.hypot(errors[0], errors[1]) / larger
    return _rows(merged, "votes", first, second, (second - first) / larger, noise)


def _share(merged: pd.DataFrame, measure: str, z: float) -> pd.DataFrame:
    first, low, high, second, low_after, high_after = (
        merged[f"{measure}{end}_{when}"].to_numpy(np.float64)
        for when in ("before", "after")
        for end in ("", "_low", "_high")
    )
    change = second - first
    up, down = (
        np.hypot(second - low_after, high - first),
        np.hypot(high_after - second, first - low),
    )
    # The intervals are of one comparison; for all of them they are stretched.
    stretch = z / float(ndtri((1 + LEVEL) / 2))
    return _rows(merged, measure, first, second, change, stretch * np.where(change > 0, up, down))


def _side_by_side_levels(before: SourceTables, after: SourceTables) -> pd.DataFrame:
    """Return a row for each source, attribute and level of either run, for pairs in both."""
    columns = [*_KEY, "level", "n_votes", "n_instances"]
    frames = [
        pd.concat(
            [run.source_levels.assign(attribute=None)[columns], run.source_level_counts[columns]],
            ignore_index=True,
        ).astype({"attribute": "str"})
        for run in (before, after)
    ]
    merged = frames[0].merge(
        frames[1], "outer", on=[*_KEY, "level"], suffixes=("_before", "_after")
    )
    counts = [f"{n}_{when}" for n in ("n_votes", "n_instances") for when in ("before", "after")]
    merged[counts] = merged[counts].fillna(0)
    totals = merged.groupby(_KEY, dropna=False)[["n_votes_before", "n_votes_after"]]
    return merged[(totals.transform("sum") > 0).all(axis=1)].reset_index(drop=True)


def _levels(merged: pd.DataFrame, tail: float) -> pd.DataFrame:
    grouped = merged.groupby(_KEY, dropna=False)
    group = grouped.ngroup().to_numpy(np.int64)
    shares = []
    for when in ("before", "after"):
        counts = merged[f"n_votes_{when}"].to_numpy(np.float64) + _SMOOTHING
        shares.append(counts / np.bincount(group, counts)[group])
    terms = (shares[1] - shares[0]) * np.log(shares[1] / shares[0])
    index = np.bincount(group, terms).astype(np.float64)
    table = grouped[["n_instances_before", "n_instances_after"]].sum().reset_index()
    n, m = (table[f"n_instances_{when}"].to_numpy(np.float64) for when in ("before", "after"))
    n_levels = np.bincount(group)
    noise = chdtri(np.maximum(n_levels - 1, 1), tail) * (1 / n + 1 / m)
    nothing = np.full(len(table), np.nan)
    return _rows(table, "levels", nothing, nothing, index, noise)


def _rows(
    merged: pd.DataFrame,
    measure: str,
    before: Floats,
    after: Floats,
    change: Floats,
    noise: Floats,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": merged["source"].to_numpy(),
            "attribute": merged["attribute"].to_numpy(),
            "measure": measure,
            "before": before,
            "after": after,
            "change": change,
            "noise": noise,
        }
    ).astype({"source": "str", "attribute": "str", "measure": "str"})

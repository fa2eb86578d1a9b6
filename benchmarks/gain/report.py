"""RESULTS_GAIN.md from the records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.xmc.summary import table
from pipelines.gain.measuring import CLEAN
from pipelines.gain.orders import RANDOM
from pipelines.gain.picture import draw_gain
from pipelines.gain.summary import (
    LEAST_LOSS,
    PRECISIONS,
    SCORED,
    gap_of,
    recovered,
    told_interval,
)
from pipelines.gain.ways import BY_FOLDS, OURS, WAYS

# Of the first bars: at 30 % noise, budgets of 10 and 50 % of the given pairs.
_BARS = {"bibtex": (0.22, 0.61), "icecat": (0.36, 0.74), "delicious": (0.60, 0.80)}


def write_report(records: Sequence[dict[str, Any]], root: Path) -> None:
    """Write what comes back by each way, data set by data set, and a picture for each noise."""
    points = points_of(records)
    lines = [
        "# What review brings back",
        "",
        "Written by `python -m benchmarks.gain`; what is measured stands in",
        "[README.md](README.md#what-review-brings-back). Means over seeds, intervals of 95 %.",
        f"Of a loss below {LEAST_LOSS:g} points no share is told.",
    ]
    for noise, of_noise in points.groupby("noise"):
        worlds = [(str(name), part) for name, part in of_noise.groupby("data_set")]
        percent = f"{100 * noise:g}"
        picture = Path("docs/pictures") / f"gain_{percent}.svg"
        draw_gain(worlds, root / picture)
        lines += ["", f"![Precision against decisions at {percent} % noise](../{picture})"]
        for name, part in worlds:
            lines += ["", f"## {name}, {percent} % noise", ""]
            lines += _of_world(part, round(part["n_given"].mean()))
            if noise == _BAR_NOISE and name in _BARS:
                lines += _held_to_bars(part, _BARS[name])
    (root / "benchmarks/RESULTS_GAIN.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


def points_of(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return all points as one table."""
    frames = [
        pd.DataFrame(one["points"]).assign(
            **{name: one[name] for name in ("data_set", "noise", "seed", "n_given")}
        )
        for one in records
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["share"] = frame["share"].astype("float64")
    return frame


_BAR_NOISE = 0.3


def _of_world(points: pd.DataFrame, n_given: int) -> list[str]:
    gaps = gap_of(points)
    told = [
        f"P@1/3/5 {_points(gaps.iloc[0][PRECISIONS])} of the noisy labels, "
        f"{_points(gaps.loc[CLEAN][PRECISIONS])} of the true ones: "
        f"{_points(gaps.loc['gap'][PRECISIONS])} points are lost;",
        f"PSP@1/3/5 {_points(gaps.iloc[0][SCORED])} and {_points(gaps.loc[CLEAN][SCORED])}.",
        f"{points['seed'].nunique()} seeds, {n_given:,} given pairs.",
        "",
    ]
    found, rows = recovered(points), []
    for way in WAYS:
        if way not in found.index.get_level_values("way"):
            continue
        for i, (share, point) in enumerate(found.loc[way].iterrows()):
            asked = max(point["asked"], 1.0)
            rows.append(
                [
                    way if i == 0 else "",
                    f"{100 * float(str(share)):g} %",
                    f"{point['found'] / asked:.2f}",
                    f"{point['unseen']:,.0f} ({point['spoilt']:,.0f})" if point["unseen"] else "",
                    _told(100 * point, "recovered", "low", "high", digits=0),
                    _told(point, "gained", "gained_low", "gained_high", digits=2),
                    _told(point, "psp", "psp_low", "psp_high", digits=2),
                ]
            )
    header = [
        *("way", "budget", "errors a decision", "changed unseen (spoilt)"),
        *("% of the lost P@1/3/5", "P@1/3/5, points", "PSP@1/3/5, points"),
    ]
    return [*told, *table(header, rows)]


def _held_to_bars(points: pd.DataFrame, bars: tuple[float, float]) -> list[str]:
    found = 100 * recovered(points)["recovered"]
    told = {way: [f"{found.loc[(way, share)]:.0f}" for share in _BAR_SHARES] for way in _BARRED}
    wanted = [f"{100 * bar:.0f}" for bar in bars]
    return [
        "",
        f"At {' and '.join(f'{share:.0%}' for share in _BAR_SHARES)}, one decision a pair, "
        f"{' and '.join(wanted)} % are wanted: "
        + "; ".join(f"{way} brings {' and '.join(cells)} %" for way, cells in told.items())
        + ".",
    ]


_BAR_SHARES, _BARRED = (0.1, 0.5), (OURS, BY_FOLDS, RANDOM)


def _points(values: pd.Series) -> str:
    return "/".join(f"{value:.1f}" for value in values)


def _told(point: pd.Series, mean: str, low: str, high: str, *, digits: int) -> str:
    return "" if np.isnan(point[mean]) else told_interval(*point[[mean, low, high]], digits=digits)

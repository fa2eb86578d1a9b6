"""The growth of our time as a table and as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from benchmarks.xmc.summary import short, spread, table

AXES = {
    "n_rows": "rows of training",
    "n_labels": "labels",
    "n_words": "non-zeros a row",
}
_TRAINING, _PREDICTION = "training", "prediction of 20,000 rows"
_N_PREDICTED = 20_000
_COLOURS = {_TRAINING: "#2a5d9f", _PREDICTION: "#c2703d"}
_GREY, _PALE = "#444444", "#e6e6e6"
_TICKS = [digit * 10.0**power for power in range(-3, 4) for digit in (1, 2, 5)]


def growth_lines(work: Path) -> list[str]:
    """Return the chapter of RESULTS.md; nothing if growth was not measured."""
    path = work / "growth.jsonl"
    if not path.exists():
        return []
    frame = _read(path)
    rows = [
        [
            AXES[str(axis)],
            f"{size:,}",
            spread(runs["train_cpu_seconds"].tolist()),
            spread(runs["batch_cpu_us"].tolist()),
            short(float(runs["train_peak_mb"].median())),
            short(float(runs["disk_mb"].median())),
        ]
        for axis in AXES
        for size, runs in frame[frame["axis"] == axis].groupby("size")
    ]
    header = ["changed", "size", "CPU s", "CPU us a row, prediction", "peak MB", "disk MB"]
    exponents = [
        [AXES[axis], *(f"{_exponent(frame, axis, f):.2f}" for f in _FIELDS)] for axis in AXES
    ]
    return [
        "## How our time grows",
        "",
        "Made-up shop queries, one thread; 100,000 rows, 20,000 labels and 5 words a row but for",
        "what is changed. Time is proportional to size to the power of the exponent, the slope of",
        "the line through the medians on logarithmic axes.",
        "",
        "![CPU seconds against rows, labels and non-zeros a row](../docs/pictures/growth.svg)",
        "",
        *table(["exponent of", "training", "prediction"], exponents),
        "",
        *table(header, rows),
        "",
    ]


_FIELDS = ("train_cpu_seconds", "batch_cpu_us")


def draw_growth(path: Path) -> str:
    """Return the picture as a Vega-Lite definition: a panel an axis, both axes logarithmic."""
    frame = _read(path)
    medians = frame.groupby(["axis", "size"], as_index=False)[list(_FIELDS)].median()
    medians[_TRAINING] = medians["train_cpu_seconds"]
    medians[_PREDICTION] = medians["batch_cpu_us"] * _N_PREDICTED / 1e6
    points = medians.melt(["axis", "size"], [_TRAINING, _PREDICTION], "step", "seconds")
    bounds = [points["seconds"].min() / 1.5, points["seconds"].max() * 1.5]
    panels = [
        _panel(points[points["axis"] == axis], frame, axis, bounds, is_first=axis == "n_rows")
        for axis in AXES
    ]
    chart = alt.hconcat(*panels, spacing=24).configure(
        font="Helvetica, Arial, sans-serif", background="white", padding=12
    )
    return (
        chart.configure_view(stroke=None)
        .configure_axis(
            labelColor=_GREY, titleColor=_GREY, titleFontWeight="normal", domainColor=_GREY
        )
        .configure_legend(labelColor=_GREY, labelFontSize=12, symbolStrokeWidth=2)
        .configure_title(color=_GREY, fontWeight="normal", fontSize=12, anchor="start")
        .to_json()
    )


def _panel(
    points: pd.DataFrame, frame: pd.DataFrame, axis: str, bounds: list[float], *, is_first: bool
) -> alt.Chart:
    sizes = sorted(int(size) for size in points["size"].unique())
    powers = [_exponent(frame, axis, field) for field in _FIELDS]
    scale = alt.Scale(type="log", domain=bounds, nice=False)
    x_scale = alt.Scale(type="log", domain=[sizes[0], sizes[-1]], padding=12, nice=False)
    ticks = [tick for tick in _TICKS if bounds[0] <= tick <= bounds[1]]
    labelled = "datum.value < 1000 ? datum.value : datum.value / 1000 + 'k'"
    return (
        alt.Chart(points, width=200, height=200)
        .mark_line(point=alt.OverlayMarkDef(size=40), strokeWidth=2)
        .encode(
            x=alt.X("size:Q", title=AXES[axis], scale=x_scale).axis(
                values=sizes, labelExpr=labelled, grid=False
            ),
            y=alt.Y("seconds:Q", title="CPU seconds" if is_first else None, scale=scale).axis(
                values=ticks, format="~g", gridColor=_PALE, domain=False, ticks=False
            ),
            color=alt.Color("step:N", title=None)
            .scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
            .legend(orient="top"),
        )
        .properties(title=f"exponents: training {powers[0]:.2f}, prediction {powers[1]:.2f}")
    )


def _read(path: Path) -> pd.DataFrame:
    records: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    return pd.DataFrame(records).drop(columns="versions")


def _exponent(frame: pd.DataFrame, axis: str, field: str) -> float:
    """Return the slope of the line through the medians, both logarithmic."""
    medians = frame[frame["axis"] == axis].groupby("size")[field].median()
    if len(medians) < 2:
        return float("nan")
    return float(np.polyfit(np.log(medians.index.to_numpy()), np.log(medians.to_numpy()), 1)[0])

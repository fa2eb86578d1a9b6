"""The picture of what decisions bring back: precision against budgets, way by way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.gain.measuring import CLEAN, NOISY
from pipelines.gain.orders import CLEANLAB, RANDOM, UNCERTAIN
from pipelines.gain.summary import PRECISIONS, interval_of
from pipelines.gain.ways import BY_FOLDS, LOOP, OURS, PATTERNS, TAUGHT, WAYS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = (".svg", ".png", ".pdf")
# Ours are blue and green, the orders they are held against warm, chance is grey.
_STROKES = {
    OURS: ("#1f5fbf", "-", "o"),
    BY_FOLDS: ("#7fb0ea", "-", "o"),
    PATTERNS: ("#2f9e77", "-", "s"),
    TAUGHT: ("#12808f", "--", "^"),
    LOOP: ("#0b3d4f", "-", "D"),
    CLEANLAB: ("#d9822b", "-", "v"),
    UNCERTAIN: ("#b5527a", "--", "v"),
    RANDOM: ("#8a8f98", ":", "x"),
}
_WIDTH, _HEIGHT, _HEAD, _FOOT = 3.6, 2.5, 0.3, 0.85
_INK, _FAINT = "#30343b", "#dfe2e6"
_STYLE = {
    "svg.hashsalt": "gain",  # the same points make the same file
    "svg.fonttype": "none",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": _FAINT,
}


def draw_gain(parts: Sequence[tuple[str, pd.DataFrame]], file: Path) -> None:
    """Draw P@1, P@3 and P@5 side by side against the budget, a row of pictures for each part.

    Lines are means over seeds, bars intervals of 95 % (Student's) of what is gained over where the
    same seed starts: how far seeds lie apart is the same for all ways. The lower line is where
    models start, the upper one what full cleaning brings.

    Parameters
    ----------
    parts : sequence of (str, pd.DataFrame)
        What each row is called, and its points, as of
        :func:`pipelines.gain.measuring.measure_ways` with a column ``seed``.
    file : Path
        Ends in one of ``ENDINGS``. What lies there is replaced.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        height = _HEAD + _HEIGHT * len(parts) + _FOOT
        figure = Figure(figsize=(_WIDTH * len(PRECISIONS), height), layout="constrained")
        grid = figure.subplots(len(parts), len(PRECISIONS), sharex=True, squeeze=False)
        for axes, (name, points) in zip(grid, parts, strict=True):
            for ax, measure in zip(axes, PRECISIONS, strict=True):
                _draw(ax, points, measure)
            axes[0].set_ylabel(f"{name}\nprecision, %")
        figure.suptitle(_told_of_seeds([points["seed"].nunique() for _, points in parts]), size=9)
        for ax, measure in zip(grid[0], PRECISIONS, strict=True):
            ax.set_title(measure, fontweight="bold")
        for ax in grid[-1]:
            ax.set_xlabel("decisions, % of the given pairs")
        lines = {line.get_label(): line for ax in grid.flat for line in ax.get_lines()}
        named = [name for name in (*WAYS, CLEAN, NOISY) if name in lines]
        figure.legend(
            [lines[name] for name in named],
            named,
            loc="outside lower center",
            ncols=4,
            frameon=False,
        )
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=150)


def _told_of_seeds(counts: Sequence[int]) -> str:
    """Return what a point is, by how many seeds each part has."""
    if max(counts) == 1:
        return "1 seed"
    low, high = min(counts), max(counts)
    told = f"{high}" if low == high else f"{low} to {high}"
    return f"mean of {told} seeds, bars: 95 % intervals of the gain"


def _draw(ax: Axes, points: pd.DataFrame, measure: str) -> None:
    shares = np.sort(points.loc[points["share"] > 0, "share"].unique())
    for edge, stroke in ((NOISY, ":"), (CLEAN, "--")):
        level = 100 * points.loc[points["way"] == edge, measure].mean()
        ax.axhline(level, color=_INK, linestyle=stroke, linewidth=1, label=edge)
    starts = points[points["way"] == NOISY].set_index("seed")[measure]
    points = points.assign(gain=points[measure] - points["seed"].map(starts))
    for way, (colour, stroke, marker) in _STROKES.items():
        of_way = points[points["way"] == way].groupby("share")["gain"]
        if not of_way.ngroups:
            continue
        mean, low, high = 100 * np.array([interval_of(values) for _, values in of_way]).T
        ax.errorbar(
            100 * np.array(list(of_way.groups)),
            100 * starts.mean() + mean,
            np.nan_to_num([mean - low, high - mean]),
            color=colour,
            linestyle=stroke,
            marker=marker,
            markersize=3.5,
            linewidth=1.4,
            elinewidth=0.6,
        ).lines[0].set_label(way)
    ax.set_xscale("log")
    ax.set_xticks(100 * shares, [f"{100 * share:g}" for share in shares])
    ax.set_xticks([], minor=True)

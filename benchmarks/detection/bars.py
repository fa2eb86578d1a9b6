"""What the queues are held to."""

from __future__ import annotations

import numpy as np

from benchmarks.detection.queues import FOLDS, OURS
from benchmarks.detection.summary import Figures, mean_interval, ratio
from benchmarks.detection.worlds import CHOSEN_ON, NATURAL


def bars(figures: Figures) -> list[list[str]]:
    """Return a row a bar: what, how much is asked, what was found, met or unmet."""
    wrong = [_against_folds(figures, name, "wrong", 1.35) for name in (*CHOSEN_ON, "icecat-6k")]
    missing = [_against_folds(figures, name, "missing", 0.97) for name in CHOSEN_ON]
    return [
        *wrong,
        _level(figures, "icecat", "mixed", "wrong", "precision_at_500", 0.75),
        *missing,
        _geometric_mean(figures, 1.15),
        _level(figures, "icecat", "swaps", "wrong", "average_precision", 0.72),
        _level(figures, "icecat", "swaps", "wrong", "precision_at_500", 0.95),
        _level(figures, "redocred", NATURAL, "missing", "average_precision", 0.29),
        _level(figures, "redocred", NATURAL, "missing", "precision_at_100", 0.75),
    ]


def _against_folds(figures: Figures, data_set: str, kind: str, asked: float) -> list[str]:
    ours, folds = (figures.of(data_set, "mixed", queue, kind) for queue in (OURS, FOLDS))
    found = ratio(ours, folds)
    told = f"{data_set}, mixed, {kind}: average precision to five-fold's"
    return [told, f"{asked:.2f}", found.told(), _verdict(found.middle, asked)]


def _geometric_mean(figures: Figures, asked: float) -> list[str]:
    middles = [
        ratio(*(figures.of(name, "mixed", queue, "missing") for queue in (OURS, FOLDS))).middle
        for name in CHOSEN_ON
    ]
    found = float(np.exp(np.mean(np.log(middles))))
    told = "mixed, missing: the same, geometric mean of the three"
    return [told, f"{asked:.2f}", f"{found:.3f}", _verdict(found, asked)]


def _level(
    figures: Figures, data_set: str, world: str, kind: str, name: str, asked: float
) -> list[str]:
    found = mean_interval([one[name] for one in figures.of(data_set, world, OURS, kind)])
    told = f"{data_set}, {world}, {kind}: {name.replace('_', ' ')}"
    return [told, f"{asked:.2f}", found.told(), _verdict(found.middle, asked)]


def _verdict(found: float, asked: float) -> str:
    if np.isnan(found):
        return "not measured"
    return "met" if found >= asked else "unmet"

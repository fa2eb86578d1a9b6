"""RESULTS_DETECTION.md from the records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.detection.bars import bars
from benchmarks.detection.judging import FEW
from benchmarks.detection.queues import FOLDS, OURS, QUEUES
from benchmarks.detection.summary import Figures, interval, ratio
from benchmarks.detection.worlds import CHOSEN_ON, CONFIRMED_ON, TOLD
from benchmarks.xmc.summary import table
from workbench.evaluate.segments import SEGMENTS

_COLUMNS = (
    ("average precision", "average_precision"),
    ("at 100", "precision_at_100"),
    ("at 500", "precision_at_500"),
    ("at 1000", "precision_at_1000"),
    ("lift at 1000", "lift_at_1000"),
    ("recall at as many", "recall_at_as_many"),
)


def write_report(records: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the bars and the tables of all data sets and worlds, losses included."""
    figures = Figures([record for record in records if "failure" not in record])
    lines = [
        "# What each queue finds",
        "",
        "Written by `python -m benchmarks.detection`; what is measured stands in",
        "[README.md](README.md#detection). Means over seeds with intervals of 95 % (Student's t);",
        "the last column is the ratio of average precisions to five-fold scores on the same folds",
        "and seeds, geometric mean with a paired interval. Views were chosen on bibtex, seeds 0",
        "and 1, and delicious, seed 0; one of them (the number of given labels) was dropped for",
        "what it lost on swaps of oa-mine and ae-110k, seed 0: those are no confirmation of that.",
        "",
        "## The bars",
        "",
        *table(["bar", "asked", "found", ""], bars(figures)),
        "",
        *_losses(figures),
    ]
    for data_set in (*CHOSEN_ON, *CONFIRMED_ON):
        for world, told in TOLD.items():
            for kind in ("wrong", "missing"):
                rows = _rows(figures, data_set, world, kind)
                if rows:
                    lines += ["", f"## {data_set}, {world}: {kind} labels", ""]
                    lines += [_told(figures, data_set, world, kind, told), ""]
                    header = ["", *(title for title, _ in _COLUMNS), *SEGMENTS, FEW, "to five-fold"]
                    lines += table(header, rows)
    lines += ["", "## Label quality as a probability", "", *_calibration(figures)]
    lines += _failures(records)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _rows(figures: Figures, data_set: str, world: str, kind: str) -> list[list[str]]:
    rows = []
    for queue in QUEUES:
        of_queue = figures.of(data_set, world, queue, kind)
        if not of_queue:
            continue
        cells = [interval([found[name] for found in of_queue]) for _, name in _COLUMNS[:1]]
        cells += [_mean(of_queue, name) for _, name in _COLUMNS[1:]]
        cells += [_mean(of_queue, f"average_precision_{part}") for part in (*SEGMENTS, FEW)]
        folds = figures.of(data_set, world, FOLDS, kind)
        cells.append("" if queue == FOLDS else ratio(of_queue, folds).told())
        rows.append([queue, *cells])
    return rows


def _told(figures: Figures, data_set: str, world: str, kind: str, told: str) -> str:
    of_ours = figures.of(data_set, world, OURS, kind)
    n_true = sum(found["n_true"] for found in of_ours) / len(of_ours)
    seeds = f"{len(of_ours)} seed" + "s" * (len(of_ours) > 1)
    n_few = sum(found.get(f"n_true_{FEW}", 0) for found in of_ours) / len(of_ours)
    few = f", {n_few:,.0f} of them of labels given {FEW} times" if n_few else ""
    return f"{told}: {n_true:,.0f} {kind} labels{few}, {seeds}."


def _mean(of_queue: Sequence[dict[str, Any]], name: str) -> str:
    values = [found[name] for found in of_queue if name in found]
    if not values:
        return "-"
    mean = sum(values) / len(values)
    return f"{mean:,.0f}" if mean >= 10 else f"{mean:.3f}"


def _losses(figures: Figures) -> list[str]:
    """Say where another queue has the higher average precision."""
    lost = []
    for data_set, world, kind in figures.measured():
        ours = figures.of(data_set, world, OURS, kind)
        for queue in QUEUES[1:]:
            others = figures.of(data_set, world, queue, kind)
            found = ratio(ours, others)
            if others and found.middle < 1:
                lost.append(f"* {data_set}, {world}, {kind}: {found.told()} of *{queue}*")
    if not lost:
        return ["No other queue has a higher average precision anywhere."]
    return [
        "Where another queue has the higher average precision (ours as a ratio to it):",
        "",
        *lost,
    ]


def _calibration(figures: Figures) -> list[str]:
    rows = []
    for data_set, world, kind in figures.measured():
        found = figures.of(data_set, world, OURS, kind)
        ratios = [one["estimated_errors"] / max(one["found_errors"], 1) for one in found]
        cells = [f"{data_set}, {world}, {kind}", _mean(found, "brier")]
        rows.append([*cells, _mean(found, "calibration_error"), interval(ratios)])
    header = ["ranked pairs of", "Brier", "calibration error", "errors estimated / there are"]
    return table(header, rows)


def _failures(records: Sequence[dict[str, Any]]) -> list[str]:
    failed = [record for record in records if "failure" in record]
    if not failed:
        return []
    told = [f"* {r['data_set']}, {r['world']}, seed {r['seed']}: {r['failure']}" for r in failed]
    return ["", "## Runs that failed", "", *told]

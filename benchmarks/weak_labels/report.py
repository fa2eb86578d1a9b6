"""Write RESULTS_WEAK_LABELS.md."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from benchmarks.weak_labels.intervals import Estimate
from benchmarks.xmc.summary import table
from pipelines.benchmark_signals import MAJORITY
from workbench.evaluate.source_worth import ALL

_HEADER = ["sources", "silent on", "AUC", "log loss", "calibration error", "average precision"]
_MEASURES = ["auc", "log_loss", "calibration_error", "average_precision"]


@dataclass(frozen=True, eq=False)
class DataSet:
    """What was measured on one kind of data.

    Parameters
    ----------
    name : str
    about : str
        Size, seeds, and what the intervals are over.
    estimate : Estimate
    silent : pd.Series
        Share of the pairs on which a choice of sources is silent.
    levels : pd.DataFrame
        ``source, level, n_pairs, present``.
    reliability : pd.DataFrame
        Of all sources together.
    attributes : pd.DataFrame
        Of all sources together, by attribute; means over the runs.
    items, labels : pd.DataFrame
        ``group, score, n_pairs, auc, average_precision`` of ways to read the click log.
    """

    name: str
    about: str
    estimate: Estimate
    silent: pd.Series
    levels: pd.DataFrame
    reliability: pd.DataFrame
    attributes: pd.DataFrame
    items: pd.DataFrame
    labels: pd.DataFrame


def report_lines(data_sets: list[DataSet], circumstances: list[str]) -> list[str]:
    """Return the lines of the report."""
    bars = [row for one in data_sets for row in _bars(one)]
    n_met, n_sure = sum(row[-1] != "no" for row in bars), sum(row[-1] == "yes" for row in bars)
    lines = [
        "# Results: labels from weak signals",
        "",
        "Written by `python -m benchmarks.weak_labels`; what is measured and how stands in",
        "[README.md](README.md). All of it is simulated, wholly (the shops) or in its clicks",
        "(Icecat).",
        "",
        *(f"* {one}" for one in circumstances),
        "",
        "## What all sources together are held to",
        "",
        f"{n_met} of {len(bars)} bars are met, {n_sure} of them beyond chance: all together have a",
        "higher AUC and a lower log loss than each source alone. In brackets 95 % intervals of the",
        "difference; for log loss it is how much lower all together is.",
        "",
        *table(["data", "against", "AUC", "log loss", "met"], bars),
        "",
    ]
    for one in data_sets:
        lines += _chapter(one)
    return [line.rstrip() for line in lines]


def _bars(one: DataSet) -> list[list[str]]:
    rows = []
    for choice in one.estimate.choices:
        if choice.startswith("only "):
            auc = one.estimate.gain_of(choice, "auc")
            loss = tuple(-x for x in one.estimate.gain_of(choice, "log_loss"))
            loss = (loss[0], loss[2], loss[1])
            met = auc[0] > 0 and loss[0] > 0
            sure = auc[1] > 0 and loss[1] > 0
            told = ("yes" if sure else "yes, within chance") if met else "no"
            rows.append([one.name, choice, _signed(auc), _signed(loss), told])
    return rows


def _chapter(one: DataSet) -> list[str]:
    return [
        f"## {one.name}",
        "",
        one.about,
        "",
        *table(_HEADER, [_choice(one, name) for name in one.estimate.choices]),
        "",
        *_left_out(one.estimate),
        "Votes: how many of the judged pairs, and the share of them that is true.",
        "",
        *table(
            ["source", "level", "pairs", "true, %"],
            [
                [r.source, str(r.level), f"{r.n_pairs:,}", f"{100 * r.present:.1f}"]
                for r in one.levels.itertuples()
            ],
        ),
        "",
        "Calibration of all sources together:",
        "",
        *table(
            ["posterior", "pairs", "mean posterior, %", "true, %"],
            [
                [f"{r.low:.1f} to {r.high:.1f}", f"{r.n_pairs:,}", *_percent(r)]
                for r in one.reliability.itertuples()
            ],
        ),
        "",
        "By attribute, all sources together, the largest first:",
        "",
        *table(
            ["attribute", "pairs", "true, %", "mean posterior, %", *_HEADER[2:]],
            [_attribute(str(name), row) for name, row in one.attributes.head(12).iterrows()],
        ),
        "",
        "Clicks alone, AUC of ways to score an item for a query, by the query's clicks:",
        "",
        *_scores(one.items, "auc"),
        "",
        "AUC of ways to score a label for a query:",
        "",
        *_scores(one.labels, "auc"),
        "",
        "and their average precision:",
        "",
        *_scores(one.labels, "average_precision"),
        "",
    ]


def _left_out(estimate: Estimate) -> list[str]:
    rows = []
    for choice in estimate.choices:
        if choice.startswith("without ") or choice == MAJORITY:
            cells = [_signed(estimate.gain_of(choice, name)) for name in _MEASURES]
            rows.append([choice, *cells])
    if not rows:
        return []
    return [
        "All sources less each choice, with intervals; negative is better for log loss and",
        "calibration error:",
        "",
        *table(["all less", *_HEADER[2:]], rows),
        "",
    ]


def _choice(one: DataSet, name: str) -> list[str]:
    cells = []
    for measure in _MEASURES:
        value, low, high = one.estimate.measure(name, measure)
        cells.append(f"{value:.3f}" + ("" if pd.isna(low) else f" ({low:.3f} to {high:.3f})"))
    told = f"{name}, Dawid-Skene" if name == ALL else name
    return [told, f"{100 * one.silent[name]:.0f} %", *cells]


def _attribute(name: str, row: pd.Series) -> list[str]:
    cells = ["-" if pd.isna(row[m]) else f"{row[m]:.3f}" for m in _MEASURES]
    shares = [f"{100 * row['true']:.1f}", f"{100 * row['posterior']:.1f}"]
    return [name, f"{row['n_pairs']:,.0f}", *shares, *cells]


def _scores(scores: pd.DataFrame, measure: str) -> list[str]:
    groups = list(dict.fromkeys(scores["group"]))
    wide = scores.groupby(["score", "group"], sort=False)[measure].mean().unstack("group")
    rows = [
        [str(name), *("-" if pd.isna(value) else f"{value:.3f}" for value in row[groups])]
        for name, row in wide.iterrows()
    ]
    header = ["all" if group == "all" else f"{group} clicks" for group in groups]
    return table(["", *header], rows)


def _percent(row: object) -> list[str]:
    return [f"{100 * row.mean_probability:.1f}", f"{100 * row.present:.1f}"]  # type: ignore[attr-defined]


def _signed(value: tuple[float, ...]) -> str:
    middle, low, high = value
    return f"{middle:+.3f}" + ("" if pd.isna(low) else f" ({low:+.3f} to {high:+.3f})")

"""RESULTS_REVIEW_ORDERS.md from the records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.detection.summary import interval
from benchmarks.review_orders.reviewing import BUDGETS, GAIN, ORDERS, TURNS
from benchmarks.xmc.summary import table

_P, _PSP = slice(1, 4), slice(4, 7)


def write_report(
    records: Sequence[dict[str, Any]],
    path: Path,
    chosen_on: Sequence[str],
    confirmed_on: Sequence[str],
) -> None:
    """Write what comes back in each order, data set by data set."""
    lines = [
        "# Orders of review",
        "",
        "Written by `python -m benchmarks.review_orders`; what is measured stands in",
        "[README.md](README.md#orders-of-review). Means over seeds with intervals of 95 %.",
        f"The worths were chosen on {', '.join(chosen_on)};",
        f"{', '.join(confirmed_on)} confirm them.",
    ]
    worlds = sorted({(r["factor"], r["data_set"]) for r in records})
    for factor, name in worlds:
        found = [r for r in records if (r["factor"], r["data_set"]) == (factor, name)]
        lines += ["", f"## {name}, noise {factor:g} times", "", *_of_world(found)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _of_world(records: Sequence[dict[str, Any]]) -> list[str]:
    noisy, true = (_values(records, name).mean(axis=0) for name in ("noisy", "true"))
    told = [
        f"P@1/3/5 {_points(noisy[_P])} of the noisy labels, {_points(true[_P])} of the true ones;",
        f"PSP@1/3/5 {_points(noisy[_PSP])} and {_points(true[_PSP])}. {len(records)} seeds,",
        f"{round(np.mean([r['n_given'] for r in records])):,} given pairs.",
        "",
    ]
    rows = []
    for order in ORDERS:
        for budget in BUDGETS:
            name = f"{order} @ {budget}"
            rows.append(
                [
                    order if budget == BUDGETS[0] else "",
                    f"{budget:.0%}",
                    f"{_values(records, name)[:, 0].mean():.2f}",
                    interval(_back(records, name, _P).tolist()),
                    interval(_back(records, name, _PSP).tolist()),
                ]
            )
    header = ["order", "budget", "errors", "of P@1/3/5 lost comes back", "of PSP@1/3/5"]
    return [*told, *table(header, rows), "", *_paired(records)]


def _paired(records: Sequence[dict[str, Any]]) -> list[str]:
    more = [
        interval(
            (
                _back(records, f"{GAIN} @ {budget}", _P) - _back(records, f"{TURNS} @ {budget}", _P)
            ).tolist()
        )
        for budget in BUDGETS
    ]
    budgets = ", ".join(f"{budget:.0%}" for budget in BUDGETS)
    return [
        f"Of P@1/3/5, ours brings back more than taking turns by ({budgets}): {'; '.join(more)}."
    ]


def _values(records: Sequence[dict[str, Any]], name: str) -> np.ndarray:
    return np.array([record["found"][name] for record in records])


def _back(records: Sequence[dict[str, Any]], name: str, which: slice) -> np.ndarray:
    """Return of each seed which share of the mean loss comes back."""
    found, noisy, true = (_values(records, n)[:, which].mean(axis=1) for n in (name, *_ENDS))
    return np.asarray((found - noisy) / (true - noisy).mean())


_ENDS = ("noisy", "true")


def _points(values: np.ndarray) -> str:
    return "/".join(f"{100 * value:.1f}" for value in values)

"""RESULTS_ISSUES.md from the records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.xmc.summary import table

Record = dict[str, Any]
_HEADER = [
    "filter",
    "tool",
    "CPU s",
    "wall s",
    "MB more",
    "peak MB",
    "flagged",
    "of these not exact",
    "pairs that differ",
    "runs",
]


def write_report(records: Sequence[Record], path: Path) -> None:
    """Write the costs of both sizes, and whether the bars are met."""
    lines = [
        "# Confident learning beside cleanlab",
        "",
        "Written by `python -m benchmarks.issues`; what is measured stands in",
        "[README.md](README.md#confident-learning). Medians over the runs; pairs that",
        "differ are summed.",
        "",
        *_circumstances(records),
    ]
    for size in dict.fromkeys(record["size"] for record in records):
        of_size = [record for record in records if record["size"] == size]
        lines += ["", f"## {_told(of_size[0])}", "", *_table(of_size)]
    lines += ["", "## The bars", "", *_bars(records), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _told(record: Record) -> str:
    scored = f"{record['per_row']} scored pairs a row" if record["per_row"] else "all pairs scored"
    return f"{record['n_instances']:,} × {record['n_labels']:,}, {scored}"


def _table(records: Sequence[Record]) -> list[str]:
    rows = []
    for filter_by in dict.fromkeys(record["filter_by"] for record in records):
        for tool in dict.fromkeys(record["tool"] for record in records):
            found = _runs(records, filter_by, tool)
            measured = [r for r in found if "failure" not in r]
            if measured:
                rows.append([filter_by, tool, *_cells(measured)])
            elif found:
                rows.append([filter_by, tool, found[0]["failure"], *[""] * (len(_HEADER) - 3)])
    return table(_HEADER, rows)


def _cells(found: Sequence[Record]) -> list[str]:
    not_exact = [r["not_exact"] for r in found if r["not_exact"] is not None]
    differing = [r["n_differing"] for r in found if "n_differing" in r]
    return [
        f"{_median(found, 'cpu_seconds'):.2f}",
        f"{_median(found, 'wall_seconds'):.2f}",
        f"{median(_more(r) for r in found):,.0f}",
        f"{_median(found, 'peak_mb'):,.0f}",
        f"{_median(found, 'n_flagged'):,.0f}",
        f"{median(not_exact):,.0f}" if not_exact else "",
        f"{sum(differing):,}" if differing else "",
        str(len(found)),
    ]


def _bars(records: Sequence[Record]) -> list[str]:
    rows = []
    for filter_by in dict.fromkeys(record["filter_by"] for record in records):
        dense = [r for r in records if not r["per_row"] and "failure" not in r]
        ours, theirs = (_runs(dense, filter_by, tool) for tool in ("ours", "cleanlab"))
        if ours and theirs:
            cpu = _median(theirs, "cpu_seconds") / _median(ours, "cpu_seconds")
            memory = median(map(_more, theirs)) / median(map(_more, ours))
            rows += [
                [filter_by, "cleanlab's CPU over ours", f"{cpu:,.0f}", "200", _yes(cpu >= 200)],
                [filter_by, "its memory over ours", f"{memory:,.0f}", "10", _yes(memory >= 10)],
            ]
        sparse = [r for r in records if r["per_row"] and "failure" not in r]
        large = _runs(sparse, filter_by, "ours")
        if large:
            wall, peak = _median(large, "wall_seconds"), _median(large, "peak_mb")
            rows += [
                [filter_by, "seconds, sparse", f"{wall:.1f}", "10", _yes(wall < 10)],
                [filter_by, "MB in all, sparse", f"{peak:,.0f}", "2,000", _yes(peak < 2000)],
            ]
    return table(["filter", "", "found", "bar", "met"], rows)


def _runs(records: Sequence[Record], filter_by: str, tool: str) -> list[Record]:
    return [r for r in records if r["filter_by"] == filter_by and r["tool"] == tool]


def _more(record: Record) -> float:
    """Return what the call held at most beyond its input, in MB; at least one."""
    return max(record["peak_mb"] - record["before_mb"], 1.0)


def _median(found: Sequence[Record], field: str) -> float:
    return median(record[field] for record in found)


def _yes(is_met: bool) -> str:
    return "yes" if is_met else "no"


def _circumstances(records: Sequence[Record]) -> list[str]:
    measured = [record for record in records if "failure" not in record]
    if not measured:
        return ["Nothing was measured."]
    told = ", ".join(f"{name} {number}" for name, number in measured[-1]["versions"].items())
    load = median(record["load_average"] for record in measured)
    return [f"{told}. One thread. Load average of the machine during the runs: median {load:.1f}."]

"""RESULTS_NEIGHBOURS.md from the records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.xmc.summary import table

Record = dict[str, Any]
_HEADER = ["tool", "CPU s", "wall s", "MB more", "recall", "nearer than ours", "runs"]


def write_report(records: Sequence[Record], path: Path) -> None:
    """Write the costs and the recall of each tool on each data set."""
    lines = [
        "# Nearest neighbours of sparse rows",
        "",
        "Written by `python -m benchmarks.neighbours`; what is measured stands in",
        "[README.md](README.md#nearest-neighbours). 30 neighbours a row, one thread, medians over",
        "the runs.",
        "",
        *_circumstances(records),
    ]
    for name in dict.fromkeys(record["data_set"] for record in records):
        of_set = [record for record in records if record["data_set"] == name]
        lines += ["", f"## {name}: {_size(of_set)}", "", *_table(of_set)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _circumstances(records: Sequence[Record]) -> list[str]:
    versions: dict[str, str] = {}
    for record in records:
        versions |= record.get("versions", {})
    loads = [record["load_average"] for record in records if "load_average" in record]
    told = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    load = f"{median(loads):.1f}" if loads else "unknown"
    return [f"{told}. Load average of the machine during the runs: median {load}."]


def _size(records: Sequence[Record]) -> str:
    for record in records:
        if "n_rows" in record:
            size = f"{record['n_rows']:,} rows × {record['n_features']:,} features"
            return f"{size}, {record['per_row']:.0f} non-zeros a row"
    return "no run finished"


def _table(records: Sequence[Record]) -> list[str]:
    rows = []
    for tool in dict.fromkeys(record["tool"] for record in records):
        found = [record for record in records if record["tool"] == tool]
        measured = [record for record in found if "failure" not in record]
        if not measured:
            rows.append([tool, found[0]["failure"], *[""] * (len(_HEADER) - 2)])
            continue
        more = median(record["peak_mb"] - record["before_mb"] for record in measured)
        rows.append(
            [
                tool,
                f"{_median(measured, 'cpu_seconds'):.1f}",
                f"{_median(measured, 'wall_seconds'):.1f}",
                f"{more:,.0f}",
                f"{_median(measured, 'recall'):.5f}",
                f"{_median(measured, 'nearer_than_ours'):.5f}",
                str(len(measured)),
            ]
        )
    return table(_HEADER, rows)


def _median(records: Sequence[Record], field: str) -> float:
    return float(median(record[field] for record in records))

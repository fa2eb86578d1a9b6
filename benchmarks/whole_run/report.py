"""RESULTS_WHOLE_RUN.md from the records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.whole_run.quality import TOPS
from benchmarks.xmc.summary import table

Record = dict[str, Any]
# What is asked of the full size, on two cores.
_SECONDS, _MB = 600, 6 * 1024
_COSTS = ("seconds", "cpu_seconds", "peak_mb")


def write_report(records: Sequence[Record], path: Path) -> None:
    """Write the newest run of each scale, the largest first."""
    newest = {record["scale"]: record for record in records}
    lines = [
        "# The whole run, stage by stage",
        "",
        "Written by `python -m benchmarks.whole_run`; what is measured stands in",
        "[README.md](README.md#the-whole-run).",
    ]
    for scale in sorted(newest, reverse=True):
        lines += _section(newest[scale])
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _section(record: Record) -> list[str]:
    quality = record["quality"]
    told = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    lines = [
        "",
        f"## {record['n_queries']:,} queries, {record['n_events'] / 1e6:,.1f} million events, "
        f"{quality['n_labels']:,} labels",
        "",
        f"{told}. {record['n_threads']} threads; load average of the machine "
        f"{record['load_average']:.1f}, so that CPU seconds say more than seconds.",
        "",
        *table(["stage", "seconds", "CPU s", "peak MB"], _stages(record)),
    ]
    if record["scale"] == 1:
        lines += ["", *table(["bar", "asked", "found", "met"], _bars(record))]
    return [*lines, "", *_quality(quality)]


def _stages(record: Record) -> list[list[str]]:
    rows = []
    for stage in record["stages"]:
        rows.append([f"**{stage['stage']}**", *_costs(stage)])
        rows += [[part["part"], *_costs(part)] for part in stage["parts"]]
    return [*rows, ["**all**", *_costs(_whole(record))]]


def _whole(record: Record) -> dict[str, float]:
    stages = record["stages"]
    whole = {name: sum(stage[name] for stage in stages) for name in _COSTS[:2]}
    return {**whole, "peak_mb": max(stage["peak_mb"] for stage in stages)}


def _costs(entry: dict[str, Any]) -> list[str]:
    return [f"{entry['seconds']:,.1f}", f"{entry['cpu_seconds']:,.1f}", f"{entry['peak_mb']:,}"]


def _bars(record: Record) -> list[list[str]]:
    whole = _whole(record)
    return [
        _bar("seconds", _SECONDS, whole["seconds"]),
        _bar("peak MB", _MB, whole["peak_mb"]),
    ]


def _bar(name: str, asked: float, found: float) -> list[str]:
    return [name, f"under {asked:,}", f"{found:,.0f}", "yes" if found < asked else "no"]


def _quality(quality: dict[str, float]) -> list[str]:
    """Return what was given and found, against what the queries mean."""
    lines = [
        f"Of {quality['n_given']:,} given pairs {quality['precision']:.1%} are true, and they are "
        f"{quality['recall']:.1%} of {quality['n_true']:,} true pairs.",
        "",
    ]
    rows = []
    for kind in ("wrong", "missing"):
        at = [quality.get(f"{kind} at {top}") for top in TOPS]
        cells = ["" if share is None else f"{share:.0%}" for share in at]
        random = "" if kind == "missing" else f"{1 - quality['precision']:.1%}"
        rows.append([f"likely {kind}", f"{quality[f'n_{kind}']:,}", *cells, random])
    header = ["", "issues", *(f"right of the first {top:,}" for top in TOPS), "given pairs wrong"]
    return [*lines, *table(header, rows)]

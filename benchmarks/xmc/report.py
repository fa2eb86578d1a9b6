"""Write RESULTS.md from the raw records."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from benchmarks.xmc import bars
from benchmarks.xmc.growth_report import growth_lines
from benchmarks.xmc.plan import DATA_SETS, OMIKUJI, PECOS, SETTINGS, Setting
from benchmarks.xmc.running import read_records
from benchmarks.xmc.summary import RANKS, Results, short, table

_ABOUT = {
    "bibtex": "4,880 + 2,515 rows, 1,836 features, 159 labels; rows scaled to length 1",
    "delicious": "12,920 + 3,185 rows, 500 features, 983 labels; rows scaled to length 1",
    "icecat": "15,524 + 3,882 product texts, 28,217 words and pairs of words, 4,850 labels; tf-idf",
    "shop": "500,000 + 20,000 made-up queries of 5 words, 100,000 features, 100,000 labels",
}


def write_report(work: Path, path: Path) -> None:
    """Write the report on everything in the work folder."""
    results = Results(read_records(work / "results.jsonl"))
    held_to = list(bars.rows(results))
    n_met = sum(row[-1] == bars.MET for row in held_to)
    lines = [
        "# Results",
        "",
        *_circumstances(results),
        "",
        "## What our model is held to",
        "",
        f"{n_met} of {len(held_to)} bars are met. Medians over the seeds; a figure that misses its",
        "bar is bold. Times are those of one thread unless said otherwise, without starting the",
        "process and reading the data.",
        "",
        *table(["bar", *DATA_SETS, "met"], held_to),
        "",
    ]
    for data_set in DATA_SETS:
        lines += _data_set(results, data_set)
    lines += growth_lines(work)
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _circumstances(results: Results) -> list[str]:
    dates = sorted(record["date"][:10] for record in results.records)
    loads = [record["load_average"] for record in results.records if "load_average" in record]
    return [
        "Written by `python -m benchmarks.xmc`; what is measured and how stands in",
        "[README.md](README.md).",
        "",
        f"* {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}",
        f"* measured {dates[0]} to {dates[-1]}" if dates else "* nothing measured yet",
        f"* load average when a run started: {min(loads):.2f} to {max(loads):.2f}"
        if loads
        else "* load average unknown",
        *(f"* {side}: {_versions(results, side == 'ours')}" for side in ("ours", "peers")),
    ]


def _versions(results: Results, is_ours: bool) -> str:
    """Return the packages that one side ran with."""
    names = {setting.name for setting in SETTINGS if (setting.tool == "ours") == is_ours}
    found = {
        f"{package} {version}"
        for record in results.records
        if record["setting"] in names
        for package, version in record.get("versions", {}).items()
    }
    return ", ".join(sorted(found)) or "not measured yet"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "processor unknown"


def _data_set(results: Results, data_set: str) -> list[str]:
    measured = [setting for setting in SETTINGS if results.of(data_set, setting)]
    if not measured:
        return []
    n_runs = {setting.name: len(results.of(data_set, setting)) for setting in measured}
    return [
        f"## {data_set}",
        "",
        f"{_ABOUT[data_set]}. Runs: {_runs_told(n_runs)}.",
        "",
        "Training:",
        "",
        *table(_TRAINING_HEADER, [_training(results, data_set, s) for s in measured]),
        "",
        "Quality, in percent:",
        "",
        *table(_QUALITY_HEADER, [_quality(results, data_set, s) for s in measured]),
        "",
        "Prediction on one thread:",
        "",
        *table(_PREDICTION_HEADER, [_prediction(results, data_set, s) for s in measured]),
        "",
        *_left_out(data_set),
    ]


def _runs_told(n_runs: dict[str, int]) -> str:
    if len(set(n_runs.values())) == 1:
        return f"{next(iter(n_runs.values()))} of each"
    return ", ".join(f"{name} {n}" for name, n in n_runs.items())


def _left_out(data_set: str) -> Iterator[str]:
    missing = [setting.name for setting in SETTINGS if data_set not in setting.data_sets]
    if missing:
        yield f"Left out, because it would take too much time and memory: {', '.join(missing)}."
        yield ""


_TRAINING_HEADER = (
    "",
    "CPU s",
    "wall s",
    "wall s, 2 threads",
    "CPU, PECOS = 1",
    "CPU, omikuji = 1",
    "peak MB",
    "before MB",
    "start CPU s",
    "disk MB",
)
_QUALITY_HEADER = ("", *(f"P@{k}" for k in RANKS), *(f"PSP@{k}" for k in RANKS))
_PREDICTION_HEADER = (
    "",
    "CPU us a row, batch",
    "PECOS = 1",
    "us, single row",
    "PECOS = 1",
    "peak MB",
    "load CPU s",
)


def _training(results: Results, data_set: str, setting: Setting) -> list[str]:
    return [
        setting.name,
        results.cell(data_set, setting, "train_cpu_seconds"),
        results.cell(data_set, setting, "train_wall_seconds"),
        results.cell(data_set, setting, "train_wall_seconds", threads=2),
        _ratio(results, data_set, setting, "train_cpu_seconds", PECOS),
        _ratio(results, data_set, setting, "train_cpu_seconds", OMIKUJI),
        results.cell(data_set, setting, "train_peak_mb"),
        _median(results, data_set, setting, "train_before_mb"),
        _median(results, data_set, setting, "start_cpu_seconds"),
        _median(results, data_set, setting, "disk_mb"),
    ]


def _quality(results: Results, data_set: str, setting: Setting) -> list[str]:
    cells = [results.cell(data_set, setting, field) for field in _QUALITY_HEADER[1:]]
    return [setting.name, *cells]


def _prediction(results: Results, data_set: str, setting: Setting) -> list[str]:
    return [
        setting.name,
        results.cell(data_set, setting, "batch_cpu_us"),
        _ratio(results, data_set, setting, "batch_cpu_us", PECOS),
        results.cell(data_set, setting, "single_us"),
        _ratio(results, data_set, setting, "single_us", PECOS),
        _median(results, data_set, setting, "predict_peak_mb"),
        _median(results, data_set, setting, "load_cpu_seconds"),
    ]


def _median(results: Results, data_set: str, setting: Setting, field: str) -> str:
    value = results.median(data_set, setting, field)
    return "-" if value is None else short(value)


def _ratio(
    results: Results, data_set: str, setting: Setting, field: str, reference: Setting
) -> str:
    value = results.median(data_set, setting, field)
    one = results.median(data_set, reference, field)
    return "-" if value is None or not one else short(value / one)

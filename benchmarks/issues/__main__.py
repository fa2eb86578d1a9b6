"""``python -m benchmarks.issues``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.issues.problems import DENSE, SPARSE, Size
from benchmarks.issues.report import write_report
from benchmarks.runs import (
    add_record,
    add_run_arguments,
    identity,
    known_runs,
    read_records,
    run_worker,
)
from benchmarks.xmc.environments import PROJECT

_FILTERS = ("prune_by_noise_rate", "confident_learning")
_TOOLS = ("ours", "cleanlab")
_KEY = ("size", "tool", "filter_by", "seed")


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = work / "issues.jsonl"
    if not arguments.report:
        done = set() if arguments.again else known_runs(results, _KEY)
        for seed in range(arguments.runs):
            for filter_by in _FILTERS:
                for size, tools in _plan(arguments.scale):
                    keys = [_key(size, t, filter_by, seed) for t in tools if t in arguments.tools]
                    if all(identity(key, _KEY) in done for key in keys):
                        continue
                    for record in _measure(size, keys, arguments.limit_seconds):
                        print(_short(record), flush=True)
                        add_record(results, record)
    names = [size.name for size, _ in _plan(arguments.scale)]
    records = [r for r in read_records(results, _KEY) if r["size"] in names]
    write_report(records, PROJECT / "benchmarks" / "RESULTS_ISSUES.md")


def _plan(scale: float) -> list[tuple[Size, tuple[str, ...]]]:
    """Return the sizes and who can take them; in turns, ours first."""
    return [(_scaled(DENSE, scale), _TOOLS), (_scaled(SPARSE, scale), ("ours",))]


def _scaled(size: Size, scale: float) -> Size:
    if scale == 1:
        return size
    return replace(
        size,
        name=f"{size.name} x {scale:g}",
        n_instances=int(size.n_instances * scale),
        n_labels=int(size.n_labels * scale),
    )


def _key(size: Size, tool: str, filter_by: str, seed: int) -> dict[str, Any]:
    return {"size": size.name, "tool": tool, "filter_by": filter_by, "seed": seed}


def _measure(size: Size, keys: list[dict[str, Any]], limit_seconds: float) -> list[dict[str, Any]]:
    """Return what each tool needed for the same problem, and in how many pairs they differ."""
    records, flags = [], []
    with tempfile.TemporaryDirectory() as temporary:
        for key in keys:
            folder = Path(temporary) / key["tool"]
            folder.mkdir()
            job = {**key, "size": asdict(size), "flags": str(folder / "flags.npy")}
            found = run_worker(
                "benchmarks.issues.worker", job, threads=1, limit_seconds=limit_seconds
            )
            record = {**key, **asdict(size), "size": size.name, **found}
            del record["name"]
            records.append(record)
            if "failure" not in record:
                flags.append(np.load(folder / "flags.npy"))
    if len(flags) == 2:
        records[0]["n_differing"] = len(np.setxor1d(*flags, assume_unique=True))
    return records


def _short(record: dict[str, Any]) -> str:
    told = f"{record['size']} {record['filter_by']} {record['seed']} {record['tool']}: "
    if "failure" in record:
        return told + record["failure"]
    differing = record.get("n_differing")
    return (
        told
        + f"{record['cpu_seconds']:.2f} CPU s, {record['wall_seconds']:.2f} s, "
        + f"{record['peak_mb'] - record['before_mb']:.0f} MB more, {record['n_flagged']} flagged"
        + ("" if differing is None else f", {differing} differ")
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.issues", description=__doc__)
    parser.add_argument("--tools", nargs="+", choices=_TOOLS, default=_TOOLS)
    parser.add_argument("--runs", type=int, default=3, help="problems a size, each of a seed")
    parser.add_argument("--scale", type=float, default=1.0, help="share of rows and of labels")
    parser.add_argument("--limit-seconds", type=float, default=1800.0)
    add_run_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()

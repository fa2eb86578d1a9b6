"""``python -m benchmarks.issues``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.issues.problems import DENSE, SPARSE, Size
from benchmarks.issues.report import write_report
from benchmarks.xmc.environments import PROJECT, default_work_folder, variables

_FILTERS = ("prune_by_noise_rate", "confident_learning")
_TOOLS = ("ours", "cleanlab")


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = work / "issues.jsonl"
    if not arguments.report:
        done = set() if arguments.again else set(map(_identity, read_records(results)))
        for seed in range(arguments.runs):
            for filter_by in _FILTERS:
                for size, tools in _plan(arguments.scale):
                    keys = [_key(size, t, filter_by, seed) for t in tools if t in arguments.tools]
                    if all(_identity(key) in done for key in keys):
                        continue
                    for record in _measure(size, keys, arguments.limit_seconds):
                        print(_short(record), flush=True)
                        with results.open("a", encoding="utf-8") as stream:
                            stream.write(json.dumps(record) + "\n")
    names = [size.name for size, _ in _plan(arguments.scale)]
    records = [r for r in read_records(results) if r["size"] in names]
    write_report(records, PROJECT / "benchmarks" / "RESULTS_ISSUES.md")


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the records; of a run that was repeated the last one."""
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return list({_identity(record): record for record in records}.values())


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


def _identity(record: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(record[field] for field in ("size", "tool", "filter_by", "seed"))


def _measure(size: Size, keys: list[dict[str, Any]], limit_seconds: float) -> list[dict[str, Any]]:
    """Return what each tool needed for the same problem, and in how many pairs they differ."""
    records, flags = [], []
    with tempfile.TemporaryDirectory() as temporary:
        for key in keys:
            folder = Path(temporary) / key["tool"]
            folder.mkdir()
            job = {**key, "size": asdict(size), "flags": str(folder / "flags.npy")}
            record = {**key, **asdict(size), "size": size.name, **_work(folder, job, limit_seconds)}
            del record["name"]
            records.append(record)
            if "failure" not in record:
                flags.append(np.load(folder / "flags.npy"))
    if len(flags) == 2:
        records[0]["n_differing"] = len(np.setxor1d(*flags, assume_unique=True))
    return records


def _work(folder: Path, job: dict[str, Any], limit_seconds: float) -> dict[str, Any]:
    asked, answered = folder / "job.json", folder / "answer.json"
    asked.write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.issues.worker", str(asked), str(answered)]
    try:
        subprocess.run(
            command,
            cwd=PROJECT,
            env=variables(1),
            capture_output=True,
            timeout=limit_seconds,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"> {limit_seconds:g} s"}
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["no output"]
        return {"failure": f"exit code {error.returncode}: {lines[-1][:200]}"}
    figures: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
    return figures


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
    parser.add_argument(
        "--work",
        type=Path,
        default=default_work_folder(),
        help="folder for raw results (default: %(default)s)",
    )
    parser.add_argument("--tools", nargs="+", choices=_TOOLS, default=_TOOLS)
    parser.add_argument("--runs", type=int, default=3, help="problems a size, each of a seed")
    parser.add_argument("--scale", type=float, default=1.0, help="share of rows and of labels")
    parser.add_argument("--limit-seconds", type=float, default=1800.0)
    parser.add_argument("--again", action="store_true", help="repeat runs that have a record")
    parser.add_argument("--report", action="store_true", help="only write the results anew")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""``python -m benchmarks.detection DATA``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.detection.queues import FOLDS, OURS
from benchmarks.detection.report import write_report
from benchmarks.detection.worlds import CHOSEN_ON, CONFIRMED_ON, TOLD, runs
from benchmarks.runs import (
    add_record,
    add_run_arguments,
    identity,
    known_runs,
    read_records,
    run_worker,
)
from benchmarks.xmc.environments import PROJECT

_DATA_SETS = (*CHOSEN_ON, *CONFIRMED_ON)
_KEY = ("data_set", "world", "seed")


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = work / "detection.jsonl"
    if not arguments.report:
        if arguments.data is None:
            raise SystemExit("DATA: name the folder of the data, or ask for --report alone")
        done = set() if arguments.again else known_runs(results, _KEY)
        for data_set, world, seed in runs(arguments.data_sets, arguments.worlds, arguments.seeds):
            key = {"data_set": data_set, "world": world, "seed": seed}
            if identity(key, _KEY) in done:
                continue
            record = key | run_worker(
                "benchmarks.detection.worker",
                key | {"source": str(arguments.data.resolve()), "threads": arguments.threads},
                threads=arguments.threads,
                limit_seconds=arguments.limit_seconds,
            )
            print(_short(record), flush=True)
            add_record(results, record)
    write_report(read_records(results, _KEY), PROJECT / "benchmarks" / "RESULTS_DETECTION.md")


def _short(record: dict[str, Any]) -> str:
    told = f"{record['data_set']} {record['world']} {record['seed']}: "
    if "failure" in record:
        return told + record["failure"]
    parts = []
    for kind in ("wrong", "missing"):
        ours, folds = (record["queues"][name].get(kind) for name in (OURS, FOLDS))
        if ours:
            parts.append(
                f"{kind} {ours['average_precision']:.3f} against {folds['average_precision']:.3f}"
            )
    return told + ", ".join(parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the data")
    parser.add_argument("--data-sets", nargs="+", choices=_DATA_SETS, default=_DATA_SETS)
    parser.add_argument("--worlds", nargs="+", choices=tuple(TOLD), default=tuple(TOLD))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit-seconds", type=float, default=1800.0)
    add_run_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()

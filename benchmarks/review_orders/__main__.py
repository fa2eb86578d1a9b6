"""``python -m benchmarks.review_orders DATA``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.detection.data_sets import load
from benchmarks.review_orders.report import write_report
from benchmarks.review_orders.reviewing import review, split_and_disturb
from benchmarks.runs import (
    Record,
    add_record,
    add_run_arguments,
    identity,
    known_runs,
    read_records,
)
from benchmarks.xmc.environments import PROJECT

CHOSEN_ON = ("bibtex", "oa-mine", "ae-110k", "icecat")
CONFIRMED_ON = ("delicious", "shop")
_DATA_SETS = (*CHOSEN_ON, *CONFIRMED_ON)
_KEY = ("data_set", "seed", "factor")
# Of the large ones so many instances.
_N_INSTANCES = {"icecat": 8000, "delicious": 8000}


def main() -> None:
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    results = arguments.work / "review_orders.jsonl"
    if not arguments.report:
        if arguments.data is None:
            raise SystemExit("DATA: name the folder of the data, or ask for --report alone")
        done = set() if arguments.again else known_runs(results, _KEY)
        for seed in range(arguments.seeds):
            for name in arguments.data_sets:
                for factor in arguments.noise:
                    key = {"data_set": name, "seed": seed, "factor": factor}
                    if identity(key, _KEY) not in done:
                        add_record(results, key | _review(name, seed, factor, arguments))
                        print(f"{name}, noise {factor:g} times, seed {seed}: done", flush=True)
    path = PROJECT / "benchmarks" / "RESULTS_REVIEW_ORDERS.md"
    write_report(read_records(results, _KEY), path, CHOSEN_ON, CONFIRMED_ON)


def _review(name: str, seed: int, factor: float, arguments: argparse.Namespace) -> Record:
    lesson = split_and_disturb(
        load(name, arguments.data.resolve()), seed, _N_INSTANCES.get(name), factor
    )
    found = review(lesson, seed, arguments.threads)
    return {"n_given": lesson.given.n_given, "found": found}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review_orders", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the data")
    parser.add_argument("--data-sets", nargs="+", choices=_DATA_SETS, default=_DATA_SETS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--noise", type=float, nargs="+", default=[2.0])
    parser.add_argument("--threads", type=int, default=2)
    add_run_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()

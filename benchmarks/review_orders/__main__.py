"""``python -m benchmarks.review_orders DATA``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.detection.data_sets import load
from benchmarks.review_orders.report import write_report
from benchmarks.review_orders.reviewing import review, split_and_disturb
from benchmarks.runs import add_record, read_records
from benchmarks.xmc.environments import PROJECT, default_work_folder

CHOSEN_ON = ("bibtex", "oa-mine", "ae-110k", "icecat")
CONFIRMED_ON = ("delicious", "shop")
_DATA_SETS = (*CHOSEN_ON, *CONFIRMED_ON)
# Of the large ones so many instances.
_KEY = ("data_set", "seed", "factor")
_N_INSTANCES = {"icecat": 8000, "delicious": 8000}


def main() -> None:
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    results = arguments.work / "review_orders.jsonl"
    if not arguments.report:
        if arguments.data is None:
            raise SystemExit("DATA: name the folder of the data, or ask for --report alone")
        for seed in range(arguments.seeds):
            for name in arguments.data_sets:
                for factor in arguments.noise:
                    _run(name, seed, factor, arguments, results)
    path = PROJECT / "benchmarks" / "RESULTS_REVIEW_ORDERS.md"
    write_report(read_records(results, _KEY), path, CHOSEN_ON, CONFIRMED_ON)


def _run(name: str, seed: int, factor: float, arguments: argparse.Namespace, results: Path) -> None:
    key = {"data_set": name, "seed": seed, "factor": factor}
    if any(key.items() <= record.items() for record in read_records(results, _KEY)):
        return
    lesson = split_and_disturb(
        load(name, arguments.data.resolve()), seed, _N_INSTANCES.get(name), factor
    )
    record = key | {
        "n_given": lesson.given.n_given,
        "found": review(lesson, seed, arguments.threads),
    }
    add_record(results, record)
    print(f"{name}, noise {factor:g} times, seed {seed}: done", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review_orders", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the data")
    parser.add_argument(
        "--work",
        type=Path,
        default=default_work_folder(),
        help="folder for the raw results (default: %(default)s)",
    )
    parser.add_argument("--data-sets", nargs="+", choices=_DATA_SETS, default=_DATA_SETS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--noise", type=float, nargs="+", default=[2.0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="only write the results anew")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""``python -m benchmarks.neighbours [DATA]``: search what was not searched yet, then report."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.neighbours.matrices import prepare
from benchmarks.neighbours.report import write_report
from benchmarks.runs import add_record, add_run_arguments, read_records, run_worker
from benchmarks.xmc.environments import (
    PROJECT,
    interpreter_of,
    prepare_peers,
)

_DATA_SETS = ("bibtex", "delicious", "icecat", "shop-20k", "redocred", "shop-100k", "shop-500k")
_TOOLS = ("ours", "scikit-learn, brute", "sparse_dot_topn", "pynndescent")
_KEY = ("data_set", "tool", "run")
_N_NEIGHBOURS = 30
# Similarities that differ by less are equal: tools round differently.
_ROUNDING = 1e-5


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    records = work / "neighbours.jsonl"
    if not arguments.report:
        constraints = PROJECT / "benchmarks" / "neighbours" / "peers-constraints.txt"
        peers = prepare_peers(work / "neighbours-peers", constraints)
        for name in arguments.data_sets:
            matrix = prepare(name, arguments.data, work)
            if matrix is None:
                print(f"{name}: left out, its data is not there; name the folder as DATA")
                continue
            for tool in arguments.tools:
                _run(name, tool, matrix, interpreter_of(tool, peers), records, arguments)
    write_report(read_records(records, _KEY), PROJECT / "benchmarks" / "RESULTS_NEIGHBOURS.md")


def _run(
    name: str, tool: str, matrix: Path, python: Path, records: Path, arguments: argparse.Namespace
) -> None:
    known = read_records(records, _KEY)
    done = [r for r in known if (r["data_set"], r["tool"]) == (name, tool)]
    if any("failure" in r for r in done) and not arguments.again:
        return
    first = 0 if arguments.again else len(done)
    for run in range(first, arguments.runs):
        record = {"data_set": name, "tool": tool, "run": run}
        record |= _search(matrix, tool, python, arguments.limit_seconds)
        print(record, flush=True)
        add_record(records, record)
        if "failure" in record:
            return


def _search(matrix: Path, tool: str, python: Path, limit_seconds: float) -> dict[str, Any]:
    exact = matrix.with_name(f"{matrix.stem}-ours.npz")
    with tempfile.TemporaryDirectory() as temporary:
        found = exact if tool == "ours" else Path(temporary) / "found.npz"
        job = {"matrix": str(matrix), "tool": tool, "n_neighbours": _N_NEIGHBOURS}
        figures = run_worker(
            "benchmarks.neighbours.worker",
            {**job, "found": str(found)},
            threads=1,
            limit_seconds=limit_seconds,
            python=python,
        )
        if "failure" in figures or not exact.exists():
            return figures
        return figures | _beside(exact, found)


def _beside(exact: Path, found: Path) -> dict[str, float]:
    """Return how much of our neighbours a search finds, and how its similarities differ.

    A neighbour is found if the place has a row as near as ours there: equally near rows count.
    """
    ours, theirs = (np.sort(np.load(path)["similarity"]) for path in (exact, found))
    there = ours > 0
    return {
        "recall": float((theirs[there] >= ours[there] - _ROUNDING).mean()),
        "nearer_than_ours": float((theirs > ours + _ROUNDING).mean()),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbours", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the real data sets")
    parser.add_argument("--data-sets", nargs="+", choices=_DATA_SETS, default=_DATA_SETS)
    parser.add_argument("--tools", nargs="+", choices=_TOOLS, default=_TOOLS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit-seconds", type=float, default=1800.0)
    add_run_arguments(parser, holds="matrices, peers and raw results")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""``python -m benchmarks.label_models``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.label_models import plan
from benchmarks.label_models.generate import SETTINGS, draw, smaller
from benchmarks.label_models.judging import judge
from benchmarks.label_models.report import write_report
from benchmarks.runs import (
    add_record,
    add_run_arguments,
    identity,
    known_runs,
    read_records,
    run_worker,
)
from benchmarks.xmc.environments import (
    PROJECT,
    interpreter_of,
    prepare_peers,
)

_CONSTRAINTS = Path(__file__).with_name("peers-constraints.txt")
_KEY = ("world", "seed", "name", "n")
_NAMES = tuple(one.name for one in plan.CONTENDERS)


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = work / "label_models.jsonl"
    if not arguments.report:
        python = prepare_peers(work / "label_peers", _CONSTRAINTS, with_dependencies=True)
        done = set() if arguments.again else known_runs(results, _KEY)
        for world, seed, contender in plan.runs(
            arguments.worlds, arguments.contenders, arguments.seeds
        ):
            key = {"world": world, "seed": seed, "name": contender.name, "n": arguments.pairs}
            if identity(key, _KEY) in done:
                continue
            record = key | _measure(key, contender, python, arguments.limit_seconds)
            print(_short(record), flush=True)
            add_record(results, record)
    records = [r for r in read_records(results, _KEY) if r["n"] == arguments.pairs]
    write_report(records, PROJECT / "benchmarks" / "RESULTS_LABEL_MODELS.md")


def _measure(
    key: dict[str, Any], contender: plan.Contender, peers_python: Path, limit_seconds: float
) -> dict[str, Any]:
    """Return what the run cost and how good its posterior is, or how it failed."""
    drawn = draw(smaller(SETTINGS[key["world"]], key["n"]), key["seed"])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        np.savez(
            folder / "votes.npz", levels=drawn.levels, attribute=drawn.attribute, truth=drawn.truth
        )
        job = {
            "tool": contender.tool,
            "parameters": contender.parameters,
            "seed": key["seed"],
            "data": str(folder / "votes.npz"),
            "posterior": str(folder / "posterior.npy"),
        }
        figures = run_worker(
            "benchmarks.label_models.worker",
            job,
            threads=1,
            limit_seconds=limit_seconds,
            python=interpreter_of(contender.tool, peers_python),
        )
        if "failure" in figures:
            return figures
        return figures | judge(np.load(folder / "posterior.npy"), drawn.truth)


def _short(record: dict[str, Any]) -> str:
    told = f"{record['world']} {record['seed']} {record['name']}: "
    if "failure" in record:
        return told + record["failure"]
    return told + (
        f"AUC {record['auc']:.4f}, log loss {record['log_loss']:.4f}, "
        f"{record['cpu_seconds']:.2f} CPU s, {record['peak_mb'] - record['before_mb']:.0f} MB more"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.label_models", description=__doc__)
    parser.add_argument("--worlds", nargs="+", choices=tuple(SETTINGS), default=tuple(SETTINGS))
    parser.add_argument("--contenders", nargs="+", choices=_NAMES, default=_NAMES)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--limit-seconds", type=float, default=900.0)
    add_run_arguments(parser, holds="peers' environment and raw results")
    return parser.parse_args()


if __name__ == "__main__":
    main()

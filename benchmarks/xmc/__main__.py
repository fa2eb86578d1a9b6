"""``python -m benchmarks.xmc DATA``: run what has not run yet, then write RESULTS.md."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.runs import add_run_arguments
from benchmarks.xmc import datasets, plan
from benchmarks.xmc.environments import PROJECT, prepare_peers
from benchmarks.xmc.report import write_report
from benchmarks.xmc.running import Bench, run_all

_TOOLS = tuple(dict.fromkeys(setting.tool for setting in plan.SETTINGS))


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if not arguments.report:
        for name in arguments.data_sets:
            datasets.prepare(name, arguments.data, work / "data" / name)
        bench = Bench(work, prepare_peers(work / "peers"), arguments.limit_seconds)
        planned = plan.runs(
            arguments.data_sets, arguments.tools, arguments.threads, arguments.seeds
        )
        run_all(bench, planned, arguments.again)
    write_report(work, PROJECT / "benchmarks" / "RESULTS.md")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.xmc", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the real data sets")
    parser.add_argument("--data-sets", nargs="+", choices=plan.DATA_SETS, default=plan.DATA_SETS)
    parser.add_argument("--tools", nargs="+", choices=_TOOLS, default=_TOOLS)
    parser.add_argument("--threads", nargs="+", type=int, default=(1, 2))
    parser.add_argument("--seeds", type=int, default=3, help="runs of everything (default: 3)")
    parser.add_argument("--limit-seconds", type=float, default=1800.0)
    add_run_arguments(parser, holds="peers' environment, matrices and raw results")
    arguments = parser.parse_args()
    if arguments.data is None and not arguments.report:
        parser.error("name the folder of the data sets, or ask for --report only")
    return arguments


if __name__ == "__main__":
    main()

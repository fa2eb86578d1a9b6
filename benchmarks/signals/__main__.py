"""Click evidence from made-up logs: CPU, wall clock, memory, beside the same in pandas.

    python -m benchmarks.signals                       # 20 million events, three runs each
    python -m benchmarks.signals --events 100000000 --kinds ours --runs 1

Every run is a process of its own, the kinds take turns, two threads. The log is written once, as a
file a day, below ``--work``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from benchmarks.signals.events import write_events
from benchmarks.signals.in_pandas import largest_difference
from benchmarks.signals.worker import KINDS
from benchmarks.xmc.environments import default_work_folder

_THREADS = {f"{name}_NUM_THREADS": "2" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--work", type=Path, default=default_work_folder() / "signals")
    arguments = parser.parse_args()
    events = arguments.work / f"events-{arguments.events}"
    write_events(events, arguments.events)
    print(
        f"{arguments.events:,} events, median (least to most) of {arguments.runs} runs; Python "
        f"{sys.version.split()[0]}, "
        + ", ".join(f"{n} {version(n)}" for n in ("duckdb", "ibis-framework", "pandas", "pyarrow"))
    )
    with tempfile.TemporaryDirectory() as folder:
        _compare(events, arguments.kinds, arguments.runs, Path(folder))


def _compare(events: Path, kinds: list[str], runs: int, folder: Path) -> None:
    costs: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    tables = {kind: folder / f"{number}.parquet" for number, kind in enumerate(kinds)}
    for _ in range(runs):
        for kind in kinds:
            command = [sys.executable, "-m", "benchmarks.signals.worker"]
            command += [kind, str(events), str(tables[kind])]
            done = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | _THREADS
            )
            costs[kind].append(json.loads(done.stdout))
    names = list(costs[kinds[0]][0])
    print(f"{'':20}" + "".join(f"{name:>24}" for name in names) + f"{'differs by':>14}")
    first = pd.read_parquet(tables[kinds[0]])
    for kind in kinds:
        cells = [_spread([cost[name] for cost in costs[kind]]) for name in names]
        gap = largest_difference(first, pd.read_parquet(tables[kind]))
        print(f"{kind:20}" + "".join(f"{cell:>24}" for cell in cells) + f"{gap:14.1e}")


def _spread(values: list[float]) -> str:
    middle = statistics.median(values)
    if min(values) == max(values):
        return f"{middle:,.0f}"
    return f"{middle:,.1f} ({min(values):,.1f} to {max(values):,.1f})"


if __name__ == "__main__":
    main()

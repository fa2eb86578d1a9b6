"""The whole `workbench run` on a generated shop: time and memory, stage by stage.

    python -m benchmarks.whole_run                # 500,000 queries, 20 million events
    python -m benchmarks.whole_run --scale 0.1    # a tenth of it
    python -m benchmarks.whole_run --report       # only write RESULTS_WHOLE_RUN.md anew

The shop is generated once a scale and stays in the work folder; the workspace is made anew.
"""

from __future__ import annotations

import argparse
import os
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.runs import add_record, read_records
from benchmarks.whole_run.generate import generate_shop
from benchmarks.whole_run.quality import measure_quality
from benchmarks.whole_run.report import write_report
from benchmarks.whole_run.shape import ShopShape
from benchmarks.whole_run.workspace import make_workspace, run_workspace
from benchmarks.xmc.environments import default_work_folder

_RESULTS = Path(__file__).parent.parent / "RESULTS_WHOLE_RUN.md"
_KEY = ("scale", "seed", "n_threads")
_VERSIONS = ("duckdb", "numba", "numpy", "pandas", "pyarrow", "scikit-learn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, default=default_work_folder() / "whole_run")
    parser.add_argument("--out", type=Path, default=_RESULTS)
    parser.add_argument("--report", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    records = work / "whole_run.jsonl"
    if not arguments.report:
        record = _measure(work, arguments.scale, arguments.seed, arguments.threads)
        add_record(records, record)
    write_report(read_records(records, _KEY), arguments.out)


def _measure(work: Path, scale: float, seed: int, n_threads: int) -> dict[str, object]:
    shape = ShopShape.scaled(scale)
    shop, folder = work / f"shop-{shape.name}-{seed}", work / f"workspace-{shape.name}-{seed}"
    generate_shop(shape, shop, seed=seed)
    make_workspace(shop, folder)
    started = time.perf_counter()
    stages = run_workspace(folder, n_threads=n_threads)
    return {
        "scale": scale,
        "seed": seed,
        "n_threads": n_threads,
        "n_queries": shape.n_queries,
        "n_events": shape.n_events,
        "seconds": round(time.perf_counter() - started, 1),
        "load_average": os.getloadavg()[1],
        "versions": {name: version(name) for name in _VERSIONS},
        "stages": stages,
        "quality": measure_quality(folder, shop / "truth.parquet"),
    }


if __name__ == "__main__":
    main()

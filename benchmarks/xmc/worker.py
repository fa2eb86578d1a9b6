"""One measured step in a process of its own: ``python -m benchmarks.xmc.worker JOB ANSWER``.

Runs in the environment of the tool; imports nothing that this lacks.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, save_npz

from benchmarks.xmc.matrices import read_part
from benchmarks.xmc.measuring import (
    Meter,
    cpu_seconds,
    folder_mb,
    forget_peak,
    peak_mb,
    resident_mb,
)

_BATCH_SECONDS = 2.0
_MOST_BATCHES = 20
_ROWS_TO_WARM_UP = 50
_SINGLE_ROWS = 500


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    tool = importlib.import_module(f"benchmarks.xmc.tools.{job['tool']}")
    step = {"train": _train, "predict": _predict}[job["step"]]
    answer = {
        "load_average": os.getloadavg()[0],
        "versions": {name: version(name) for name in tool.PACKAGES},
        **step(tool, job),
    }
    Path(sys.argv[2]).write_text(json.dumps(answer))


def _train(tool: ModuleType, job: dict[str, Any]) -> dict[str, Any]:
    folder, threads = Path(job["model"]), job["threads"]
    tool.warm_up(job["parameters"])
    start = cpu_seconds()
    with Meter() as reading:
        data = tool.read_training(Path(job["data"]), threads)
    forget_peak()
    before = resident_mb()
    with Meter() as training:
        model = tool.train(data, job["parameters"], job["seed"], threads, folder)
    peak = peak_mb()
    tool.save(model, folder)
    return {
        "train_cpu_seconds": training.cpu,
        "train_wall_seconds": training.wall,
        "train_peak_mb": peak,
        "train_before_mb": before,
        "reading_cpu_seconds": reading.cpu,
        "start_cpu_seconds": start,
        "process_cpu_seconds": cpu_seconds(),
        "disk_mb": folder_mb(folder),
    }


def _predict(tool: ModuleType, job: dict[str, Any]) -> dict[str, Any]:
    tool.warm_up(job["parameters"])
    X = read_part(Path(job["data"]), "X_test")
    forget_peak()
    before = resident_mb()
    with Meter() as loading:
        model = tool.load(Path(job["model"]), job["threads"])
    k, beam = job["k"], job["beam"]
    # omikuji takes one row at a time, as a C array; these are made beforehand.
    batch = X if job["tool"] != "omikuji" else [tool.row_of(X, i) for i in range(X.shape[0])]
    tool.predict(model, batch[:_ROWS_TO_WARM_UP], k, beam)
    cpu, wall, scores = _measure_batches(tool, model, batch, k, beam)
    peak = peak_mb()
    save_npz(job["predictions"], _with_shape(csr_matrix(scores), X.shape[0], job["n_labels"]))
    return {
        "batch_cpu_us": cpu / X.shape[0] * 1e6,
        "batch_wall_us": wall / X.shape[0] * 1e6,
        "single_us": _measure_rows(tool, model, X, k, beam),
        "predict_peak_mb": peak,
        "predict_before_mb": before,
        "load_cpu_seconds": loading.cpu,
    }


def _measure_batches(
    tool: ModuleType, model: Any, batch: Any, k: int, beam: int
) -> tuple[float, float, Any]:
    """Return the median CPU and wall time of the whole batch, and its scores."""
    meters: list[Meter] = []
    scores = None
    while len(meters) < 3 or (
        sum(meter.cpu for meter in meters) < _BATCH_SECONDS and len(meters) < _MOST_BATCHES
    ):
        with Meter() as meter:
            scores = tool.predict(model, batch, k, beam)
        meters.append(meter)
    cpu, wall = ([getattr(meter, what) for meter in meters] for what in ("cpu", "wall"))
    return float(np.median(cpu)), float(np.median(wall)), scores


def _measure_rows(tool: ModuleType, model: Any, X: csr_matrix, k: int, beam: int) -> float:
    """Return the median wall time of one row, in microseconds."""
    rows = [tool.row_of(X, i) for i in range(min(X.shape[0], _ROWS_TO_WARM_UP + _SINGLE_ROWS))]
    seconds = []
    for row in rows:
        begin = time.perf_counter()
        tool.predict_row(model, row, k, beam)
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds[_ROWS_TO_WARM_UP:]) * 1e6)


def _with_shape(scores: csr_matrix, n_rows: int, n_labels: int) -> csr_matrix:
    return csr_matrix((scores.data, scores.indices, scores.indptr), shape=(n_rows, n_labels))


if __name__ == "__main__":
    main()

"""Exports of a large label version, format by format: time, memory and size.

    python -m benchmarks.export
    python -m benchmarks.export --instances 100000 --runs 1

A workspace is made as the pipeline makes one: made-up shop queries (those of
`benchmarks.features`), their features, a first label version with a confidence each, and a second
one with decisions applied. Every run is `workbench export` in a process of its own.
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

import numpy as np
import pandas as pd

from benchmarks.features import make_queries
from workbench.export import FORMATS
from workbench.features import TextFeatures
from workbench.matrices import LabelMatrix
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_labels, write_matrix, write_table

PACKAGES = ("numpy", "scipy", "pandas", "pyarrow")
CONFIG = "[workspace]\n"
WITH = ["--with", "names,provenance"]
MEASURED = """
import json, resource, sys, time
start = time.perf_counter()
from pipelines.cli import main
sys.argv = ["workbench", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "wall": time.perf_counter() - start,
    "cpu": used.ru_utime + used.ru_stime,
    "peak": int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1000,
}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=500_000)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=4, help="labels an instance")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="make the workspace here, or use the one there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch) / "workspace"
        if not (folder / "workbench.toml").exists():
            make_workspace(folder, options.instances, options.labels, options.each)
        about = " ".join(f"{name} {version(name)}" for name in PACKAGES)
        print(f"Python {sys.version.split()[0]}, {about}; {os.cpu_count()} cores")
        print(f"load {os.getloadavg()[0]:.1f}; medians of {options.runs}; peak of the process\n")
        print("| format | wall s | CPU s | peak MB | files MB |\n|---|---:|---:|---:|---:|")
        for name in FORMATS:
            print(row(name, measure(folder, name, [], options.runs)), flush=True)
        for name in ("parquet", "npz"):
            runs = measure(folder, name, WITH, options.runs)
            print(row(f"{name} {' '.join(WITH)}", runs), flush=True)


def make_workspace(folder: Path, n_instances: int, n_labels: int, each: int) -> None:
    rng = np.random.default_rng(0)
    ids = pd.Index([f"q{number:07d}" for number in range(n_instances)])
    names = pd.Index([f"Attribute {k % 20}: value {k}" for k in range(n_labels)])
    instances = pd.DataFrame(
        {
            "instance_id": ids,
            "text": make_queries(n_instances),
            "split": np.where(rng.random(n_instances) < 0.1, "test", "train"),
            "weight": rng.zipf(2.0, n_instances).clip(max=10**6),
        }
    )
    workspace = Workspace.create(folder, CONFIG)
    labels = draw_labels(rng, ids, names, each)
    parts = names.str.split(": ", expand=True)
    table = pd.DataFrame({"label_id": names, "attribute": [a for a, _ in parts]})
    with workspace.publish("ingest", "i", {}) as place:
        write_table(place, "instances", instances)
        write_table(place, "labels", table.assign(value=[b for _, b in parts]))
    posterior = labels.to_frame().rename(columns={"confidence": "posterior"})
    lone = np.where(rng.random(len(posterior)) < 0.1, names[0], None)
    with workspace.publish("label", "l", {"depends_on": {"ingest": "i"}}) as place:
        write_table(
            place, "posterior", posterior.assign(reviewed=False, implied_by=pd.array(lone, "str"))
        )
    with workspace.publish("features", "f", {"depends_on": {"ingest": "i"}}) as place:
        features = TextFeatures()
        write_matrix(place, "X", features.fit_transform(instances["text"]))
        features.save(place / "vectoriser")
    workspace.make_current({"ingest": "i", "label": "l", "features": "f", "base": "v1"})
    about = {"made_by": "dawid_skene", "n_given": labels.n_given}
    with workspace.publish_labels(None, "l", about) as (_, place):
        write_labels(place, labels)
    cleaned = decided(rng, labels)
    first = workspace.label_version("v1")
    for _ in range(2):  # an export of the newest looks for decisions: the one before it does not
        about = {"made_by": "decisions", "n_given": cleaned.n_given}
        with workspace.publish_labels(first, "d", about) as (_, place):
            write_labels(place, cleaned)


def draw_labels(rng: np.random.Generator, ids: pd.Index, names: pd.Index, each: int) -> LabelMatrix:
    odds = 1 / (np.arange(len(names)) + 5.0)
    edges = np.cumsum(odds / odds.sum())
    columns = np.searchsorted(edges, rng.random(len(ids) * each) * 0.999999)
    return LabelMatrix.from_positions(
        np.repeat(np.arange(len(ids)), each),
        columns,
        instance_ids=ids,
        label_ids=names,
        confidence=rng.uniform(0.5, 1, len(columns)).astype(np.float32),
    )


def decided(rng: np.random.Generator, labels: LabelMatrix) -> LabelMatrix:
    """Return the labels with a hundredth of the pairs taken out and as many put in."""
    rows, columns = labels.rows_of_pairs(), labels.values.indices
    kept = rng.random(len(rows)) > 0.01
    n_new = int((~kept).sum())
    assert labels.confidence is not None
    return LabelMatrix.from_positions(
        np.concatenate([rows[kept], rng.integers(len(labels.instance_ids), size=n_new)]),
        np.concatenate([columns[kept], rng.integers(len(labels.label_ids), size=n_new)]),
        instance_ids=labels.instance_ids,
        label_ids=labels.label_ids,
        confidence=np.concatenate([labels.confidence[kept], np.ones(n_new, np.float32)]),
    )


def measure(folder: Path, name: str, further: list[str], n_runs: int) -> list[dict[str, float]]:
    runs = []
    for _ in range(n_runs):
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            out = Path(scratch) / "export"
            asked = ["export", str(folder), "--labels", "v2", "--format", name, "--quiet"]
            command = [sys.executable, "-c", MEASURED, *asked, "--out", str(out), *further]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr)
            size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
            runs.append(json.loads(done.stdout.splitlines()[-1]) | {"size": size / 1e6})
    return runs


def row(name: str, runs: list[dict[str, float]]) -> str:
    wall, cpu, peak, size = (
        statistics.median(run[what] for run in runs) for what in ("wall", "cpu", "peak", "size")
    )
    return f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {size:.1f} |"


if __name__ == "__main__":
    main()

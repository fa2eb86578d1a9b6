"""``python -m benchmarks.out_of_sample DATA``: in-sample, five folds, leave one out.

Prints two tables: process CPU seconds in turns, as medians and as multiples of one training, and
the average precision of the raw scores for injected wrong and missing labels.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from benchmarks.out_of_sample.ways import WAYS, find_errors, warm_up
from benchmarks.xmc.datasets import prepare
from benchmarks.xmc.matrices import read_part
from benchmarks.xmc.measuring import Meter
from workbench.evaluate.noise import inject_noise, siblings_by_attribute, siblings_by_similarity
from workbench.matrices import LabelMatrix
from workbench.model import ClusteredOVR


def main() -> None:
    arguments = _arguments()
    warm_up()
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        for name in arguments.data_sets:
            prepare(name, arguments.data, work / name)
            X, Y = (csr_array(read_part(work / name, part)) for part in ("X_train", "Y_train"))
            _measure_cost(name, X, Y, arguments.runs)
            if name != "shop":
                _measure_detection(name, X, _as_labels(arguments.data, name, Y), arguments.seeds)


def _measure_cost(name: str, X: csr_array, Y: csr_array, n_runs: int) -> None:
    """Print medians; the ways take turns, so that a busy machine slows all of them alike."""
    seconds: dict[str, list[float]] = {"training": [], **{way: [] for way in WAYS}}
    skipped = {"five folds"} if name == "shop" else set()
    for seed in range(n_runs):
        with Meter() as meter:
            ClusteredOVR(n_jobs=1, random_state=seed).fit(X, Y)
        seconds["training"].append(meter.cpu)
        for way, score in WAYS.items():
            if way not in skipped:
                with Meter() as meter:
                    score(ClusteredOVR(n_jobs=1, random_state=seed), X, Y)
                seconds[way].append(meter.cpu)
    for way, found in seconds.items():
        if found:
            times = np.median(np.array(found) / seconds["training"])
            print(
                f"{name:10} {way:14} {np.median(found):8.2f} CPU s {times:6.2f} trainings",
                flush=True,
            )


def _measure_detection(name: str, X: csr_array, clean: LabelMatrix, n_seeds: int) -> None:
    """Print the average precision of each way, mean over the draws of noise."""
    attributes = clean.label_ids.to_series().str.extract("^(.*?)=", expand=False)
    if name == "icecat":
        siblings = siblings_by_attribute(attributes.reset_index(drop=True))
    else:
        siblings = siblings_by_similarity(X, clean)
    for way, score in WAYS.items():
        found = []
        for seed in range(n_seeds):
            noisy = inject_noise(clean, siblings=siblings, random_state=seed)
            Y = noisy.given.values.astype(np.float32)
            found.append(find_errors(score(ClusteredOVR(n_jobs=1), X, Y), noisy))
        mean, low, high = (f(np.array(found), axis=0) for f in (np.mean, np.min, np.max))
        told = [
            f"{kind} {mean[i]:.3f} ({low[i]:.3f} to {high[i]:.3f})"
            for i, kind in enumerate(("wrong", "missing"))
        ]
        print(f"{name:10} {way:14}", *told, flush=True)


def _as_labels(data: Path, name: str, Y: csr_array) -> LabelMatrix:
    names = [f"label {i}" for i in range(Y.shape[1])]
    if name == "icecat":
        names = (data / name / "labels.txt").read_text(encoding="utf-8").splitlines()
    ids = pd.Index([f"row {i}" for i in range(Y.shape[0])])
    return LabelMatrix(csr_array(Y).astype(bool), ids, pd.Index(names))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.out_of_sample", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of data")
    parser.add_argument("--data-sets", nargs="+", default=["bibtex", "delicious", "icecat", "shop"])
    parser.add_argument("--runs", type=int, default=5, help="of the measurement of time")
    parser.add_argument("--seeds", type=int, default=3, help="draws of noise")
    parser.add_argument("--work", type=Path, help="where matrices are kept (default: nowhere)")
    return parser.parse_args()


if __name__ == "__main__":
    main()

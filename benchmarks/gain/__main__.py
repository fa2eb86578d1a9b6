"""``python -m benchmarks.gain DATA``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from benchmarks.detection.data_sets import Data, load
from benchmarks.gain.report import write_report
from benchmarks.runs import (
    Record,
    add_record,
    add_run_arguments,
    identity,
    known_runs,
    read_records,
)
from benchmarks.xmc.environments import PROJECT
from pipelines.benchmark_gain import SHARES
from pipelines.gain.lesson import Lesson, Tools, make_lesson
from pipelines.gain.measuring import measure_ways
from pipelines.gain.ways import WAYS
from workbench.matrices import LabelMatrix
from workbench.model import ClusteredOVR, OutOfSample, leave_one_out

_DATA_SETS = ("bibtex", "delicious", "icecat", "shop")
_KEY = ("data_set", "instances", "noise", "seed")
_TEST_SHARE, _TOP_K = 0.25, 20


def main() -> None:
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    results = arguments.work / "gain.jsonl"
    if not arguments.report:
        if arguments.data is None:
            raise SystemExit("DATA: name the folder of the data, or ask for --report alone")
        done = set() if arguments.again else known_runs(results, _KEY)
        for seed in range(arguments.seeds):
            for noise in arguments.noise:
                for name in arguments.data_sets:
                    key = dict(zip(_KEY, (name, arguments.instances, noise, seed), strict=True))
                    if identity(key, _KEY) not in done:
                        add_record(results, key | _measure(name, noise, seed, arguments))
                        print(f"{name}, {noise:.0%} noise, seed {seed}: done", flush=True)
    write_report(read_records(results, _KEY), PROJECT)


def _measure(name: str, noise: float, seed: int, arguments: argparse.Namespace) -> Record:
    data = load(name, arguments.data.resolve())
    lesson = _lesson(data, arguments.instances, noise, seed)
    points = measure_ways(lesson, _tools(arguments.threads), WAYS, SHARES, seed)
    found = points.astype(object).where(points.notna(), None).to_dict("records")
    return {"n_given": lesson.given.n_given, "points": found}


def _lesson(data: Data, n_instances: int, noise: float, seed: int) -> Lesson:
    """Return the lesson of one draw: a quarter measures, the rest is disturbed."""
    order = np.random.default_rng(seed).permutation(len(data.truth.instance_ids))[:n_instances]
    n_test = round(_TEST_SHARE * len(order))
    test, train = np.sort(order[:n_test]), np.sort(order[n_test:])
    return make_lesson(
        data.X,
        data.truth,
        train,
        test,
        noise=noise,
        seed=seed,
        labels=data.labels,
        texts=data.texts or _texts_of(data.X),
    )


def _texts_of(X: csr_array) -> list[str]:
    """Return for each instance its features as words, where the words are not known."""
    bounds = zip(X.indptr[:-1], X.indptr[1:], strict=True)
    return [" ".join(f"w{feature}" for feature in X.indices[a:b]) for a, b in bounds]


def _tools(threads: int) -> Tools:
    def make_model(seed: int) -> ClusteredOVR:
        return ClusteredOVR(random_state=seed, n_jobs=threads)

    def score(X: csr_array, given: LabelMatrix, also: csr_array, seed: int) -> OutOfSample:
        Y = given.values.astype(np.float32)
        return leave_one_out(make_model(seed), X, Y, top_k=_TOP_K, also=also)

    return Tools(make_model, score)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gain", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the data")
    parser.add_argument("--data-sets", nargs="+", choices=_DATA_SETS, default=_DATA_SETS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.3, 0.1, 0.5])
    parser.add_argument("--instances", type=int, default=8000, help="at most so many, drawn anew")
    parser.add_argument("--threads", type=int, default=1)
    add_run_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()

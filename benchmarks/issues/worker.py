"""One run in a process of its own: ``python -m benchmarks.issues.worker JOB ANSWER``."""

from __future__ import annotations

import json
import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.issues.problems import Dense, Size, Sparse, make_dense, make_sparse
from benchmarks.xmc.measuring import Meter, forget_peak, peak_mb, resident_mb
from workbench.matrices import PairScores

_PACKAGES = ("cleanlab", "numpy", "scipy", "pandas", "numba")


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    size = Size(**job["size"])
    problem = make_sparse(size, job["seed"]) if size.per_row else make_dense(size, job["seed"])
    work = _cleanlab if job["tool"] == "cleanlab" else _ours
    prepared = _as_lists(problem) if job["tool"] == "cleanlab" else None
    tiny = make_dense(Size("tiny", 60, 8), 0)
    work(tiny, _as_lists(tiny), job["filter_by"])  # imports, and reads compiled kernels
    forget_peak()
    before = resident_mb()
    with Meter() as meter:
        answer = work(problem, prepared, job["filter_by"])
    peak = peak_mb()
    flagged = _positions(answer, problem)
    np.save(job["flags"], flagged)
    scores = problem.scores if isinstance(problem, Sparse) else problem.probabilities
    figures = {
        "cpu_seconds": meter.cpu,
        "wall_seconds": meter.wall,
        "peak_mb": peak,
        "before_mb": before,
        "n_flagged": len(flagged),
        "n_scored": scores.n_judged if isinstance(scores, PairScores) else scores.size,
        "n_given": problem.given.n_given,
        "not_exact": None if job["tool"] == "cleanlab" else int((~answer["exact"]).sum()),
        "load_average": os.getloadavg()[0],
        "versions": {name: version(name) for name in _PACKAGES},
    }
    Path(sys.argv[2]).write_text(json.dumps(figures), encoding="utf-8")


def _ours(problem: Dense | Sparse, prepared: Any, filter_by: Any) -> Any:
    from workbench.issues import find_label_issues

    if isinstance(problem, Sparse):
        return find_label_issues(
            problem.given, problem.scores, sums=problem.sums, filter_by=filter_by
        )
    return find_label_issues(problem.given, problem.probabilities, filter_by=filter_by)


def _cleanlab(problem: Dense, prepared: list[list[int]], filter_by: str) -> Any:
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find_multilabel_issues_per_class(
            prepared, problem.probabilities, filter_by=filter_by, n_jobs=1
        )


def _as_lists(problem: Dense | Sparse) -> list[list[int]]:
    """Return the given labels as cleanlab wants them."""
    values = problem.given.values
    return [row.tolist() for row in np.split(values.indices, values.indptr[1:-1])]


def _positions(answer: Any, problem: Dense | Sparse) -> NDArray[np.int64]:
    """Return the flagged pairs as one ascending number each."""
    if isinstance(answer, np.ndarray):
        return np.flatnonzero(answer)
    given = problem.given
    rows = given.instance_ids.get_indexer(answer["instance_id"]).astype(np.int64)
    columns = given.label_ids.get_indexer(answer["label_id"])
    return np.sort(rows * len(given.label_ids) + columns)


if __name__ == "__main__":
    main()

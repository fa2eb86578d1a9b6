"""One search in a process of its own: ``python -m benchmarks.neighbours.worker JOB ANSWER``."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, load_npz

from benchmarks.xmc.measuring import Meter, forget_peak, peak_mb, resident_mb

Found = tuple[NDArray[np.int64], NDArray[np.float64]]


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    search, as_table, packages = _TOOLS[job["tool"]]
    X = csr_matrix(load_npz(job["matrix"]))
    search(X[:200], min(job["n_neighbours"], 10))  # imports, and compiles or reads kernels
    forget_peak()
    before = resident_mb()
    with Meter() as meter:
        answer = search(X, job["n_neighbours"])
    peak = peak_mb()
    found, similarity = as_table(answer, job["n_neighbours"])
    np.savez(job["found"], found=found.astype(np.int32), similarity=similarity.astype(np.float32))
    figures = {
        "cpu_seconds": meter.cpu,
        "wall_seconds": meter.wall,
        "peak_mb": peak,
        "before_mb": before,
        "load_average": os.getloadavg()[0],
        "n_rows": X.shape[0],
        "n_features": X.shape[1],
        "per_row": X.nnz / max(X.shape[0], 1),
        "versions": {name: version(name) for name in (*packages, "numpy", "scipy")},
    }
    Path(sys.argv[2]).write_text(json.dumps(figures), encoding="utf-8")


def _ours(X: csr_matrix, n_neighbours: int) -> Any:
    from scipy.sparse import csr_array

    from workbench.issues.neighbours import nearest_neighbours

    return nearest_neighbours(csr_array(X), n_neighbours=n_neighbours, n_jobs=1)


def _scikit_learn(X: csr_matrix, n_neighbours: int) -> Any:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=n_neighbours, metric="cosine", algorithm="brute")
    return search.fit(X).kneighbors()


def _sparse_dot_topn(X: csr_matrix, n_neighbours: int) -> Any:
    from sparse_dot_topn import sp_matmul_topn

    return sp_matmul_topn(X, X.T.tocsr(), top_n=n_neighbours + 1, threshold=0.0, n_threads=1)


def _pynndescent(X: csr_matrix, n_neighbours: int) -> Any:
    from pynndescent import NNDescent

    graph = NNDescent(X, metric="cosine", n_neighbors=n_neighbours + 1, random_state=0, n_jobs=1)
    return graph.neighbor_graph


def _of_matrix(answer: Any, n_neighbours: int) -> Found:
    """Return the neighbours of each row in as many columns; where there are fewer, similarity 0."""
    row = np.repeat(np.arange(answer.shape[0]), np.diff(answer.indptr))
    other = answer.indices != row
    row, column, value = row[other], answer.indices[other], answer.data[other]
    order = np.lexsort((-value, row))
    place = np.arange(len(row)) - np.searchsorted(row, row)
    kept = place < n_neighbours
    found = np.zeros((answer.shape[0], n_neighbours), np.int64)
    similarity = np.zeros((answer.shape[0], n_neighbours))
    found[row[kept], place[kept]] = column[order][kept]
    similarity[row[kept], place[kept]] = value[order][kept]
    return found, similarity


def _of_distances(answer: Any, n_neighbours: int) -> Found:
    distance, found = answer
    return found, 1 - distance


def _of_graph(answer: Any, n_neighbours: int) -> Found:
    found, similarity = answer[0].astype(np.int64), 1 - answer[1].astype(np.float64)
    similarity[found == np.arange(len(found))[:, None]] = 0
    order = np.argsort(-similarity, axis=1)[:, :n_neighbours]
    return np.take_along_axis(found, order, 1), np.take_along_axis(similarity, order, 1)


_TOOLS = {
    "ours": (_ours, _of_matrix, ("numba",)),
    "scikit-learn, brute": (_scikit_learn, _of_distances, ("scikit-learn",)),
    "sparse_dot_topn": (_sparse_dot_topn, _of_matrix, ("sparse-dot-topn",)),
    "pynndescent": (_pynndescent, _of_graph, ("pynndescent", "numba")),
}

if __name__ == "__main__":
    main()

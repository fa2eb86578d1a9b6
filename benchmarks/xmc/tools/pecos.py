"""PECOS XR-Linear: label features, hierarchical k-means, training, as its manual has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scipy.sparse import csc_matrix, csr_matrix

from benchmarks.xmc.matrices import read_part

PACKAGES = ("libpecos", "numpy", "scipy")
# Parameters of the clustering; all others are the solver's.
_CLUSTERING = ("nr_splits", "max_leaf_size", "kmeans_max_iter")


def read_training(folder: Path, threads: int) -> tuple[csr_matrix, csc_matrix]:
    return read_part(folder, "X_train"), read_part(folder, "Y_train").tocsc()


def warm_up(parameters: dict[str, Any]) -> None:
    import pecos.xmc.xlinear.model  # noqa: F401


def train(
    data: tuple[csr_matrix, csc_matrix],
    parameters: dict[str, Any],
    seed: int,
    threads: int,
    folder: Path,
) -> Any:
    from pecos.xmc import Indexer, LabelEmbeddingFactory
    from pecos.xmc.xlinear.model import XLinearModel

    X, Y = data
    clustering = {"nr_splits": 16, "max_leaf_size": 100}
    clustering |= {name: parameters[name] for name in _CLUSTERING if name in parameters}
    solver = {name: value for name, value in parameters.items() if name not in _CLUSTERING}
    labels = LabelEmbeddingFactory.create(Y, X, method="pifa", threads=threads)
    chain = Indexer.gen(
        labels, indexer_type="hierarchicalkmeans", seed=seed, threads=threads, **clustering
    )
    return XLinearModel.train(X, Y, C=chain, threads=threads, **solver)


def save(model: Any, folder: Path) -> None:
    model.save(str(folder))


def load(folder: Path, threads: int) -> tuple[Any, int]:
    from pecos.xmc.xlinear.model import XLinearModel

    return XLinearModel.load(str(folder), is_predict_only=True), threads


def predict(model: tuple[Any, int], X: csr_matrix, k: int, beam: int) -> csr_matrix:
    trained, threads = model
    return trained.predict(X, beam_size=beam, only_topk=k, threads=threads)


def row_of(X: csr_matrix, i: int) -> csr_matrix:
    return X[i]


def predict_row(model: tuple[Any, int], row: csr_matrix, k: int, beam: int) -> csr_matrix:
    return predict(model, row, k, beam)

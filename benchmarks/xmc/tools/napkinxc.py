"""napkinXC: probabilistic label trees. It writes its model while it trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.xmc.matrices import read_part

PACKAGES = ("napkinxc", "numpy", "scipy")


def read_training(folder: Path, threads: int) -> tuple[csr_matrix, csr_matrix]:
    return read_part(folder, "X_train"), read_part(folder, "Y_train")


def warm_up(parameters: dict[str, Any]) -> None:
    import napkinxc.models  # noqa: F401


def train(
    data: tuple[csr_matrix, csr_matrix],
    parameters: dict[str, Any],
    seed: int,
    threads: int,
    folder: Path,
) -> Any:
    from napkinxc.models import PLT

    folder.mkdir(parents=True, exist_ok=True)
    model = PLT(str(folder), seed=seed, threads=threads, **parameters)
    model.fit(*data)
    return model


def save(model: Any, folder: Path) -> None:
    """Do nothing: the model is already written."""


def load(folder: Path, threads: int) -> Any:
    from napkinxc.models import PLT

    model = PLT(str(folder), threads=threads)
    model.load()
    return model


def predict(model: Any, X: csr_matrix, k: int, beam: int) -> csr_matrix:
    """Return the scores; the search is exact, so that there is no beam."""
    found = model.predict_proba(X, top_k=k)
    indptr = np.cumsum([0] + [len(row) for row in found])
    pairs = [pair for row in found for pair in row]
    labels = np.array([label for label, _ in pairs], np.int32)
    scores = np.array([score for _, score in pairs], np.float32)
    return csr_matrix((scores, labels, indptr))


def row_of(X: csr_matrix, i: int) -> csr_matrix:
    return X[i]


def predict_row(model: Any, row: csr_matrix, k: int, beam: int) -> Any:
    return model.predict_proba(row, top_k=k)

"""Our own model, in the project's environment."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, random_array

from benchmarks.xmc.matrices import read_part
from workbench.model import ClusteredOVR

PACKAGES = ("numpy", "scipy", "numba", "scikit-learn")


def read_training(folder: Path, threads: int) -> tuple[csr_array, csr_array]:
    return csr_array(read_part(folder, "X_train")), csr_array(read_part(folder, "Y_train"))


def warm_up(parameters: dict[str, Any]) -> None:
    """Train, save, load and predict something small: kernels are read from their cache."""
    rng = np.random.default_rng(0)
    X = csr_array(random_array((600, 200), density=0.05, rng=rng, dtype=np.float32, format="csr"))
    labels = rng.integers(300, size=1200).astype(np.int32)
    Y = csr_array((np.ones(1200, np.float32), labels, 2 * np.arange(601, dtype=np.int32)))
    Y.sum_duplicates()
    Y.data[:] = 1
    with tempfile.TemporaryDirectory() as folder:
        ClusteredOVR(**parameters, n_jobs=1).fit(X, Y).save(folder)
        model = ClusteredOVR.load(folder)
        model.predict(X, k=10)
        model.predict(X[:1], k=10)


def train(
    data: tuple[csr_array, csr_array],
    parameters: dict[str, Any],
    seed: int,
    threads: int,
    folder: Path,
) -> ClusteredOVR:
    return ClusteredOVR(**parameters, n_jobs=threads, random_state=seed).fit(*data)


def save(model: ClusteredOVR, folder: Path) -> None:
    model.save(folder)


def load(folder: Path, threads: int) -> ClusteredOVR:
    model = ClusteredOVR.load(folder)
    model.set_params(n_jobs=threads)
    return model


def predict(model: ClusteredOVR, X: Any, k: int, beam: int) -> csr_array:
    model.beam = beam
    return model.predict(csr_array(X), k=k)


def row_of(X: Any, i: int) -> csr_array:
    return csr_array(X[i])


def predict_row(model: ClusteredOVR, row: csr_array, k: int, beam: int) -> csr_array:
    return model.predict(row, k=k)

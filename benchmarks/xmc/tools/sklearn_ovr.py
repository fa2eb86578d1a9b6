"""scikit-learn: one LinearSVC a label. For prediction the weights are stacked to one matrix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks.xmc.matrices import read_part

PACKAGES = ("scikit-learn", "numpy", "scipy")
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Stacked:
    """The weights of all labels, shape (n_features, n_labels), and their intercepts."""

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]


def read_training(folder: Path, threads: int) -> tuple[csr_matrix, csr_matrix]:
    return read_part(folder, "X_train"), read_part(folder, "Y_train")


def warm_up(parameters: dict[str, Any]) -> None:
    import sklearn.multiclass
    import sklearn.svm  # noqa: F401


def train(
    data: tuple[csr_matrix, csr_matrix],
    parameters: dict[str, Any],
    seed: int,
    threads: int,
    folder: Path,
) -> Stacked:
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    X, Y = data
    fitted = OneVsRestClassifier(LinearSVC(random_state=seed, **parameters)).fit(X, Y)
    weights = np.zeros((X.shape[1], Y.shape[1]), np.float32)
    intercepts = np.full(Y.shape[1], -np.inf, np.float32)
    for label, estimator in enumerate(fitted.estimators_):
        # A label without a positive row has a constant in the place of a classifier.
        if hasattr(estimator, "coef_"):
            weights[:, label] = estimator.coef_[0]
            intercepts[label] = estimator.intercept_[0]
    return Stacked(weights, intercepts)


def save(model: Stacked, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "model.npz", weights=model.weights, intercepts=model.intercepts)


def load(folder: Path, threads: int) -> Stacked:
    with np.load(folder / "model.npz") as arrays:
        return Stacked(arrays["weights"], arrays["intercepts"])


def predict(model: Stacked, X: csr_matrix, k: int, beam: int) -> csr_matrix:
    """Return the margins, made positive where they are to be stored, best k a row."""
    labels, scores = [], []
    for begin in range(0, X.shape[0], _ROWS_AT_ONCE):
        margins = X[begin : begin + _ROWS_AT_ONCE] @ model.weights + model.intercepts
        best = np.argpartition(-margins, k - 1, axis=1)[:, :k]
        labels.append(best)
        scores.append(np.take_along_axis(margins, best, axis=1))
    indptr = np.arange(X.shape[0] + 1) * k
    values = 1 / (1 + np.exp(-np.concatenate(scores).ravel().astype(np.float64)))
    shape = (X.shape[0], len(model.intercepts))
    return csr_matrix((values, np.concatenate(labels).ravel(), indptr), shape)


def row_of(X: csr_matrix, i: int) -> csr_matrix:
    return X[i]


def predict_row(model: Stacked, row: csr_matrix, k: int, beam: int) -> csr_matrix:
    return predict(model, row, k, beam)

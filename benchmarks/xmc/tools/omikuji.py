"""omikuji (Parabel in Rust), through its C interface, so that Python costs it nothing.

It reads its own text file, and its seed cannot be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

PACKAGES = ("omikuji",)
_MOST_LABELS = 1000


@dataclass(frozen=True)
class Predictor:
    """A loaded model, its threads, and room for the answer, as C sees it and as numpy does."""

    model: Any
    pool: Any
    labels: Any
    scores: Any
    labels_seen: NDArray[np.uint32]
    scores_seen: NDArray[np.float32]


def read_training(folder: Path, threads: int) -> tuple[Any, Any]:
    from omikuji import ffi, lib

    pool = lib.init_omikuji_thread_pool(threads)
    path = ffi.new("char[]", str(folder / "train.txt").encode())
    data = lib.load_omikuji_data_set(path, pool)
    if data == ffi.NULL:
        raise RuntimeError("omikuji cannot read its training file")
    return data, pool


def warm_up(parameters: dict[str, Any]) -> None:
    import omikuji  # noqa: F401


def train(
    data: tuple[Any, Any], parameters: dict[str, Any], seed: int, threads: int, folder: Path
) -> Any:
    from omikuji import Model, ffi, lib

    setting = Model.default_hyper_param()
    for name, value in parameters.items():
        setattr(setting, name, value)
    pointer = lib.train_omikuji_model(data[0], setting, data[1])
    if pointer == ffi.NULL:
        raise RuntimeError("omikuji failed to train")
    return Model(pointer)


def save(model: Any, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model.save(str(folder))


def load(folder: Path, threads: int) -> Predictor:
    from omikuji import Model, ffi, lib

    labels, scores = ffi.new("uint32_t[]", _MOST_LABELS), ffi.new("float[]", _MOST_LABELS)
    return Predictor(
        Model.load(str(folder)),
        lib.init_omikuji_thread_pool(threads),
        labels,
        scores,
        np.frombuffer(ffi.buffer(labels), np.uint32),
        np.frombuffer(ffi.buffer(scores), np.float32),
    )


def predict(model: Predictor, X: list[Any], k: int, beam: int) -> csr_matrix:
    """Return the scores of rows from `row_of`: it predicts one row a call."""
    counts = np.empty(len(X), np.int64)
    labels = np.empty((len(X), k), np.int32)
    scores = np.empty((len(X), k), np.float32)
    for i, row in enumerate(X):
        counts[i] = n = predict_row(model, row, k, beam)
        labels[i, :n] = model.labels_seen[:n]
        scores[i, :n] = model.scores_seen[:n]
    found = np.arange(k) < counts[:, None]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return csr_matrix((scores[found], labels[found], indptr))


def row_of(X: csr_matrix, i: int) -> tuple[int, Any, Any]:
    from omikuji import ffi

    begin, end = X.indptr[i : i + 2]
    features = ffi.new("uint32_t[]", X.indices[begin:end].tolist())
    return int(end - begin), features, ffi.new("float[]", X.data[begin:end].tolist())


def predict_row(model: Predictor, row: tuple[int, Any, Any], k: int, beam: int) -> int:
    from omikuji import lib

    return lib.omikuji_predict(
        model.model._model_ptr, beam, *row, k, model.labels, model.scores, model.pool
    )

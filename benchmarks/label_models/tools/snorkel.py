"""Snorkel's label model: a dense matrix of -1, 0 and 1, without ids."""

from __future__ import annotations

from typing import Any

import numpy as np
from snorkel.labeling.model import LabelModel

PACKAGES = ("snorkel", "torch", "numpy")


def prepare(levels: np.ndarray, attribute: np.ndarray) -> np.ndarray:
    del attribute
    return np.minimum(levels, 1).astype(np.int64)


def warm_up() -> None:
    LabelModel(verbose=False).fit(
        np.array([[0, 0, 1], [1, 1, 0]] * 10), n_epochs=2, progress_bar=False
    )


def posterior(prepared: np.ndarray, parameters: dict[str, Any], base_rate: float) -> np.ndarray:
    balance = [1 - base_rate, base_rate] if parameters["told_base_rate"] else None
    model = LabelModel(cardinality=2, verbose=False)
    model.fit(
        prepared,
        class_balance=balance,
        n_epochs=parameters["n_epochs"],
        seed=parameters["seed"],
        progress_bar=False,
    )
    return model.predict_proba(prepared)


def to_array(answer: np.ndarray) -> np.ndarray:
    return answer[:, 1]

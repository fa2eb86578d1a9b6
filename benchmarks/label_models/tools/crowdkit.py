"""Crowd-kit's aggregations: a long table of task, worker and label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene, MajorityVote, Wawa

PACKAGES = ("crowd-kit", "pandas", "numpy")
_MODELS = {"DawidSkene": lambda: DawidSkene(n_iter=100), "MajorityVote": MajorityVote, "Wawa": Wawa}


def prepare(levels: np.ndarray, attribute: np.ndarray) -> pd.DataFrame:
    del attribute
    task, worker = np.nonzero(levels >= 0)
    label = np.minimum(levels[task, worker], 1).astype(np.int64)
    return pd.DataFrame({"task": task, "worker": worker, "label": label})


def warm_up() -> None:
    table = pd.DataFrame({"task": [0, 0, 1], "worker": [0, 1, 0], "label": [1, 0, 1]})
    MajorityVote().fit_predict_proba(table)


def posterior(prepared: pd.DataFrame, parameters: dict[str, Any], base_rate: float) -> pd.DataFrame:
    del base_rate
    return _MODELS[parameters["model"]]().fit_predict_proba(prepared)


def to_array(answer: pd.DataFrame) -> np.ndarray:
    return answer.sort_index()[1].to_numpy(np.float64)

"""How good a posterior is, the states of the pairs being known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

# A posterior of 0 or 1 counts as this sure, whoever says it.
_SUREST = 1e-4
_N_BINS = 15


def judge(posterior: NDArray[np.float64], truth: NDArray[np.bool_]) -> dict[str, float]:
    """Return AUC, log loss, Brier score and expected calibration error (15 bins of equal size)."""
    p = np.clip(posterior, _SUREST, 1 - _SUREST)
    y = truth.astype(np.float64)
    parts = np.array_split(np.argsort(p, kind="stable"), _N_BINS)
    gaps = [abs(p[part].mean() - y[part].mean()) * len(part) for part in parts]
    return {
        "auc": float(roc_auc_score(truth, p)),
        "log_loss": float(-np.mean(np.where(truth, np.log(p), np.log1p(-p)))),
        "brier": float(np.mean((p - y) ** 2)),
        "ece": float(sum(gaps) / len(p)),
        "n_voted": len(p),
    }

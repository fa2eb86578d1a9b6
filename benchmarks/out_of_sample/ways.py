"""The ways to score, and how their raw scores rank the injected errors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, random_array

from workbench.evaluate.detection import average_precision
from workbench.evaluate.noise import NoisyLabels
from workbench.matrices import pairs_in
from workbench.model import ClusteredOVR, leave_one_out, out_of_fold

_TOP_K = 20


def _in_sample(model: ClusteredOVR, X: csr_array, Y: csr_array) -> csr_array:
    """Return the scores of training of the given pairs and of each row's best candidates."""
    model.fit(X, Y)
    best = model.predict(X, k=_TOP_K)
    rows = np.repeat(np.arange(X.shape[0]), np.diff(best.indptr))
    others = pairs_in(Y, rows, best.indices) < 0
    given = np.repeat(np.arange(X.shape[0]), np.diff(Y.indptr))
    scores = np.concatenate([model.score_pairs(X, given, Y.indices), best.data[others]])
    pairs = (
        np.concatenate([given, rows[others]]),
        np.concatenate([Y.indices, best.indices[others]]),
    )
    return csr_array((scores, pairs), shape=Y.shape)


WAYS: dict[str, Callable[[ClusteredOVR, csr_array, csr_array], csr_array]] = {
    "in sample": _in_sample,
    "five folds": lambda model, X, Y: out_of_fold(model, X, Y, top_k=_TOP_K).scores,
    "leave one out": lambda model, X, Y: leave_one_out(model, X, Y, top_k=_TOP_K).scores,
}


def warm_up() -> None:
    """Let every way read its kernels from their cache, or compile them."""
    X = csr_array(random_array((300, 100), density=0.1, rng=0, dtype=np.float32))
    Y = csr_array(random_array((300, 40), density=0.05, rng=1) > 0).astype(np.float32)
    for score in WAYS.values():
        score(ClusteredOVR(leaf_size=10, n_jobs=1), X, Y)


def find_errors(scores: csr_array, noisy: NoisyLabels) -> tuple[float, float]:
    """Return the average precision for wrong and for missing labels.

    Given pairs are ranked by falling doubt, the others by their score.
    """
    rows = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    keys = rows.astype(np.int64) * scores.shape[1] + scores.indices
    is_given = pairs_in(noisy.given.values, rows, scores.indices) >= 0
    return (
        _average_precision(keys[is_given], scores.data[is_given], noisy.wrong, noisy),
        _average_precision(keys[~is_given], -scores.data[~is_given], noisy.missing, noisy),
    )


def _average_precision(
    keys: np.ndarray, doubt: np.ndarray, truth: pd.DataFrame, noisy: NoisyLabels
) -> float:
    given = noisy.given
    rows = given.instance_ids.get_indexer(pd.Index(truth["instance_id"])).astype(np.int64)
    columns = given.label_ids.get_indexer(pd.Index(truth["label_id"]))
    wanted = rows * given.values.shape[1] + columns
    hits = np.isin(keys[np.argsort(doubt, kind="stable")], wanted)
    return average_precision(hits, len(truth))

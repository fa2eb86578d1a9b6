"""A perfect reviewer who answers the first issues of an order, and the model that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.detection.data_sets import Data
from benchmarks.detection.queues import rank, score
from benchmarks.detection.worlds import RATES, disturb
from workbench.evaluate.propensity import propensities
from workbench.evaluate.ranking import precision_at_k, psp_at_k
from workbench.issues.gain import gain_ranks
from workbench.matrices import LabelMatrix, pairs_in
from workbench.model import ClusteredOVR

BUDGETS = (0.05, 0.10, 0.20)
KS = (1, 3, 5)
TURNS, PROBABILITY = "kinds take turns", "probability of an error"
GAIN, NO_TAIL, TAIL = "gain (ours)", "gain, tail weight 0", "gain, tail weight 1"
WRONG, MISSING = "wrong ones only", "missing ones only"
FOLDS, RANDOM = "five-fold scores", "random"
ORDERS = (GAIN, NO_TAIL, TAIL, TURNS, PROBABILITY, WRONG, MISSING, FOLDS, RANDOM)
_TEST_SHARE = 0.25
_N_MODELS = 3
_FEW = 20_000


@dataclass(frozen=True, eq=False)
class Lesson:
    """Noisy training labels, what is true, and instances to measure on.

    Parameters
    ----------
    train, test : Data
    given : LabelMatrix
        The noisy labels of ``train``.
    """

    train: Data
    test: Data
    given: LabelMatrix


def split_and_disturb(data: Data, seed: int, n_instances: int | None, factor: float) -> Lesson:
    """Return the data in two parts, the noise of the mixed world ``factor`` times in the first."""
    order = np.random.default_rng(seed).permutation(len(data.truth.instance_ids))[:n_instances]
    n_test = round(_TEST_SHARE * len(order))
    test, train = (_take(data, np.sort(part)) for part in (order[:n_test], order[n_test:]))
    rates = {name: factor * rate for name, rate in RATES["mixed"].items()}
    return Lesson(train, test, disturb(train, "mixed", seed, rates).given)


def review(lesson: Lesson, seed: int, threads: int) -> dict[str, list[float]]:
    """Return what the models measure, by order and budget, and of noisy and of true labels.

    Each value is the share of the reviewed issues that are errors, P@1/3/5 and PSP@1/3/5.
    """
    given, truth = lesson.given, lesson.train.truth
    issues = rank(lesson.train, given, score(lesson.train, given, seed, threads))
    rows = given.instance_ids.get_indexer(pd.Index(issues["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(issues["label_id"]))
    is_true = pairs_in(truth.values, rows, columns) >= 0
    is_error = is_true != issues["given"].to_numpy()

    def measure(Y: csr_array) -> list[float]:
        return _measure(lesson, Y, seed, threads)

    found = {
        "noisy": [0.0, *measure(csr_array(given.values.astype(np.float32)))],
        "true": [0.0, *measure(csr_array(truth.values.astype(np.float32)))],
    }
    for name, ranks in _ranks(issues, given, seed).items():
        order = np.argsort(ranks, kind="stable")
        for budget in BUDGETS:
            seen = order[: round(budget * given.n_given)]
            corrected = _corrected(given, rows, columns, is_true, seen[is_error[seen]])
            found[f"{name} @ {budget}"] = [float(is_error[seen].mean()), *measure(corrected)]
    return found


def _take(data: Data, rows: NDArray[np.int64]) -> Data:
    truth = LabelMatrix(
        data.truth.values[rows], data.truth.instance_ids.take(rows), data.truth.label_ids
    )
    texts = None if data.texts is None else [data.texts[row] for row in rows]
    return replace(data, truth=truth, X=data.X[rows], texts=texts)


def _ranks(issues: pd.DataFrame, given: LabelMatrix, seed: int) -> dict[str, NDArray[np.generic]]:
    """Return a number a issue for each order, the lowest being reviewed first."""
    propensity = pd.Series(propensities(given.values), given.label_ids)
    is_wrong = (issues["kind"] == "wrong").to_numpy()
    rank, score = issues["rank"].to_numpy(), issues["score"].to_numpy()
    chance = np.random.default_rng(seed).random(len(issues))
    far = len(issues) + 1
    return {
        GAIN: gain_ranks(issues, propensity),
        NO_TAIL: gain_ranks(issues, propensity, tail_weight=0.0),
        TAIL: gain_ranks(issues, propensity, tail_weight=1.0),
        TURNS: rank + 0.5 * ~is_wrong,
        PROBABILITY: issues["label_quality"].to_numpy() + 1e-9 * rank,
        WRONG: np.where(is_wrong, rank, far + chance),
        MISSING: np.where(is_wrong, far + chance, rank),
        FOLDS: np.where(is_wrong, score, 1 - score),
        RANDOM: chance,
    }


def _corrected(
    given: LabelMatrix,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    is_true: NDArray[np.bool_],
    errors: NDArray[np.int64],
) -> csr_array:
    """Return the given labels with some errors mended: true pairs put in, the others out."""
    change = np.where(is_true[errors], 1.0, -1.0).astype(np.float32)
    by = csr_array((change, (rows[errors], columns[errors])), shape=given.values.shape)
    mended = csr_array(given.values.astype(np.float32) + by)
    mended.eliminate_zeros()
    return mended


def _measure(lesson: Lesson, Y: csr_array, seed: int, threads: int) -> list[float]:
    """Return P@k and PSP@k of models on these labels, the mean of three if they are cheap."""
    truth = lesson.test.truth.values
    propensity = propensities(lesson.train.truth.values)
    measures: list[Callable[[csr_array], float]] = [
        *(lambda p, k=k: precision_at_k(p, truth, k) for k in KS),
        *(lambda p, k=k: psp_at_k(p, truth, k, propensity) for k in KS),
    ]
    n_models = _N_MODELS if Y.nnz <= _FEW else 1
    found = []
    for i in range(n_models):
        model = ClusteredOVR(random_state=10 * seed + i, n_jobs=threads).fit(lesson.train.X, Y)
        predicted = model.predict(lesson.test.X, k=max(KS))
        found.append([measure(predicted) for measure in measures])
    return [float(v) for v in np.mean(found, axis=0)]

"""Compare models on the same truth: measures by label support, with paired bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.evaluate.bootstrap import Part, Progress, better_share, quantiles, resample_sums
from workbench.evaluate.hits import RankedHits, check_rank, find_hits
from workbench.evaluate.propensity import propensities_of_support
from workbench.evaluate.ranking import (
    Gains,
    divide,
    ndcg_gains,
    precision_gains,
    psndcg_gains,
    psp_gains,
    recall_gains,
)
from workbench.evaluate.segments import SEGMENTS, label_segments
from workbench.matrices import LabelMatrix, PairScores, check_aligned

METRICS: dict[str, Callable[[RankedHits, NDArray[np.float64]], Gains]] = {
    "precision": lambda ranked, _: precision_gains(ranked),
    "ndcg": lambda ranked, _: ndcg_gains(ranked),
    "psp": psp_gains,
    "psndcg": psndcg_gains,
    "recall": lambda ranked, _: recall_gains(ranked),
}


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """How good each model is, and by how much each differs from the baseline.

    Parameters
    ----------
    values : DataFrame
        Columns metric, k, segment (all, head, torso, tail), model, value, low, high.
    differences : DataFrame
        Columns metric, k, segment, model, baseline, difference (model minus baseline), low, high,
        better_share: share of the resamples in which the model is better, ties counted half.
        No rows if there is only one model.

    Notes
    -----
    ``low`` and ``high`` are quantiles of the bootstrap resamples. A value that no instance takes
    part in is NaN.
    """

    values: pd.DataFrame
    differences: pd.DataFrame


def compare_models(
    predictions: Mapping[str, PairScores],
    truth: LabelMatrix,
    train: LabelMatrix,
    *,
    baseline: str | None = None,
    ks: Sequence[int] = (1, 3, 5),
    metrics: Sequence[str] = tuple(METRICS),
    n_bootstrap: int = 1000,
    level: float = 0.95,
    propensity_a: float = 0.55,
    propensity_b: float = 1.5,
    random_state: int = 0,
    progress: Progress | None = None,
) -> ModelComparison:
    """Return the measures of every model and their differences to a baseline.

    All models are resampled together, instance by instance, so what makes an instance hard for
    both cancels out of their difference. In a segment, truth and predictions are restricted to
    its labels and instances without a true label in it are left out; over all labels every
    measure treats such instances as `workbench.evaluate.ranking` says.

    Parameters
    ----------
    predictions : mapping of model name to PairScores
        The ranked predictions of each model, at least ``max(ks)`` an instance; more give the
        segments something to rank.
    truth : LabelMatrix
        On the same instances and labels as every prediction; `on_union_of_labels` puts
        different label sets on one axis.
    train : LabelMatrix
        Its support cuts the segments and gives the propensities, for all models alike. A label
        it does not have has support 0.
    baseline : str, optional
        A name in ``predictions``, by default the first.
    metrics : sequence of str
        Among precision, ndcg, psp, psndcg, recall.
    level : float
        Mass of the interval between ``low`` and ``high``.
    progress : callable, optional
        Called with the resamples done and in total.

    Raises
    ------
    AxisMismatchError
        If a model does not share its instances or labels with the truth.

    Examples
    --------
    >>> axes = pd.Index(["q1", "q2"]), pd.Index(["red", "shoe"])
    >>> truth = LabelMatrix(csr_array(np.array([[1, 0], [0, 1]], bool)), *axes)
    >>> good = PairScores(csr_array(np.float32([[0.9, 0.1], [0.2, 0.8]])), *axes)
    >>> poor = PairScores(csr_array(np.float32([[0.9, 0.1], [0.8, 0.2]])), *axes)
    >>> found = compare_models({"poor": poor, "good": good}, truth, truth, ks=[1])
    >>> first = found.differences.iloc[0]
    >>> first["metric"], first["segment"], first["model"], float(first["difference"])
    ('precision', 'all', 'good', 0.5)
    """
    baseline = next(iter(predictions), None) if baseline is None else baseline
    check_comparison(predictions, truth, baseline, ks, metrics, n_bootstrap, level)
    support = support_on(train, truth.label_ids)
    propensity = propensities_of_support(
        support, len(train.instance_ids), propensity_a, propensity_b
    )
    picked = np.array(ks) - 1
    keys = [(m, k, s) for s in ("all", *SEGMENTS) for m in metrics for k in ks]
    values = np.empty((len(predictions), len(keys)))
    # The best achievable is the same for every model; it takes the last place.
    gains = np.empty((len(truth.instance_ids), len(predictions) + 1, len(keys)), np.float32)
    for i, scores in enumerate(predictions.values()):
        measured = _measure(scores.values, truth.values, support, propensity, metrics, max(ks))
        for j, found in enumerate(measured):
            place = slice(j * len(ks), (j + 1) * len(ks))
            values[i, place] = found.values()[picked]
            gains[:, i, place] = found.gain[:, picked]
            gains[:, -1, place] = found.best[:, picked]
    flat = Part(gains.reshape(len(gains), -1))
    rng = np.random.default_rng(random_state)
    (totals,) = resample_sums([flat], len(gains), n_bootstrap, rng, progress)
    totals = totals.reshape(n_bootstrap, *gains.shape[1:])
    samples = divide(totals[:, :-1], totals[:, -1:])
    models = list(predictions)
    return ModelComparison(
        _values_frame(keys, models, values, samples, level),
        _differences_frame(keys, models, models.index(str(baseline)), values, samples, level),
    )


def on_union_of_labels(
    predictions: Mapping[str, PairScores], truth: LabelMatrix
) -> tuple[dict[str, PairScores], LabelMatrix]:
    """Return predictions and truth on all labels that any of them has.

    The labels of the truth come first. A model never predicts a label it does not have, so it
    misses it wherever it is true; a label that only models have is true nowhere.
    """
    label_ids = truth.label_ids
    for scores in predictions.values():
        label_ids = label_ids.append(scores.label_ids.difference(label_ids, sort=False))
    moved = {}
    for name, scores in predictions.items():
        values = _on_labels(scores.values, scores.label_ids, label_ids)
        moved[name] = PairScores(values, scores.instance_ids, label_ids)
    values = _on_labels(truth.values, truth.label_ids, label_ids)
    return moved, LabelMatrix(values, truth.instance_ids, label_ids, truth.confidence)


def check_comparison(
    predictions: Mapping[str, PairScores],
    truth: LabelMatrix,
    baseline: str | None,
    ks: Sequence[int],
    metrics: Sequence[str],
    n_bootstrap: int,
    level: float,
) -> None:
    """Raise unless there is something to compare, and it can be.

    Raises
    ------
    ValueError, InputError, AxisMismatchError
    """
    if not predictions:
        raise ValueError("expected the predictions of one model or more, found none")
    if baseline not in predictions:
        raise ValueError(f"baseline {baseline!r} is none of the models {list(predictions)}")
    unknown = [metric for metric in metrics if metric not in METRICS]
    if unknown or not metrics:
        raise ValueError(f"unknown metrics {unknown}; choose among {list(METRICS)}")
    if not ks:
        raise ValueError("expected one k or more in ks, found none")
    for k in ks:
        check_rank(k)
    if n_bootstrap < 1:
        raise ValueError(f"n_bootstrap must be 1 or more, found {n_bootstrap}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    if not len(truth.instance_ids):
        raise InputError("the truth holds no instances, so there is nothing to compare on")
    for name, scores in predictions.items():
        try:
            check_aligned(scores, truth)
        except AxisMismatchError as error:
            raise AxisMismatchError(
                f"model {name!r} and the truth: {error}; predict the instances of the truth, "
                "and put different label sets on one axis with on_union_of_labels"
            ) from error


def support_on(train: LabelMatrix, label_ids: pd.Index) -> NDArray[np.int64]:
    """Return the support of some labels, 0 of those that ``train`` does not have."""
    support = pd.Series(train.support(), index=train.label_ids)
    return support.reindex(label_ids, fill_value=0).to_numpy(np.int64)


def _on_labels(values: csr_array, own: pd.Index, label_ids: pd.Index) -> csr_array:
    """Return the matrix with its columns moved to another axis that has all of them."""
    columns = label_ids.get_indexer(own)
    # The data is copied because sorting moves it.
    moved = csr_array(
        (values.data.copy(), columns[values.indices], values.indptr),
        shape=(values.shape[0], len(label_ids)),
    )
    moved.sort_indices()
    return moved


def _measure(
    predictions: csr_array,
    truth: csr_array,
    support: NDArray[np.int64],
    propensity: NDArray[np.float64],
    metrics: Sequence[str],
    k: int,
) -> Iterator[Gains]:
    """Yield the gains of each metric, first over all labels, then for each segment."""
    ranked = find_hits(predictions, truth, k)
    for metric in metrics:
        yield METRICS[metric](ranked, propensity)
    segments = label_segments(support)
    for segment in SEGMENTS:
        columns = np.flatnonzero(segments == segment)
        ranked = find_hits(predictions[:, columns], truth[:, columns], k)
        concerned = ranked.n_true() > 0
        for metric in metrics:
            yield METRICS[metric](ranked, propensity[columns]).among(concerned)


def _values_frame(
    keys: list[tuple[str, int, str]],
    models: list[str],
    values: NDArray[np.float64],
    samples: NDArray[np.float64],
    level: float,
) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(*key, model) for key in keys for model in models],
        columns=["metric", "k", "segment", "model"],
    )
    low, high = quantiles(samples, level)
    for column, numbers in (("value", values), ("low", low), ("high", high)):
        frame[column] = numbers.T.ravel()
    return frame


def _differences_frame(
    keys: list[tuple[str, int, str]],
    models: list[str],
    baseline: int,
    values: NDArray[np.float64],
    samples: NDArray[np.float64],
    level: float,
) -> pd.DataFrame:
    others = [i for i in range(len(models)) if i != baseline]
    frame = pd.DataFrame(
        [(*key, models[i], models[baseline]) for key in keys for i in others],
        columns=["metric", "k", "segment", "model", "baseline"],
    )
    samples = samples[:, others] - samples[:, [baseline]]
    low, high = quantiles(samples, level)
    difference = values[others] - values[[baseline]]
    named = {
        "difference": difference,
        "low": low,
        "high": high,
        "better_share": better_share(samples),
    }
    for column, numbers in named.items():
        frame[column] = numbers.T.ravel()
    return frame

"""Compare models on parts of the test data, with intervals that count how many parts there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluate.bootstrap import (
    Part,
    Progress,
    better_share,
    quantiles,
    resample_sums,
    simultaneous,
)
from workbench.evaluate.compare import METRICS, check_comparison, support_on
from workbench.evaluate.hits import find_hits
from workbench.evaluate.propensity import propensities_of_support
from workbench.evaluate.ranking import divide
from workbench.evaluate.segments import Segment
from workbench.matrices import LabelMatrix, PairScores

COLUMNS = (
    *("by", "segment", "n_pooled", "n_instances", "n_labels", "n_pairs", "metric", "k", "model"),
    *("value", "low", "high", "difference", "difference_low", "difference_high"),
    *("wide_low", "wide_high", "better_share"),
)


def compare_segments(
    predictions: Mapping[str, PairScores],
    truth: LabelMatrix,
    train: LabelMatrix,
    segments: Sequence[Segment],
    *,
    ks: Sequence[int] = (1, 3, 5),
    metrics: Sequence[str] = tuple(METRICS),
    n_bootstrap: int = 1000,
    level: float = 0.95,
    propensity_a: float = 0.55,
    propensity_b: float = 1.5,
    random_state: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the measures of every model in every segment, and their differences to the first.

    Parameters
    ----------
    predictions, truth, train, ks, metrics, n_bootstrap, level, random_state, progress
        As in `workbench.evaluate.compare.compare_models`; the draws are the same.
    segments : sequence of Segment

    Returns
    -------
    DataFrame
        A row for each segment, metric, k and model: value with low and high; difference to the
        first model with difference_low and difference_high, each interval by itself; wide_low and
        wide_high, which hold all segments of this kind at once with probability ``level``;
        better_share. Differences of the first model are NaN.

    Notes
    -----
    Of many intervals some exclude 0 by chance: of those by themselves one in twenty. The wide ones
    all hold at once with probability ``level`` (`workbench.evaluate.bootstrap.simultaneous`), for
    one metric and k.
    """
    models = list(predictions)
    check_comparison(
        predictions, truth, models[0] if models else None, ks, metrics, n_bootstrap, level
    )
    if not segments:
        return pd.DataFrame(columns=COLUMNS)
    support = support_on(train, truth.label_ids)
    propensity = propensities_of_support(
        support, len(train.instance_ids), propensity_a, propensity_b
    )
    keys = [(metric, k) for metric in metrics for k in ks]
    shape = (len(models) + 1, len(keys))
    parts = [
        Part(_gains(one, predictions, truth, propensity, metrics, ks), one.rows) for one in segments
    ]
    rng = np.random.default_rng(random_state)
    totals = resample_sums(parts, len(truth.instance_ids), n_bootstrap, rng, progress)
    frames = []
    for by in dict.fromkeys(one.by for one in segments):
        at = [n for n, one in enumerate(segments) if one.by == by]
        sums = np.stack([parts[n].gains.sum(axis=0, dtype=float).reshape(shape) for n in at])
        drawn = np.stack([totals[n].reshape(n_bootstrap, *shape) for n in at], axis=1)
        told = [_about(segments[n], truth) for n in at]
        frames.append(_frame(told, keys, models, sums, drawn, level))
    return pd.concat(frames, ignore_index=True)


def _gains(
    segment: Segment,
    predictions: Mapping[str, PairScores],
    truth: LabelMatrix,
    propensity: NDArray[np.float64],
    metrics: Sequence[str],
    ks: Sequence[int],
) -> NDArray[np.float32]:
    """Return what each instance of a segment gains, shape (n_rows, (n_models + 1) * n_keys).

    The best achievable, the same for every model, takes the last place.
    """
    picked, n_keys = np.array(ks) - 1, len(metrics) * len(ks)
    weights = propensity if segment.columns is None else propensity[segment.columns]
    gains = np.empty((len(segment.rows), len(predictions) + 1, n_keys), np.float32)
    true = segment.part_of(truth.values)
    for i, scores in enumerate(predictions.values()):
        hits = find_hits(segment.part_of(scores.values), true, max(ks))
        for j, metric in enumerate(metrics):
            found = METRICS[metric](hits, weights)
            place = slice(j * len(ks), (j + 1) * len(ks))
            gains[:, i, place] = found.gain[:, picked]
            gains[:, -1, place] = found.best[:, picked]
    return gains.reshape(len(segment.rows), -1)


def _about(segment: Segment, truth: LabelMatrix) -> tuple[object, ...]:
    true = segment.part_of(truth.values)
    return (segment.by, segment.name, segment.n_pooled, *true.shape, int(true.nnz))


def _frame(
    told: list[tuple[object, ...]],
    keys: list[tuple[str, int]],
    models: list[str],
    sums: NDArray[np.float64],
    drawn: NDArray[np.float64],
    level: float,
) -> pd.DataFrame:
    """Return the rows of one kind of segments.

    Parameters
    ----------
    sums : ndarray, shape (n_segments, n_models + 1, n_keys)
    drawn : ndarray, shape (n_bootstrap, n_segments, n_models + 1, n_keys)
    """
    values = divide(sums[:, :-1], sums[:, -1:])
    samples = divide(drawn[:, :, :-1], drawn[:, :, -1:])
    low, high = quantiles(samples, level)
    difference, apart = values - values[:, :1], samples - samples[:, :, :1]
    difference_low, difference_high = quantiles(apart, level)
    wide_low, wide_high = simultaneous(difference, apart, level)
    columns = {
        "value": values,
        "low": low,
        "high": high,
        "difference": difference,
        "difference_low": difference_low,
        "difference_high": difference_high,
        "wide_low": wide_low,
        "wide_high": wide_high,
        "better_share": better_share(apart),
    }
    for name, numbers in columns.items():
        if name not in ("value", "low", "high"):
            numbers[:, 0] = np.nan
    rows = [(*one, *key, model) for one in told for key in keys for model in models]
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:9]))
    for name, numbers in columns.items():
        frame[name] = numbers.transpose(0, 2, 1).ravel()
    return frame

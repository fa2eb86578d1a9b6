"""What the model's score says about a pair, next to its rivals and the rest of its instance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, PairScores, pairs_in

# Log-odds are cut here: 0 means "less than a float32 holds", which is not certainty.
_LEAST, _MOST = 1e-35, 1 - 1e-6
# A path of clusters multiplies small numbers: below these log-odds the order of scores still
# tells much, their distance little.
_KNEE, _BEND = -4.0, 2.0
# An instance's mean score is shrunk to the overall mean by this many pairs.
_PSEUDO_PAIRS = 3.0
# Shape of the gamma distribution that scores which were not stored are drawn from.
_SPREAD = 3.0


def score_scale(score: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the log-odds of scores, with those below -4 drawn together.

    Examples
    --------
    >>> scaled = score_scale(np.array([0.5, 0.0001]))  # 0 and -4 - 2 log(1 + (9.21 - 4) / 2)
    >>> scaled.astype(float).round(2).tolist()
    [0.0, -6.56]
    """
    v = logit(np.clip(score.astype(np.float64), _LEAST, _MOST))
    below = np.maximum(_KNEE - v, 0)
    return (np.maximum(v, _KNEE) - _BEND * np.log1p(below / _BEND)).astype(np.float32)


def score_of_scale(scaled: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the scores that :func:`score_scale` was given."""
    below = np.maximum(_KNEE - scaled.astype(np.float64), 0)
    v = np.maximum(scaled, _KNEE) - _BEND * np.expm1(below / _BEND)
    return np.asarray(expit(v), np.float64)


def score_log_odds(
    pairs: Pairs,
    judged: Pairs,
    scores: PairScores,
    column_sums: NDArray[np.float64],
    comparison: PairScores | None,
    lowest: NDArray[np.float32],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return each pair's score on :func:`score_scale`; a score that nobody computed is drawn.

    What the column sums leave over for the pairs of a label that are not judged is their mean
    score. A pair that is not judged draws from a gamma distribution of this mean, cut at the
    ``lowest`` candidate of its instance. This is for comparison pairs, never for ranked ones.
    """
    found = pairs_in(scores.values, pairs.rows, pairs.columns)
    values = np.full(len(pairs), np.nan)
    values[found >= 0] = scores.values.data[found[found >= 0]]
    if comparison is not None:
        also = pairs_in(comparison.values, pairs.rows, pairs.columns)
        values[also >= 0] = comparison.values.data[also[also >= 0]]
    unknown = np.flatnonzero(np.isnan(values))
    if len(unknown):
        n_instances, n_labels = scores.values.shape
        n_judged = np.bincount(judged.columns, minlength=n_labels)
        judged_sums = np.bincount(judged.columns, scores.values.data, n_labels)
        rest = np.maximum(column_sums - judged_sums, 0) / np.maximum(n_instances - n_judged, 1)
        drawn = rest[pairs.columns[unknown]] * rng.gamma(_SPREAD, 1 / _SPREAD, len(unknown))
        cut = lowest[pairs.rows[unknown]]
        values[unknown] = np.minimum(drawn, cut)
    return score_scale(values)


def prior_log_odds(given: LabelMatrix, pairs: Pairs) -> NDArray[np.float32]:
    """Return the log-odds of each pair's label among the other instances."""
    others = given.support()[pairs.columns] - pairs.given
    return logit((others + 0.5) / (given.values.shape[0] + 1.0)).astype(np.float32)


def instance_mean_log_odds(
    given: LabelMatrix, pairs: Pairs, judged: Pairs, scores: PairScores, own: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the mean of the scores, on :func:`score_scale`, of the instance's other given labels.

    A model that scores all labels of an instance low does not know the instance; a low score
    says less there.

    Parameters
    ----------
    given : LabelMatrix
    pairs, judged : Pairs
    scores : PairScores
    own : ndarray of float32, shape (n_pairs,)
        Each pair's own score on :func:`score_scale`, which a given pair takes out of the mean.
    """
    values = score_scale(scores.values.data)[judged.given].astype(np.float64)
    rows, n_instances = judged.rows[judged.given], given.values.shape[0]
    overall = values.mean() if len(values) else 0.0
    sums = np.bincount(rows, values, n_instances)[pairs.rows] - np.where(pairs.given, own, 0)
    counts = np.bincount(rows, minlength=n_instances)[pairs.rows] - pairs.given
    counts = np.maximum(counts, 0)
    return ((sums + _PSEUDO_PAIRS * overall) / (counts + _PSEUDO_PAIRS)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Rivals:
    """The best other label of the same attribute for each of some pairs.

    Parameters
    ----------
    columns : ndarray of int64, shape (n_pairs,)
        Position of the label, -1 if no other label of the attribute was judged.
    scores : ndarray of float32, shape (n_pairs,)
        Its score, 0 if there is none.
    """

    columns: NDArray[np.int64]
    scores: NDArray[np.float32]


def find_rivals(
    pairs: Pairs, others: Pairs, values: NDArray[np.float32], attributes: NDArray[np.int64]
) -> Rivals:
    """Return the best other value of each pair's attribute among some scored pairs.

    Parameters
    ----------
    pairs, others : Pairs
    values : ndarray of float32, shape (n_others,)
        Scores of the others.
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's attribute, -1 for none.
    """
    n_attributes = int(attributes.max(initial=-1)) + 1
    known = np.flatnonzero(attributes[others.columns] >= 0)
    keys = others.rows[known] * n_attributes + attributes[others.columns[known]]
    order = known[np.lexsort((-values[known], keys))]
    keys = np.sort(keys)
    wanted = pairs.rows * n_attributes + attributes[pairs.columns]
    best = np.searchsorted(keys, wanted)
    # The pair itself may be the best of its attribute: then the second is the rival.
    is_self = _same_key(keys, best, wanted)
    is_self[is_self] = others.columns[order[best[is_self]]] == pairs.columns[is_self]
    best = best + is_self
    hit = _same_key(keys, best, wanted) & (attributes[pairs.columns] >= 0)
    columns = np.full(len(pairs), -1, np.int64)
    columns[hit] = others.columns[order[best[hit]]]
    scores = np.zeros(len(pairs), np.float32)
    scores[hit] = values[order[best[hit]]]
    return Rivals(columns, scores)


def _same_key(
    keys: NDArray[np.int64], places: NDArray[np.int64], wanted: NDArray[np.int64]
) -> NDArray[np.bool_]:
    inside = places < len(keys)
    inside[inside] = keys[places[inside]] == wanted[inside]
    return inside

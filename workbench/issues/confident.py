"""Confident learning on sparse scores: which pairs contradict their given state.

cleanlab solves one dense binary problem a label. Its flags need much less: the scores of the given
pairs, the scores of the other pairs above 0.5, and per label the sum of all scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in

FilterBy = Literal["confident_learning", "predicted_neq_given", "low_self_confidence"]

# cleanlab's tolerances (cleanlab.internal.constants); the flags agree only with the same ones.
_TOLERANCE = 1e-6
_LOWEST_THRESHOLD = 2e-6
_NEVER = 2.0


@dataclass(frozen=True, eq=False)
class LabelThresholds:
    """Scores from which a label counts as confidently present or absent.

    Parameters
    ----------
    present : ndarray of float64, shape (n_labels,)
        Mean score of the given pairs. A pair that is not given and scores at least this much
        looks missing. 2, which no score reaches, for a label that is given to no instance.
    absent : ndarray of float64, shape (n_labels,)
        Mean score of the pairs that are not given. A given pair that scores at most this much
        looks wrong. -1 for a label that is given to every instance.
    """

    present: NDArray[np.float64]
    absent: NDArray[np.float64]


def is_given(given: LabelMatrix, scores: PairScores) -> NDArray[np.bool_]:
    """Return for each judged pair, in stored order, whether it is given."""
    check_aligned(given, scores)
    rows, columns = scores.rows_of_pairs(), scores.values.indices
    return np.asarray(pairs_in(given.values, rows, columns) >= 0)


def label_thresholds(
    given: LabelMatrix, scores: PairScores, column_sums: NDArray[np.float64]
) -> LabelThresholds:
    """Return the thresholds of confident learning, exact without the scores that are not stored.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
        Judges every given pair; a given pair that is not judged is left out of the means.
    column_sums : ndarray of float64, shape (n_labels,)
        Sum of each label's scores over all instances, judged or not.

    Raises
    ------
    ValueError
        If the sums do not fit the scores.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning: Estimating Uncertainty in Dataset
    Labels, section 3.1.
    """
    present = is_given(given, scores)
    n_instances, n_labels = given.values.shape
    labels, values = scores.values.indices[present], scores.values.data[present]
    n_positive = np.bincount(labels, minlength=n_labels)
    positive_sums = np.bincount(labels, values, n_labels).astype(np.float64)
    _check_sums(column_sums, positive_sums)

    n_negative = n_instances - given.support()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_present = positive_sums / n_positive
        mean_absent = np.maximum(column_sums - positive_sums, 0) / n_negative
    return LabelThresholds(
        present=np.where(n_positive > 0, np.maximum(mean_present, _LOWEST_THRESHOLD), _NEVER),
        absent=np.where(n_negative > 0, np.minimum(mean_absent, 1 - _LOWEST_THRESHOLD), -1.0),
    )


def flag_pairs(
    given: LabelMatrix,
    scores: PairScores,
    thresholds: LabelThresholds,
    *,
    filter_by: FilterBy = "confident_learning",
) -> NDArray[np.bool_]:
    """Return for each judged pair, in stored order, whether its given state looks wrong.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
        Judges every given pair and every other pair that scores above 0.5.
    thresholds : LabelThresholds
    filter_by : {"confident_learning", "predicted_neq_given", "low_self_confidence"}
        The filters of cleanlab's ``multilabel_classification.filter``:
        ``confident_learning`` flags a pair that the label's threshold contradicts,
        ``predicted_neq_given`` a pair on the other side of 0.5, and ``low_self_confidence`` as
        many pairs a label as the first, those that the score contradicts most.

    Notes
    -----
    In a binary problem cleanlab's ``low_normalized_margin`` is ``low_self_confidence``. Its
    ``prune_*`` filters count confident pairs that are not given at scores below 0.5, which sparse
    scores do not hold.
    """
    if filter_by not in get_args(FilterBy):
        raise ValueError(f"filter_by must be one of {get_args(FilterBy)}, found {filter_by!r}")
    present = is_given(given, scores)
    p, labels = scores.values.data.astype(np.float64), scores.values.indices
    contradicted = np.where(present, 1 - p >= p + _TOLERANCE, p > 1 - p + _TOLERANCE)
    if filter_by == "predicted_neq_given":
        return contradicted
    confident = contradicted & np.where(
        present,
        1 - p >= 1 - thresholds.absent[labels] - _TOLERANCE,
        p >= thresholds.present[labels] - _TOLERANCE,
    )
    if filter_by == "confident_learning":
        return confident
    return _lowest_of_each_label(np.where(present, p, 1 - p), labels, confident)


def find_label_issues(
    given: LabelMatrix,
    scores: PairScores,
    *,
    column_sums: NDArray[np.float64],
    filter_by: FilterBy = "confident_learning",
) -> pd.DataFrame:
    """Return the flagged pairs, those that the score contradicts most first.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
        Judges every given pair and every other pair that scores above 0.5.
    column_sums : ndarray of float64, shape (n_labels,)
        Sum of each label's scores over all instances, judged or not.
    filter_by : {"confident_learning", "predicted_neq_given", "low_self_confidence"}
        See :func:`flag_pairs`.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, kind, given, score, threshold``: ``kind`` is ``wrong`` or
        ``missing``, ``threshold`` the score from which the label looks absent or present.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> ids, labels = pd.Index(["q1", "q2", "q3"]), pd.Index(["red"])
    >>> given = LabelMatrix.from_pairs(["q1", "q2"], ["red", "red"],
    ...                                instance_ids=ids, label_ids=labels)
    >>> scores = PairScores(csr_array(np.float32([[0.9], [0.1], [0.8]])), ids, labels)
    >>> issues = find_label_issues(given, scores, column_sums=np.array([1.8]))
    >>> issues[["instance_id", "label_id", "kind"]].to_dict("list")
    {'instance_id': ['q2', 'q3'], 'label_id': ['red', 'red'], 'kind': ['wrong', 'missing']}
    """
    thresholds = label_thresholds(given, scores, column_sums)
    flagged = flag_pairs(given, scores, thresholds, filter_by=filter_by)
    present = is_given(given, scores)[flagged]
    labels, p = scores.values.indices[flagged], scores.values.data[flagged]
    frame = pd.DataFrame(
        {
            "instance_id": scores.instance_ids.take(scores.rows_of_pairs()[flagged]),
            "label_id": scores.label_ids.take(labels),
            "kind": pd.Series(np.where(present, "wrong", "missing"), dtype="str"),
            "given": present,
            "score": p,
            "threshold": np.where(
                present, thresholds.absent[labels], thresholds.present[labels]
            ).astype(np.float32),
        }
    )
    order = np.argsort(np.where(present, p, 1 - p), kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def _lowest_of_each_label(
    self_confidence: NDArray[np.float64],
    labels: NDArray[np.integer],
    confident: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    n_flagged = np.bincount(labels[confident], minlength=int(labels.max(initial=-1)) + 1)
    order = np.lexsort((self_confidence, labels))
    sorted_labels = labels[order]
    place = np.arange(len(order)) - np.searchsorted(sorted_labels, sorted_labels)
    flagged = np.zeros(len(order), bool)
    flagged[order] = place < n_flagged[sorted_labels]
    return flagged


def _check_sums(column_sums: NDArray[np.float64], positive_sums: NDArray[np.float64]) -> None:
    if column_sums.shape != positive_sums.shape:
        raise ValueError(
            f"column_sums: expected {len(positive_sums)} values, one a label, "
            f"found shape {column_sums.shape}"
        )
    # float32 sums of many scores are off in the fifth digit.
    short = ~(column_sums >= positive_sums * (1 - 1e-3) - 1e-3)
    if short.any():
        raise ValueError(
            f"column_sums: {int(short.sum())} labels sum to less than their given pairs alone, "
            f"at positions {np.flatnonzero(short)[:5].tolist()}; sum over all instances"
        )

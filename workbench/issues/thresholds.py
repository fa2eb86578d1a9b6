"""Scores from which a label counts as confidently present or absent."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in

# cleanlab's tolerances (cleanlab.internal.constants); the flags agree only with the same ones.
TOLERANCE = 1e-6
_LOWEST_THRESHOLD = 2e-6
_NEVER = 2.0
_PAIRS_PER_BATCH = 4_000_000
_PAIRS_PER_SUM = 250_000


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
    judged = np.zeros(scores.n_judged, bool)
    indptr, of_given = scores.values.indptr, given.values.indptr
    # A block of rows at a time: the keys of all pairs would take more memory than the scores.
    ends = np.arange(_PAIRS_PER_BATCH, scores.n_judged, _PAIRS_PER_BATCH)
    cuts = np.unique([0, *np.searchsorted(indptr, ends), len(indptr) - 1])
    for first, last in pairwise(cuts):
        part = slice(indptr[first], indptr[last])
        block = csr_array(
            (judged[part], scores.values.indices[part], indptr[first : last + 1] - indptr[first]),
            shape=(last - first, given.values.shape[1]),
        )
        rows = np.repeat(np.arange(last - first), np.diff(of_given[first : last + 1]))
        columns = given.values.indices[of_given[first] : of_given[last]]
        found = pairs_in(block, rows, columns)
        judged[part][found[found >= 0]] = True
    return judged


def sum_by_label(
    labels: NDArray[np.integer], n_labels: int, values: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """Return the sum of the values of each label, or how many it has.

    A batch at a time: ``bincount`` widens everything that it is given.
    """
    sums = np.zeros(n_labels)
    for start in range(0, len(labels), _PAIRS_PER_SUM):
        part = slice(start, start + _PAIRS_PER_SUM)
        weights = None if values is None else values[part]
        sums += np.bincount(labels[part], weights, n_labels)
    return sums


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
    InputError
        If the sums do not fit the scores.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning: Estimating Uncertainty in Dataset
    Labels, section 3.1.
    """
    present = is_given(given, scores)
    labels, values = scores.values.indices[present], scores.values.data[present]
    return thresholds_of(given, labels, values, column_sums)


def thresholds_of(
    given: LabelMatrix,
    labels: NDArray[np.integer],
    values: NDArray[np.floating],
    column_sums: NDArray[np.float64],
) -> LabelThresholds:
    """Return the thresholds from the labels and scores of the judged given pairs alone."""
    n_instances, n_labels = given.values.shape
    n_positive = sum_by_label(labels, n_labels)
    positive_sums = sum_by_label(labels, n_labels, values)
    _check_sums(column_sums, positive_sums)

    n_negative = n_instances - given.support()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_present = positive_sums / n_positive
        mean_absent = np.maximum(column_sums - positive_sums, 0) / n_negative
    return LabelThresholds(
        present=np.where(n_positive > 0, np.maximum(mean_present, _LOWEST_THRESHOLD), _NEVER),
        absent=np.where(n_negative > 0, np.minimum(mean_absent, 1 - _LOWEST_THRESHOLD), -1.0),
    )


def looks_absent(
    p: NDArray[np.float64], absent: NDArray[np.float64], present: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which scores count as confidently absent: those below some cut."""
    sure_of_absent, sure_of_present = _sure(p, absent, present)
    return sure_of_absent & ~(sure_of_present & (p > 1 - p))


def looks_present(
    p: NDArray[np.float64], absent: NDArray[np.float64], present: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which scores count as confidently present: those above some cut."""
    sure_of_absent, sure_of_present = _sure(p, absent, present)
    return sure_of_present & ~(sure_of_absent & (p <= 1 - p))


def _sure(
    p: NDArray[np.float64], absent: NDArray[np.float64], present: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which scores reach the thresholds of both states; a score may reach both or none."""
    return 1 - p >= 1 - absent - TOLERANCE, p >= present - TOLERANCE


def _check_sums(column_sums: NDArray[np.float64], positive_sums: NDArray[np.float64]) -> None:
    if column_sums.shape != positive_sums.shape:
        raise InputError(
            f"column_sums: expected {len(positive_sums)} values, one a label, "
            f"found shape {column_sums.shape}"
        )
    # float32 sums of many scores are off in the fifth digit.
    short = ~(column_sums >= positive_sums * (1 - 1e-3) - 1e-3)
    if short.any():
        raise InputError(
            f"column_sums: {int(short.sum())} labels sum to less than their given pairs alone, "
            f"at positions {np.flatnonzero(short)[:5].tolist()}; sum over all instances"
        )

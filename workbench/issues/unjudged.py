"""What is known of the scores of pairs that are not stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.issues.contradicted import PairsByState
from workbench.issues.thresholds import LabelThresholds, sum_by_label, thresholds_of
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums, add_to_histogram, bin_ranges


@dataclass(frozen=True, eq=False)
class Spread:
    """Where the scores of pairs lie of which only counts are known.

    Parameters
    ----------
    lowest, highest : ndarray of float64, shape (n_bins,)
    counts : ndarray of int64, shape (n_labels, n_bins)
    """

    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    counts: NDArray[np.int64]

    def n_likely(self) -> NDArray[np.int64]:
        """Return how many of them may score above 0.5, shape (n_labels,)."""
        return np.asarray(self.counts[:, self.highest > 0.5].sum(axis=1))


@dataclass(frozen=True, eq=False)
class ThresholdBounds:
    """The thresholds as far as they are known; ``present`` always is.

    Parameters
    ----------
    low, high : LabelThresholds
        With the lowest and the highest possible mean of the pairs that are not given.
    """

    low: LabelThresholds
    high: LabelThresholds


def bound_thresholds(
    given: LabelMatrix,
    scores: PairScores,
    judged: PairsByState,
    sums: ScoreSums | None,
    unjudged_at_most: float,
) -> ThresholdBounds:
    """Return the thresholds, or their bounds where the sums of the scores are not known.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
    judged : PairsByState
    sums : ScoreSums, optional
    unjudged_at_most : float
        No pair that is not judged scores more.

    Raises
    ------
    AxisMismatchError
        If the sums speak of another number of instances or labels.
    """
    if sums is not None:
        sums.check_axes(*given.values.shape)
        known = _thresholds(given, judged, sums.sums)
        return ThresholdBounds(known, known)
    n_labels = len(given.label_ids)
    stored = sum_by_label(scores.values.indices, n_labels, scores.values.data)
    n_left = count_unjudged(given, scores, judged)
    low = _thresholds(given, judged, stored)
    if not n_left.any():
        return ThresholdBounds(low, low)
    return ThresholdBounds(low, _thresholds(given, judged, stored + unjudged_at_most * n_left))


def spread_of_unjudged(
    given: LabelMatrix,
    scores: PairScores,
    judged: PairsByState,
    sums: ScoreSums | None,
    unjudged_at_most: float,
) -> Spread:
    """Return where the scores of the pairs lie that are neither given nor judged.

    Raises
    ------
    InputError
        If the histogram counts fewer scores somewhere than are stored.
    """
    n_left = count_unjudged(given, scores, judged)
    if sums is None or sums.histogram is None or not n_left.any():
        return Spread(np.zeros(1), np.array([unjudged_at_most]), n_left[:, None])
    left = sums.histogram.astype(np.int64)
    stored = np.zeros_like(left)
    add_to_histogram(stored, scores.values.indices, scores.values.data)
    left -= stored
    # A given pair without a score counts as 0 in the sums.
    left[:, 0] -= given.support() - _n_judged_given(given, judged)
    if (left < 0).any():
        bad = np.flatnonzero((left < 0).any(axis=1))
        raise InputError(
            f"sums: the histograms of {len(bad)} labels count fewer scores than are stored, at "
            f"positions {bad[:5].tolist()}; scores and sums have to come from one run"
        )
    return Spread(*bin_ranges(left.shape[1]), left)


def count_unjudged(
    given: LabelMatrix, scores: PairScores, judged: PairsByState
) -> NDArray[np.int64]:
    """Return how many pairs a label are neither given nor judged."""
    n_instances, n_labels = given.values.shape
    n_stored = sum_by_label(scores.values.indices, n_labels)
    n_judged_absent = n_stored - _n_judged_given(given, judged)
    return (n_instances - given.support() - n_judged_absent).astype(np.int64)


def _n_judged_given(given: LabelMatrix, judged: PairsByState) -> NDArray[np.int64]:
    n_labels = len(given.label_ids)
    return sum_by_label(judged.labels_of_given, n_labels).astype(np.int64)


def _thresholds(
    given: LabelMatrix, judged: PairsByState, column_sums: NDArray[np.float64]
) -> LabelThresholds:
    return thresholds_of(given, judged.labels_of_given, judged.scores_of_given, column_sums)

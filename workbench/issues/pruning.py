"""The filters that prune: how many pairs they take, and the options that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.issues.confident_joint import (
    JointBounds,
    PruneCounts,
    bound_confident,
    count_confident,
    prune_counts,
    round_bounds,
)
from workbench.issues.contradicted import PairsByState
from workbench.issues.thresholds import sum_by_label
from workbench.issues.unjudged import Spread, ThresholdBounds
from workbench.matrices import LabelMatrix, PairScores

PRUNING = ("prune_by_noise_rate", "prune_by_class", "both")


@dataclass(frozen=True, eq=False)
class Pruning:
    """Options of the filters that prune.

    Parameters
    ----------
    frac_noise : float
        In [0, 1].
    num_to_remove_per_class : ndarray of int64, shape (n_labels,), optional
    min_examples_per_class : int
    confident_joint : ndarray of float64, shape (n_labels, 2, 2), optional
    """

    frac_noise: float = 1.0
    num_to_remove_per_class: NDArray[np.int64] | None = None
    min_examples_per_class: int = 1
    confident_joint: NDArray[np.float64] | None = None

    def needs_joint(self) -> bool:
        """Return whether the number of pairs to take has to be estimated."""
        return self.confident_joint is None and self.num_to_remove_per_class is None


def check_pruning(
    filter_by: str,
    n_labels: int,
    *,
    frac_noise: float,
    num_to_remove_per_class: Any,
    min_examples_per_class: int,
    confident_joint: Any,
) -> Pruning:
    """Return the options, checked.

    Raises
    ------
    ValueError
        If one is out of range, or was set for a filter that does not prune.
    """
    without_meaning = {
        "frac_noise": frac_noise != 1.0,
        "num_to_remove_per_class": num_to_remove_per_class is not None,
        "min_examples_per_class": min_examples_per_class != 1,
        "confident_joint": confident_joint is not None,
    }
    told = [name for name, is_set in without_meaning.items() if is_set]
    if told and filter_by not in PRUNING:
        raise ValueError(
            f"{', '.join(told)}: has no meaning for filter_by={filter_by!r}, only for {PRUNING}; "
            "leave it out"
        )
    if not 0 <= frac_noise <= 1:
        raise ValueError(f"frac_noise must be in [0, 1], found {frac_noise}")
    if min_examples_per_class < 0:
        raise ValueError(f"min_examples_per_class must be 0 or more: {min_examples_per_class}")
    joint = counts = None
    if confident_joint is not None:
        joint = np.asarray(confident_joint, np.float64)
        _check_numbers("confident_joint", joint, (n_labels, 2, 2))
    if num_to_remove_per_class is not None:
        counts = np.asarray(num_to_remove_per_class)
        _check_numbers("num_to_remove_per_class", counts, (n_labels,))
        if (counts != np.floor(counts)).any():
            raise ValueError(f"num_to_remove_per_class must be whole numbers, found {counts.dtype}")
        counts = counts.astype(np.int64)
    return Pruning(frac_noise, counts, min_examples_per_class, joint)


def pairs_to_prune(
    filter_by: str, options: Pruning, joint: JointBounds | None, n_pairs: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many pairs a label and state to take, at least and at most.

    Parameters
    ----------
    filter_by : str
        One of ``PRUNING``.
    options : Pruning
    joint : JointBounds, optional
        Counts, not yet calibrated; needed if the options say so.
    n_pairs : ndarray of int64, shape (n_labels, 2)
        Pairs of each label that are not given, and those that are given and judged.

    Returns
    -------
    tuple of ndarray of float64, shape (n_labels, 2)
        Of the pairs that are not given, and of those that are.
    """
    if options.num_to_remove_per_class is not None:
        enough = n_pairs[:, 1] > options.min_examples_per_class
        wrong = np.where(enough, options.num_to_remove_per_class, 0)
        counts = np.stack([np.zeros_like(wrong), wrong], axis=1).astype(np.float64)
        return counts, counts
    if options.confident_joint is not None:
        whole = JointBounds(options.confident_joint, options.confident_joint)
    else:
        assert joint is not None
        whole = round_bounds(joint, n_pairs)
    fewest, most = (
        prune_counts(
            counts,
            n_pairs,
            min_examples_per_class=options.min_examples_per_class,
            frac_noise=options.frac_noise,
        )
        for counts in (whole.low, whole.high)
    )
    return _of_filter(fewest, filter_by), _of_filter(most, filter_by)


def bound_joint(
    scores: PairScores, judged: PairsByState, thresholds: ThresholdBounds, unjudged: Spread
) -> JointBounds:
    """Return the counts of the confident joint, as far as the scores are known.

    Parameters
    ----------
    scores : PairScores
    judged : PairsByState
        The same, taken apart.
    thresholds : ThresholdBounds
    unjudged : Spread
        Where the scores lie that are not stored.
    """
    labels, values = scores.values.indices, scores.values.data
    fewest, most = bound_confident(unjudged, thresholds.high, thresholds.low)
    given_low = count_confident(judged.labels_of_given, judged.scores_of_given, thresholds.low)
    absent_high = count_confident(labels, values, thresholds.low) - given_low
    given_high, absent_low = given_low, absent_high
    if thresholds.high is not thresholds.low:
        given_high = count_confident(
            judged.labels_of_given, judged.scores_of_given, thresholds.high
        )
        absent_low = count_confident(labels, values, thresholds.high) - given_high
    return JointBounds(
        np.stack([absent_low + fewest, given_low], axis=1),
        np.stack([absent_high + most, given_high], axis=1),
    )


def numbers_of_pairs(given: LabelMatrix, judged: PairsByState) -> NDArray[np.int64]:
    """Return how many pairs of each label are not given, and given and judged, (n_labels, 2)."""
    n_instances, n_labels = given.values.shape
    n_given = sum_by_label(judged.labels_of_given, n_labels)
    return np.stack([n_instances - given.support(), n_given], axis=1).astype(np.int64)


def _of_filter(counts: PruneCounts, filter_by: str) -> NDArray[np.float64]:
    if filter_by == "prune_by_class":
        return counts.by_class
    if filter_by == "prune_by_noise_rate":
        return counts.by_noise_rate
    # Both take pairs in the same order, so that what they share is the shorter list.
    return np.minimum(counts.by_class, counts.by_noise_rate)


def _check_numbers(name: str, values: NDArray[Any], shape: tuple[int, ...]) -> None:
    if values.shape != shape or values.dtype.kind not in "iuf":
        raise ValueError(
            f"{name}: expected numbers of shape {shape}, found {values.dtype} of {values.shape}"
        )
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        raise ValueError(
            f"{name}: expected numbers of 0 or more, found {int(bad.sum())} others: "
            f"{values[bad][:5].tolist()}"
        )

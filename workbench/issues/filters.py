"""Which contradicted pairs each filter of confident learning flags, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.issues.contradicted import ContradictedPairs, places_in_groups
from workbench.issues.thresholds import TOLERANCE, LabelThresholds
from workbench.issues.unjudged import Spread, ThresholdBounds

FilterBy = Literal[
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
]


@dataclass(frozen=True, eq=False)
class Flags:
    """Which contradicted pairs are flagged, as far as the unknown scores leave no doubt.

    Parameters
    ----------
    certain, possible : ndarray of bool, shape (n_contradicted,)
        Flagged whatever the scores that are not stored, and for some of their values; the first
        are part of the second.
    """

    certain: NDArray[np.bool_]
    possible: NDArray[np.bool_]


def flag_all(contradicted: ContradictedPairs) -> Flags:
    """Return all contradicted pairs: those on the other side of 0.5 than their given state."""
    every = np.ones(len(contradicted.places), bool)
    return Flags(every, every)


def flag_confident(contradicted: ContradictedPairs, thresholds: ThresholdBounds) -> Flags:
    """Return the contradicted pairs that reach the threshold of the opposite state."""
    return Flags(
        contradicts_thresholds(contradicted, thresholds.low),
        contradicts_thresholds(contradicted, thresholds.high),
    )


def contradicts_thresholds(
    contradicted: ContradictedPairs, thresholds: LabelThresholds
) -> NDArray[np.bool_]:
    """Return which contradicted pairs reach the threshold of the opposite state."""
    p, labels = contradicted.scores.astype(np.float64), contradicted.labels
    looks_wrong = 1 - p >= 1 - thresholds.absent[labels] - TOLERANCE
    looks_missing = p >= thresholds.present[labels] - TOLERANCE
    return np.asarray(np.where(contradicted.given, looks_wrong, looks_missing))


def flag_least_confident(
    contradicted: ContradictedPairs,
    order: NDArray[np.int64],
    thresholds: ThresholdBounds,
    unjudged: Spread,
) -> Flags:
    """Return the least confident pairs a label, as many as :func:`flag_confident` has.

    Parameters
    ----------
    contradicted : ContradictedPairs
    order : ndarray of int64, shape (n_contradicted,)
        Their positions, the least confident first.
    thresholds : ThresholdBounds
    unjudged : Spread
    """
    confident, labels = flag_confident(contradicted, thresholds), contradicted.labels
    n_labels, ahead = len(thresholds.low.present), unjudged.n_likely()
    fewest = np.bincount(labels[confident.certain], minlength=n_labels)
    most = np.bincount(labels[confident.possible], minlength=n_labels) + ahead
    place = places_in_groups(order, labels, n_labels)
    return Flags(place + ahead[labels] < fewest[labels], place < most[labels])


def flag_pruned(
    contradicted: ContradictedPairs,
    order: NDArray[np.int64],
    fewest: NDArray[np.float64],
    most: NDArray[np.float64],
    n_unjudged_likely: NDArray[np.int64],
) -> Flags:
    """Return the least confident contradicted pairs of each label and state, so many of them.

    Parameters
    ----------
    contradicted : ContradictedPairs
    order : ndarray of int64, shape (n_contradicted,)
        Their positions, the least confident first.
    fewest, most : ndarray of float64, shape (n_labels, 2)
        How many pairs to take at least and at most, of those not given and of those given.
    n_unjudged_likely : ndarray of int64, shape (n_labels,)
        Pairs that may lie ahead of those that are not given, unseen.
    """
    place = places_in_groups(order, contradicted.groups, fewest.size)
    ahead = np.where(contradicted.given, 0, n_unjudged_likely[contradicted.labels])
    at = contradicted.groups
    return Flags(place + ahead < fewest.reshape(-1)[at], place < most.reshape(-1)[at])

"""Which of the suspect pairs each filter of confident learning flags, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.issues.suspects import Suspects, places_in_groups
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
    """Which suspects are flagged, as far as the unknown scores leave no doubt.

    Parameters
    ----------
    certain, possible : ndarray of bool, shape (n_suspects,)
        Flagged whatever the scores that are not stored, and for some of their values; the first
        are part of the second.
    """

    certain: NDArray[np.bool_]
    possible: NDArray[np.bool_]


def flag_all(suspects: Suspects) -> Flags:
    """Return all suspects: those on the other side of 0.5 than their given state."""
    every = np.ones(len(suspects.places), bool)
    return Flags(every, every)


def flag_confident(suspects: Suspects, thresholds: ThresholdBounds) -> Flags:
    """Return the suspects that reach the threshold of the opposite state."""
    return Flags(
        contradicts_thresholds(suspects, thresholds.low),
        contradicts_thresholds(suspects, thresholds.high),
    )


def contradicts_thresholds(suspects: Suspects, thresholds: LabelThresholds) -> NDArray[np.bool_]:
    """Return which suspects reach the threshold of the opposite state."""
    p, labels = suspects.scores.astype(np.float64), suspects.labels
    looks_wrong = 1 - p >= 1 - thresholds.absent[labels] - TOLERANCE
    looks_missing = p >= thresholds.present[labels] - TOLERANCE
    return np.asarray(np.where(suspects.given, looks_wrong, looks_missing))


def flag_least_confident(
    suspects: Suspects, order: NDArray[np.int64], thresholds: ThresholdBounds, unjudged: Spread
) -> Flags:
    """Return the least confident pairs a label, as many as :func:`flag_confident` has.

    Parameters
    ----------
    suspects : Suspects
    order : ndarray of int64, shape (n_suspects,)
        Their positions, the least confident first.
    thresholds : ThresholdBounds
    unjudged : Spread
    """
    confident, labels = flag_confident(suspects, thresholds), suspects.labels
    n_labels, ahead = len(thresholds.low.present), unjudged.n_likely()
    fewest = np.bincount(labels[confident.certain], minlength=n_labels)
    most = np.bincount(labels[confident.possible], minlength=n_labels) + ahead
    place = places_in_groups(order, labels, n_labels)
    return Flags(place + ahead[labels] < fewest[labels], place < most[labels])


def flag_pruned(
    suspects: Suspects,
    order: NDArray[np.int64],
    fewest: NDArray[np.float64],
    most: NDArray[np.float64],
    n_unjudged_likely: NDArray[np.int64],
) -> Flags:
    """Return the least confident suspects of each label and state, so many of them.

    Parameters
    ----------
    suspects : Suspects
    order : ndarray of int64, shape (n_suspects,)
        Their positions, the least confident first.
    fewest, most : ndarray of float64, shape (n_labels, 2)
        How many pairs to take at least and at most, of those not given and of those given.
    n_unjudged_likely : ndarray of int64, shape (n_labels,)
        Pairs that may lie ahead of those that are not given, unseen.
    """
    place = places_in_groups(order, suspects.groups, fewest.size)
    ahead = np.where(suspects.given, 0, n_unjudged_likely[suspects.labels])
    at = suspects.groups
    return Flags(place + ahead < fewest.reshape(-1)[at], place < most.reshape(-1)[at])

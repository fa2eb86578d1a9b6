"""Confident joint of every label, and how many pairs cleanlab's pruning takes from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.issues.thresholds import LabelThresholds, looks_absent, looks_present
from workbench.issues.unjudged import Spread

_PAIRS_PER_BATCH = 500_000
# Calibrated counts this close to a half may be rounded either way once the other row moves.
_TIE = 1e-7


@dataclass(frozen=True, eq=False)
class JointBounds:
    """The confident joint as far as it is known: counts of pairs by given and by confident state.

    Parameters
    ----------
    low, high : ndarray of float64, shape (n_labels, 2, 2)
        Joints with the fewest and with the most pairs off the diagonal, in the order
        [label, given, confident]; equal where everything is known.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def count_confident(
    labels: NDArray[np.integer], scores: NDArray[np.floating], thresholds: LabelThresholds
) -> NDArray[np.float64]:
    """Return how many pairs a label count as confidently absent and present, (n_labels, 2)."""
    n_labels = len(thresholds.present)
    counts = np.zeros((2, n_labels))
    for start in range(0, len(labels), _PAIRS_PER_BATCH):
        part = slice(start, start + _PAIRS_PER_BATCH)
        of, p = labels[part], scores[part].astype(np.float64)
        absent, present = thresholds.absent[of], thresholds.present[of]
        counts[0] += np.bincount(of[looks_absent(p, absent, present)], minlength=n_labels)
        counts[1] += np.bincount(of[looks_present(p, absent, present)], minlength=n_labels)
    return counts.T


def bound_confident(
    spread: Spread, fewest: LabelThresholds, most: LabelThresholds
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return counts such as those of :func:`count_confident` for scores known by bins.

    The confidently absent lie below a cut and the confidently present above one, so that a bin
    counts in full, not at all, or, where the cut falls into it, anything between.

    Parameters
    ----------
    spread : Spread
    fewest, most : LabelThresholds
        Those for which the fewest and the most pairs are confidently present.

    Returns
    -------
    tuple of ndarray of float64, shape (n_labels, 2)
        With the fewest and with the most pairs confidently present.
    """
    found = []
    for thresholds, p_absent, p_present in (
        (fewest, spread.lowest, spread.lowest),
        (most, spread.highest, spread.highest),
    ):
        absent, present = thresholds.absent[:, None], thresholds.present[:, None]
        counts = [
            np.where(is_in(p[None, :], absent, present), spread.counts, 0).sum(axis=1)
            for is_in, p in ((looks_absent, p_absent), (looks_present, p_present))
        ]
        found.append(np.stack(counts, axis=1).astype(np.float64))
    return found[0], found[1]


def calibrate_joint(
    counts: NDArray[np.floating], n_pairs: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the confident joint, scaled to the number of given and of other pairs.

    Parameters
    ----------
    counts : ndarray of float, shape (n_labels, 2, 2)
        Pairs in the order [label, given, confident].
    n_pairs : ndarray of int, shape (n_labels, 2)
        Pairs that are not given, and those that are.

    Notes
    -----
    Sums are in the order in which cleanlab adds them: half a pair is rounded after this.
    """
    joint = counts.astype(np.float64)
    # At least one pair of each state is right.
    joint[:, [0, 1], [0, 1]] = np.maximum(joint[:, [0, 1], [0, 1]], 1)
    joint = joint / joint.sum(axis=2, keepdims=True) * n_pairs[:, :, None]
    total = ((joint[:, 0, 0] + joint[:, 1, 0]) + joint[:, 0, 1]) + joint[:, 1, 1]
    scale = np.maximum(total, np.finfo(np.float64).tiny)[:, None, None]
    return np.asarray(joint / scale * n_pairs.sum(axis=1)[:, None, None])


def round_joint(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return whole numbers that keep the total of each row, as cleanlab rounds."""
    whole = np.round(joint)
    short = np.round(joint.sum(axis=2)) - whole.sum(axis=2)
    rest = joint - whole
    first_is_lower = rest[:, :, 0] <= rest[:, :, 1]
    # What lacks goes to the larger rest, what is over comes from the smaller; of equal ones to the
    # second and from the first.
    to_second = np.where(short > 0, first_is_lower, ~first_is_lower)
    whole[:, :, 1] += np.where(to_second, short, 0)
    whole[:, :, 0] += np.where(to_second, 0, short)
    return whole


def round_bounds(bounds: JointBounds, n_pairs: NDArray[np.integer]) -> JointBounds:
    """Return the bounds calibrated and rounded; ties are wide where not everything is known.

    Parameters
    ----------
    bounds : JointBounds
        Of counts.
    n_pairs : ndarray of int, shape (n_labels, 2)
    """
    low, high = (calibrate_joint(counts, n_pairs) for counts in (bounds.low, bounds.high))
    known = (bounds.low == bounds.high).all(axis=(1, 2))[:, None]
    exact = round_joint(low)
    rounded = []
    for joint, rounding, tie in ((low, np.ceil, -0.5 - _TIE), (high, np.floor, 0.5 + _TIE)):
        wide = np.empty_like(joint)
        for state in (0, 1):
            off = np.clip(rounding(joint[:, state, 1 - state] + tie), 0, n_pairs[:, state])
            wide[:, state, 1 - state] = off
            wide[:, state, state] = n_pairs[:, state] - off
        rounded.append(np.where(known[:, :, None], exact, wide))
    return JointBounds(*rounded)


@dataclass(frozen=True, eq=False)
class PruneCounts:
    """How many pairs are pruned, shape (n_labels, 2): of those not given, of those given.

    Parameters
    ----------
    by_class, by_noise_rate : ndarray of float64, shape (n_labels, 2)
    """

    by_class: NDArray[np.float64]
    by_noise_rate: NDArray[np.float64]


def prune_counts(
    joint: NDArray[np.floating],
    n_pairs: NDArray[np.integer],
    *,
    min_examples_per_class: int,
    frac_noise: float,
) -> PruneCounts:
    """Return how many pairs of each label and state are pruned.

    Parameters
    ----------
    joint : ndarray of float, shape (n_labels, 2, 2)
        Calibrated confident joint, in the order [label, given, confident].
    n_pairs : ndarray of int, shape (n_labels, 2)
    min_examples_per_class : int
        At least so many pairs of a state stay.
    frac_noise : float
        Share of the pairs off the diagonal to prune.
    """
    right, wrong = joint[:, [0, 1], [0, 1]], joint[:, [0, 1], [1, 0]]
    kept = np.maximum(right, min_examples_per_class)
    left = np.maximum(wrong - (kept - right), 0)
    reduced = left * frac_noise
    enough = n_pairs > min_examples_per_class
    return PruneCounts(
        by_class=np.where(enough, n_pairs - np.trunc(kept + (left - reduced)), 0),
        by_noise_rate=np.where(enough, np.trunc(reduced), 0),
    )

from __future__ import annotations

import numpy as np

from workbench.issues.contradicted import ContradictedPairs, least_confident_first
from workbench.issues.filters import flag_confident, flag_least_confident, flag_pruned
from workbench.issues.thresholds import LabelThresholds
from workbench.issues.unjudged import Spread, ThresholdBounds

GIVEN = np.array([True, True, False, False])
PAIRS = ContradictedPairs(np.arange(4), np.zeros(4, int), GIVEN, np.float32([0.1, 0.3, 0.9, 0.7]))
ORDER = least_confident_first(PAIRS)


def bounds(absent_low: float, absent_high: float) -> ThresholdBounds:
    present = np.array([0.8])
    return ThresholdBounds(
        LabelThresholds(present, np.array([absent_low])),
        LabelThresholds(present, np.array([absent_high])),
    )


def test_pruning_takes_the_least_confident_of_each_state() -> None:
    one, none = np.ones((1, 2)), np.zeros(1, int)
    flags = flag_pruned(PAIRS, ORDER, one, one, none)
    assert flags.certain.tolist() == flags.possible.tolist() == [True, False, True, False]


def test_pairs_that_may_lie_ahead_unseen_put_only_missing_labels_in_doubt() -> None:
    one, one_unseen = np.ones((1, 2)), np.ones(1, int)
    flags = flag_pruned(PAIRS, ORDER, one, one, one_unseen)
    assert flags.certain.tolist() == [True, False, False, False]
    assert flags.possible.tolist() == [True, False, True, False]


def test_wrong_labels_are_in_doubt_where_the_threshold_is() -> None:
    flags = flag_confident(PAIRS, bounds(0.2, 0.4))
    assert flags.certain.tolist() == [True, False, True, False]
    assert flags.possible.tolist() == [True, True, True, False]


def test_as_many_of_the_least_confident_are_flagged_as_reach_their_threshold() -> None:
    nothing_unseen = Spread(np.zeros(1), np.full(1, 0.5), np.zeros((1, 1), np.int64))
    confident = flag_confident(PAIRS, bounds(0.4, 0.4))
    flags = flag_least_confident(PAIRS, ORDER, bounds(0.4, 0.4), nothing_unseen)
    assert flags.certain.sum() == confident.certain.sum() == 1 + 1 + 1
    assert flags.certain.tolist() == [True, True, True, False]

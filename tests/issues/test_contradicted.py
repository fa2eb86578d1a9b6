from __future__ import annotations

import numpy as np

from workbench.issues.contradicted import (
    ContradictedPairs,
    least_confident_first,
    places_in_groups,
    take_apart,
)
from workbench.issues.thresholds import is_given
from workbench.matrices import LabelMatrix, PairScores


def test_pairs_on_the_other_side_of_a_half_are_contradicted(
    given: LabelMatrix, scores: PairScores
) -> None:
    found = take_apart(scores, is_given(given, scores)).contradicted
    # (red shoes, Red) and (blue bag, Blue) are given, (nike bag, Blue) is not.
    np.testing.assert_array_equal(found.scores, np.float32([0.4, 0.3, 0.7]))
    assert found.given.tolist() == [True, True, False]
    np.testing.assert_allclose(found.self_confidence, [0.4, 0.3, 1 - 0.7])


def test_a_score_of_a_half_contradicts_neither_state(scores: PairScores) -> None:
    halves = scores.values.copy()
    halves.data[:] = 0.5
    even = PairScores(halves, scores.instance_ids, scores.label_ids)
    for present in (np.zeros(10, bool), np.ones(10, bool)):
        assert len(take_apart(even, present).contradicted.places) == 0


def test_the_least_confident_come_first_and_equals_stay_in_stored_order() -> None:
    scores, given = np.float32([0.25, 0.75, 0.1, 0.25]), np.array([True, False, True, True])
    pairs = ContradictedPairs(np.arange(4), np.zeros(4, int), given, scores)
    order = least_confident_first(pairs)
    assert order.tolist() == [2, 0, 1, 3]
    assert places_in_groups(order, pairs.groups, 2).tolist() == [1, 0, 0, 2]

from __future__ import annotations

import numpy as np
import pytest

from workbench.issues.contradicted import PairsByState, take_apart
from workbench.issues.thresholds import is_given
from workbench.issues.unjudged import bound_thresholds, count_unjudged, spread_of_unjudged
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums

BLUE = 2  # given twice, once judged where it is not given


@pytest.fixture
def judged(given: LabelMatrix, scores: PairScores) -> PairsByState:
    return take_apart(scores, is_given(given, scores))


def test_what_is_neither_given_nor_judged_is_left(given, scores, judged) -> None:
    assert count_unjudged(given, scores, judged)[BLUE] == 6 - 2 - 1


def test_without_sums_the_mean_of_the_others_lies_between_bounds(given, scores, judged) -> None:
    bounds = bound_thresholds(given, scores, judged, None, 0.5)
    assert bounds.low.absent[BLUE] == pytest.approx(0.7 / 4)
    assert bounds.high.absent[BLUE] == pytest.approx((0.7 + 3 * 0.5) / 4)
    np.testing.assert_array_equal(bounds.low.present, bounds.high.present)


def test_with_sums_there_is_no_doubt(given, scores, judged) -> None:
    sums = ScoreSums(6, np.array([1.8, 1.2, 1.9, 1.3, 0.9]))
    bounds = bound_thresholds(given, scores, judged, sums, 0.5)
    assert bounds.low is bounds.high
    assert bounds.low.absent[BLUE] == pytest.approx((1.9 - 0.8 - 0.3) / 4)


@pytest.mark.parametrize(("at_most", "n"), [(0.5, 0), (0.6, 3)])
def test_unseen_pairs_are_likely_only_if_they_may_score_above_a_half(
    given, scores, judged, at_most, n
) -> None:
    assert spread_of_unjudged(given, scores, judged, None, at_most).n_likely()[BLUE] == n

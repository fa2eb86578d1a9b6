from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import logit

from workbench.issues.pairs import Pairs, judged_pairs
from workbench.issues.score_views import (
    find_rivals,
    instance_mean_log_odds,
    prior_log_odds,
    score_log_odds,
    score_of_scale,
    score_scale,
)
from workbench.matrices import LabelMatrix, PairScores

NO_CUT = np.full(6, np.inf, np.float32)
SUMS = np.array([2.5, 1.2, 2.5, 1.4, 1.0])
ATTRIBUTES = np.array([0, 0, 1, 1, -1])


def pairs_at(given: LabelMatrix, rows: list[int], columns: list[int]) -> Pairs:
    is_given = given.values.toarray()[rows, columns]
    return Pairs(np.array(rows), np.array(columns), is_given)


def test_judged_score_is_taken_as_it_is(given: LabelMatrix, scores: PairScores) -> None:
    pairs, judged = pairs_at(given, [0, 5], [1, 3]), judged_pairs(given, scores)
    found = score_log_odds(pairs, judged, scores, SUMS, None, NO_CUT, np.random.default_rng(0))
    assert found.tolist() == pytest.approx(
        [np.log(0.9 / 0.1), -4 - 2 * np.log1p((-4 - np.log(1e-35)) / 2)], rel=1e-3
    )


def test_score_that_nobody_computed_is_drawn_around_what_the_sums_leave(
    given: LabelMatrix, scores: PairScores
) -> None:
    pairs = pairs_at(given, [2] * 4000, [0] * 4000)
    rng = np.random.default_rng(0)
    found = score_log_odds(pairs, judged_pairs(given, scores), scores, SUMS, None, NO_CUT, rng)
    # Nike sums to 2.5, of which .9 + .8 are judged; the rest falls on four instances.
    assert score_of_scale(found).mean() == pytest.approx((2.5 - 1.7) / 4, rel=0.05)


def test_comparison_score_goes_before_a_drawn_one(given: LabelMatrix, scores: PairScores) -> None:
    values = csr_array((np.float32([0.25]), ([2], [0])), shape=(6, 5))
    comparison = PairScores(values, given.instance_ids, given.label_ids)
    pairs, judged = pairs_at(given, [2], [0]), judged_pairs(given, scores)
    rng = np.random.default_rng(0)
    found = score_log_odds(pairs, judged, scores, SUMS, comparison, NO_CUT, rng)
    assert found[0] == pytest.approx(np.log(0.25 / 0.75), rel=1e-5)


def test_drawn_score_is_no_higher_than_the_last_candidate(
    given: LabelMatrix, scores: PairScores
) -> None:
    pairs, lowest = pairs_at(given, [2] * 400, [0] * 400), np.full(6, 0.1, np.float32)
    judged, rng = judged_pairs(given, scores), np.random.default_rng(0)
    found = score_of_scale(score_log_odds(pairs, judged, scores, SUMS, None, lowest, rng))
    assert found.max() == pytest.approx(0.1, rel=1e-5)
    assert found.min() < 0.09


def test_prior_leaves_the_pair_itself_out(given: LabelMatrix) -> None:
    found = prior_log_odds(given, pairs_at(given, [1, 2], [0, 0]))
    expected = logit(np.array([(1 + 0.5) / 7, (2 + 0.5) / 7]))
    assert found.tolist() == pytest.approx(expected.tolist())


def test_mean_of_the_instance_leaves_the_pair_itself_out(
    given: LabelMatrix, scores: PairScores
) -> None:
    pairs, judged = pairs_at(given, [1, 5], [0, 0]), judged_pairs(given, scores)
    own = score_scale(np.array([0.9, 0.5]))
    found = instance_mean_log_odds(given, pairs, judged, scores, own)
    overall = score_scale(scores.values.data)[judged.given].mean()
    # 'nike red' keeps Red (.6) and three pairs' worth of the mean; 'socks' has only the latter.
    expected = [(np.log(0.6 / 0.4) + 3 * overall) / 4, overall]
    assert found.tolist() == pytest.approx(expected, rel=1e-4)


def test_rival_is_the_best_other_value_of_the_attribute(
    given: LabelMatrix, scores: PairScores
) -> None:
    judged = judged_pairs(given, scores)
    pairs = pairs_at(given, [0, 0, 4, 4, 0], [0, 1, 3, 2, 4])
    rivals = find_rivals(pairs, judged, scores.values.data, ATTRIBUTES)
    # Only the first and third have a judged rival: adidas .9, Blue .7; Size has no attribute.
    assert rivals.columns.tolist() == [1, -1, 2, -1, -1]
    assert rivals.scores.tolist() == pytest.approx([0.9, 0, 0.7, 0, 0])


def test_second_best_is_the_rival_of_the_best() -> None:
    pairs = Pairs(np.zeros(3, np.int64), np.arange(3), np.ones(3, bool))
    rivals = find_rivals(pairs, pairs, np.float32([0.2, 0.9, 0.5]), np.zeros(3, np.int64))
    assert rivals.columns.tolist() == [1, 2, 1]


def test_scale_of_scores_keeps_their_order_and_can_be_undone() -> None:
    scores = np.array([1e-30, 1e-9, 1e-4, 0.01, 0.1, 0.5, 0.99])
    scaled = score_scale(scores)
    assert (np.diff(scaled) > 0).all()
    assert score_of_scale(scaled) == pytest.approx(scores, rel=1e-3)


def test_scale_of_scores_is_their_log_odds_down_to_minus_four() -> None:
    assert score_scale(np.array([0.02, 0.7])) == pytest.approx(logit([0.02, 0.7]), rel=1e-6)

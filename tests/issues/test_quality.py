from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from workbench.issues.quality import presence_with_votes, quality_of_absent, quality_of_given


def test_quality_of_given_pairs_is_the_share_of_right_ones() -> None:
    rng = np.random.default_rng(0)
    is_right = rng.random(30_000) < 0.85
    given = rng.normal(np.where(is_right, 2.5, -2.5), 1.5).astype(np.float32)
    noise = rng.normal(-2.5, 1.5, 60_000).astype(np.float32)
    quality = quality_of_given(given, noise, np.full(30_000, 5), np.full(60_000, 5))
    assert quality.mean() == pytest.approx(0.85, abs=0.02)
    doubtful = (quality > 0.3) & (quality < 0.7)
    assert is_right[doubtful].mean() == pytest.approx(quality[doubtful].mean(), abs=0.1)


def test_quality_of_absent_pairs_is_the_share_of_rightly_absent_ones() -> None:
    rng = np.random.default_rng(1)
    is_missing = rng.random(60_000) < 0.08
    absent = rng.normal(np.where(is_missing, 2.5, -2.5), 1.5).astype(np.float32)
    given = rng.normal(2.5, 1.5, 20_000).astype(np.float32)
    quality = quality_of_absent(absent, given)
    assert quality.mean() == pytest.approx(0.92, abs=0.02)
    doubtful = (quality > 0.3) & (quality < 0.7)
    assert is_missing[doubtful].mean() == pytest.approx(1 - quality[doubtful].mean(), abs=0.1)


def test_quality_never_falls_with_the_log_odds_of_a_given_pair() -> None:
    rng = np.random.default_rng(2)
    given, noise = rng.normal(1, 2, 500), rng.normal(-1, 2, 900)
    supports = rng.integers(2, 300, 500), rng.integers(2, 300, 900)
    quality = quality_of_given(
        np.sort(given).astype(np.float32), noise.astype(np.float32), *supports
    )
    assert (np.diff(quality) >= 0).all()


def test_noise_that_sits_in_rare_labels_is_counted_where_it_is() -> None:
    rng = np.random.default_rng(5)
    support = np.repeat([3, 500], 10_000)
    is_right = rng.random(20_000) > np.where(support == 3, 0.4, 0.02)
    given = rng.normal(np.where(is_right, 3.0, -3.0), 1.5).astype(np.float32)
    noise = rng.normal(-3, 1.5, 20_000).astype(np.float32)
    quality = quality_of_given(given, noise, support, support)
    assert (1 - quality).sum() == pytest.approx(10_000 * 0.4 + 10_000 * 0.02, rel=0.05)


def test_given_pairs_without_noise_are_right() -> None:
    rng = np.random.default_rng(6)
    given, noise = rng.normal(6, 1, 2000), rng.normal(-6, 1, 2000)
    supports = np.full(2000, 9), np.full(2000, 9)
    quality = quality_of_given(given.astype(np.float32), noise.astype(np.float32), *supports)
    assert quality.min() == 1


def test_few_pairs_of_a_support_take_what_all_pairs_tell() -> None:
    rng = np.random.default_rng(7)
    given = np.append(rng.normal(6, 1, 3000), [-6.0]).astype(np.float32)
    given[:300] -= 12
    noise = rng.normal(-6, 1, 3000).astype(np.float32)
    support = np.append(np.full(3000, 50), 2)
    quality = quality_of_given(given, noise, support, np.full(3000, 50))
    assert quality[-1] < 0.1


def test_independent_views_and_votes_add_up_to_the_true_probability() -> None:
    rng = np.random.default_rng(3)
    present = rng.random(50_000) < 0.8
    # Normal with the means apart by the variance: the log-odds of such a draw is the draw itself.
    votes = rng.normal(np.where(present, 2.0, -2.0), 2) + np.log(0.8 / 0.2)
    views = rng.normal(np.where(present, 1.0, -1.0), np.sqrt(2))
    belief = expit(presence_with_votes(views, votes.astype(np.float32), 1.0))
    doubtful = (belief > 0.4) & (belief < 0.6)
    assert present[doubtful].mean() == pytest.approx(0.5, abs=0.05)


def test_as_many_labels_are_present_as_the_votes_expect() -> None:
    rng = np.random.default_rng(4)
    votes = rng.normal(3, 2, 5000).astype(np.float32)
    belief = expit(presence_with_votes(rng.normal(7, 3, 5000), votes, 0.5))
    assert belief.mean() == pytest.approx(expit(votes).mean(), abs=1e-6)


def test_pair_without_votes_starts_from_the_mean_of_the_others() -> None:
    votes = np.float32([np.nan, -1.0, 1.0])
    fused = presence_with_votes(np.array([0.5, 0.5, 0.5]), votes, 0.5)
    assert fused[0] == pytest.approx((fused[1] + fused[2]) / 2)


def test_views_count_by_their_weight() -> None:
    votes = np.float32([-1.0, 0.0, 1.0])
    half = presence_with_votes(np.array([2.0, -4.0, 6.0]), votes, 0.5)
    whole = presence_with_votes(np.array([1.0, -2.0, 3.0]), votes, 1.0)
    assert half.tolist() == whole.tolist()


def test_without_any_votes_the_views_stay() -> None:
    fused = presence_with_votes(np.array([0.5, 2.0]), np.float32([np.nan, np.nan]), 0.5)
    assert fused.tolist() == [0.5, 2.0]


def test_of_pairs_that_nobody_voted_on_the_unlikely_ones_fall_twice_as_fast() -> None:
    votes = np.float32([0.0, np.nan, np.nan, np.nan])
    fused = presence_with_votes(np.array([0.0, 1.0, -2.0, -3.0]), votes, 1.0)
    belief = np.log(0.25 / 0.75)
    assert fused[:2].tolist() == pytest.approx([0, 1])
    assert fused[2:].tolist() == pytest.approx([2 * -2 - belief, 2 * -3 - belief])

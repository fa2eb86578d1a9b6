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
    quality = quality_of_given(given, noise)
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
    quality = quality_of_given(np.sort(given).astype(np.float32), noise.astype(np.float32))
    assert (np.diff(quality) >= 0).all()


def test_votes_that_agree_with_the_views_move_the_log_odds() -> None:
    rng = np.random.default_rng(3)
    present = rng.random(5000) < 0.8
    votes = rng.normal(np.where(present, 3.0, 0.5), 1).astype(np.float32)
    views = expit(rng.normal(np.where(present, 3.0, -2.0), 1.5))
    fused = presence_with_votes(views, votes)
    assert np.corrcoef(fused - np.log(views / (1 - views)), votes)[0, 1] > 0.9


def test_votes_that_know_nothing_change_nothing() -> None:
    rng = np.random.default_rng(4)
    views = expit(rng.normal(2, 2, 5000))
    fused = presence_with_votes(views, rng.normal(3, 2, 5000).astype(np.float32))
    np.testing.assert_allclose(fused, np.log(views / (1 - views)), atol=0.6)


def test_pair_without_votes_keeps_what_the_views_say() -> None:
    votes = np.float32([np.nan, 2.0, 3.0])
    fused = presence_with_votes(np.array([0.25, 0.5, 0.75]), votes)
    assert fused[0] == pytest.approx(np.log(0.25 / 0.75), rel=1e-5)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from workbench.issues.calibration import MonotoneLogOdds

measures = st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(measures, measures)
def test_log_odds_never_fall_along_the_measure(first: list[float], second: list[float]) -> None:
    calibrated = MonotoneLogOdds().fit(np.array(first), np.array(second))
    along = calibrated.predict(np.linspace(-6, 6, 50))
    assert np.isfinite(along).all()
    assert (np.diff(along) >= -1e-5).all()


def test_two_normal_samples_give_back_their_log_density_ratio() -> None:
    rng = np.random.default_rng(0)
    calibrated = MonotoneLogOdds().fit(rng.normal(1, 1, 40_000), rng.normal(-1, 1, 80_000))
    # log N(x; 1, 1) - log N(x; -1, 1) = 2 x
    np.testing.assert_allclose(
        calibrated.predict(np.array([-1.0, 0.0, 1.0])), [-2, 0, 2], atol=0.15
    )


def test_line_is_a_logistic_regression_of_equal_samples() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.5, 1, 3000), rng.normal(0, 1, 900)
    ours = MonotoneLogOdds(n_bins=2000).fit(first, second)
    twin = LogisticRegression(C=1e6, class_weight="balanced")
    twin.fit(np.concatenate([first, second])[:, None], np.repeat([1, 0], [3000, 900]))
    assert ours.slope_ == pytest.approx(twin.coef_[0, 0], abs=0.03)


def test_measure_that_runs_the_wrong_way_knows_nothing() -> None:
    calibrated = MonotoneLogOdds().fit(np.zeros(500), np.ones(500))
    np.testing.assert_allclose(calibrated.predict(np.array([0.0, 1.0])), 0, atol=1e-6)


def test_empty_sample_and_early_prediction_are_refused() -> None:
    with pytest.raises(ValueError, match="found 0 and 2"):
        MonotoneLogOdds().fit(np.array([]), np.array([1.0, 2.0]))
    with pytest.raises(NotFittedError, match="call fit"):
        MonotoneLogOdds().predict(np.array([1.0]))

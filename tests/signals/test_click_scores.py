import numpy as np
import pandas as pd
import pytest

from workbench.signals.click_scores import fit_prior, place_rates, with_scores
from workbench.tables import from_frame, to_frame


def simulated_pairs(rng, *, shape, n_pairs=4000, max_impressions=12):
    """Return pairs whose ratios have mean 1 and variance 1 / shape, and these ratios."""
    n_shown = rng.integers(1, max_impressions, n_pairs)
    ratio = rng.gamma(shape, 1 / shape, n_pairs)
    rate = 0.1
    clicks = rng.binomial(n_shown, np.minimum(ratio * rate, 1.0))
    pairs = pd.DataFrame(
        {
            "instance_index": 0,
            "item_index": np.arange(n_pairs),
            "impressions": n_shown,
            "clicks": clicks,
            "sessions": clicks,
            "weight": clicks.astype("float64"),
            "weight_squares": clicks.astype("float64"),
            "expected_clicks": n_shown * rate,
            "rate_squares": n_shown * rate**2,
        }
    )
    return pairs, ratio


def test_prior_finds_the_spread_of_the_ratios():
    pairs, _ = simulated_pairs(np.random.default_rng(0), shape=2.0, n_pairs=40_000)
    prior = fit_prior(from_frame(pairs))
    assert prior.a / prior.b == pytest.approx(1.0, rel=0.05)
    assert prior.a == pytest.approx(2.0, rel=0.25)


def test_without_spread_the_prior_weighs_a_hundred_clicks_at_most():
    pairs, _ = simulated_pairs(np.random.default_rng(0), shape=1e6)
    assert 20 < fit_prior(from_frame(pairs)).a <= 100.0 + 1e-9


def test_single_impressions_tell_nothing_of_the_spread():
    pairs, _ = simulated_pairs(np.random.default_rng(0), shape=1.0, max_impressions=2)
    assert fit_prior(from_frame(pairs)).a == pytest.approx(100.0)


def test_score_is_the_shrunk_ratio():
    pairs, _ = simulated_pairs(np.random.default_rng(1), shape=2.0, n_pairs=500)
    prior = fit_prior(from_frame(pairs))
    scored = to_frame(with_scores(from_frame(pairs)).order_by("item_index"))
    expected = (pairs["clicks"] + prior.a) / (pairs["expected_clicks"] + prior.b)
    np.testing.assert_allclose(scored["score"], expected)


def test_shrunk_ratio_is_nearer_to_the_truth_than_the_raw_one():
    pairs, ratio = simulated_pairs(np.random.default_rng(2), shape=2.0)
    scored = to_frame(with_scores(from_frame(pairs)).order_by("item_index"))
    raw = pairs["clicks"] / pairs["expected_clicks"]
    error = np.abs(scored["score"].to_numpy() - ratio).mean()
    assert error < 0.7 * np.abs(raw - ratio).mean()


def rates_of(shown, clicked):
    """Return the rates of places: ``position, device, impressions``, and the clicks there."""
    shown = pd.DataFrame(shown, columns=["position", "device", "impressions"])
    clicked = pd.DataFrame(clicked, columns=["position", "device", "clicks"])
    return place_rates(from_frame(shown), from_frame(clicked))["rate"].tolist()


def test_rare_position_is_pulled_to_the_overall_rate():
    rates = rates_of([(1, 0, 1000), (9, 0, 1)], [(1, 0, 200)])
    overall = 200 / 1001
    assert rates == pytest.approx([(200 + 10 * overall) / 1010, 10 * overall / 11])


def test_rate_is_at_most_one():
    assert max(rates_of([(1, 0, 100), (2, 0, 1000)], [(1, 0, 500)])) == 1.0


def test_rate_on_a_device_is_pulled_to_that_of_its_position():
    rates = rates_of([(1, 0, 100), (1, 1, 300)], [(1, 0, 40), (1, 1, 60)])
    position = (100 + 10 * 100 / 400) / 410
    assert rates == pytest.approx([(40 + 10 * position) / 110, (60 + 10 * position) / 310])


def test_heavier_clicks_are_no_sign_of_spread():
    pairs, _ = simulated_pairs(np.random.default_rng(0), shape=1e6, n_pairs=40_000)
    rng = np.random.default_rng(1)
    heavy = rng.binomial(pairs["clicks"], 0.3)
    pairs["weight"] = (pairs["clicks"] + 2.0 * heavy) / 1.6
    pairs["weight_squares"] = (pairs["clicks"] + 8.0 * heavy) / 1.6**2
    assert fit_prior(from_frame(pairs)).a > 20

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from workbench.issues.learning import DecisionLearner, Suspects, error_log_odds


def world(seed: int, n: int = 6000) -> tuple[Suspects, np.ndarray]:
    """Suspects whose log-odds leave out a view that knows something."""
    rng = np.random.default_rng(seed)
    known, left_out = rng.normal(-1, 1.5, n), rng.normal(0, 1, n)
    error = rng.random(n) < expit(known + 2 * left_out)
    views = np.column_stack([left_out, rng.normal(0, 1, n)])
    groups, labels = rng.integers(0, 4, n), rng.integers(0, 50, n)
    return Suspects(known, views, groups, labels), error


def test_pairs_after_the_reviewed_ones_are_ordered_better() -> None:
    for seed in range(3):
        suspects, error = world(seed)
        order = np.argsort(-suspects.log_odds)
        first, rest = order[:600], order[600:]
        learnt = DecisionLearner().fit(suspects, first, error[first])
        better = rest[np.argsort(-learnt.predict(suspects.take(rest)))]
        assert error[better[:500]].mean() > error[rest[:500]].mean() + 0.1


def test_log_odds_that_are_right_stay_nearly_as_they_are() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(0, 2, 4000)
    suspects = Suspects(
        z, rng.normal(0, 1, (4000, 3)), rng.integers(0, 9, 4000), np.zeros(4000, int)
    )
    error = rng.random(4000) < expit(z)
    first = np.argsort(-z)[:400]
    learnt = DecisionLearner().fit(suspects, first, error[first]).predict(suspects)
    assert np.abs(expit(learnt) - expit(z)).mean() < 0.03


def test_too_sure_log_odds_are_drawn_together() -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(0, 4, 5000)
    suspects = Suspects(z, np.zeros((5000, 1)), np.zeros(5000, int), np.zeros(5000, int))
    error = rng.random(5000) < expit(z / 4)
    learnt = DecisionLearner().fit(suspects, np.arange(2000), error[:2000]).predict(suspects)
    assert expit(learnt[2000:]).mean() == pytest.approx(error[2000:].mean(), abs=0.03)
    taught = z >= np.quantile(z[:2000], 0.05)
    np.testing.assert_allclose(learnt[taught], z[taught] / 4, atol=0.4)


def test_one_stray_pair_does_not_carry_the_correction_down_to_it() -> None:
    rng = np.random.default_rng(7)
    z = np.sort(rng.normal(0, 2, 4000))[::-1]
    suspects = Suspects(z, np.zeros((4000, 1)), np.zeros(4000, int), np.zeros(4000, int))
    error = rng.random(4000) < expit(z + 2)
    reviewed = np.append(np.arange(200), 3999)
    learnt = DecisionLearner().fit(suspects, reviewed, error[reviewed]).predict(suspects)
    far_below = z < z[199] - 4
    np.testing.assert_allclose(learnt[far_below], z[far_below], atol=0.1)


def test_without_false_alarms_the_order_stays() -> None:
    suspects, _ = world(5)
    first = np.argsort(-suspects.log_odds)[:300]
    error = np.ones(300, bool)
    error[:5] = False
    learnt = DecisionLearner().fit(suspects, first, error)
    by_odds = np.argsort(suspects.log_odds)
    assert (np.diff(learnt.predict(suspects)[by_odds]) >= -1e-9).all()
    assert learnt.held_ is None


def test_far_below_the_reviewed_pairs_nothing_becomes_suspicious() -> None:
    suspects, error = world(6)
    order = np.argsort(-suspects.log_odds)
    learnt = DecisionLearner().fit(suspects, order[:300], error[order[:300]])
    low = suspects.log_odds < suspects.log_odds[order[299]] - 4
    moved = learnt.predict(suspects) - suspects.log_odds
    assert moved[low].max() < 0.5


def test_few_decisions_are_refused() -> None:
    suspects, error = world(7, 100)
    with pytest.raises(ValueError, match="at least 50 decisions to learn from, found 3"):
        DecisionLearner().fit(suspects, np.arange(3), error[:3])


def test_equal_probabilities_keep_their_finer_order() -> None:
    z = error_log_odds(np.array([1.0, 1.0, 0.5]), np.array([3.0, 2.0, 1.0]))
    assert z[0] > z[1] > z[2]

"""What comes back of what noise costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.gain.measuring import CLEAN, MEASURES, NOISY
from pipelines.gain.summary import gap_of, recovered


def _points(gained: dict[int, float]) -> pd.DataFrame:
    """Noise costs 10 points of each measure; in every seed one way brings some of them back."""
    rows = []
    for seed, gain in gained.items():
        for way, share, value in ((NOISY, 0.0, 0.5), (CLEAN, np.nan, 0.6), ("a", 0.1, 0.5 + gain)):
            done = {"asked": 10, "found": 5, "unseen": 0, "spoilt": 0}
            rows.append({"way": way, "share": share, "seed": seed, **done})
            rows[-1] |= dict.fromkeys(MEASURES, value)
    return pd.DataFrame(rows)


def test_the_share_is_of_what_noise_costs():
    found = recovered(_points({0: 0.05})).loc[("a", 0.1)]
    assert found["recovered"] == pytest.approx(0.05 / 0.1)
    assert found["psp"] == pytest.approx(100 * 0.05)
    assert np.isnan(found["low"])  # one seed tells no interval


def test_the_interval_is_students_over_seeds():
    found = recovered(_points({0: 0.02, 1: 0.04, 2: 0.06})).loc[("a", 0.1)]
    assert found["recovered"] == pytest.approx((0.2 + 0.4 + 0.6) / 3)
    # t of 2 degrees of freedom at 97.5 % is 4.303, the spread of the shares 0.2
    assert found["high"] - found["recovered"] == pytest.approx(4.303 * 0.2 / 3**0.5, rel=1e-3)


def test_a_seed_in_which_noise_costs_little_does_not_lead():
    points = pd.concat([_points({0: 0.05}), _points({1: 0.01})], ignore_index=True)
    points.loc[(points["seed"] == 1) & (points["way"] == CLEAN), list(MEASURES)] = 0.51
    # .05 of .10 and .01 of .01: as shares 1/2 and all, together .06 of .11
    found = recovered(points).loc[("a", 0.1)]
    assert found["recovered"] == pytest.approx(0.06 / 0.11)
    assert found["low"] < found["recovered"] < found["high"]


def test_the_gap_is_told_in_points():
    assert gap_of(_points({0: 0.0})).loc["gap", "P@3"] == pytest.approx(10)


def test_of_a_loss_that_chance_decides_no_share_is_told_but_points_are():
    points = _points({0: 0.002, 1: 0.004})
    points.loc[points["way"] == CLEAN, list(MEASURES)] = 0.504
    found = recovered(points).loc[("a", 0.1)]
    assert np.isnan(found["recovered"])
    assert found["gained"] == pytest.approx(0.3)
    assert found["gained_low"] < 0.3 < found["gained_high"]

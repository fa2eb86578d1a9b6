from __future__ import annotations

import numpy as np
import pytest

from workbench.issues.noise_share import share_of_noise, share_of_second


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_share_of_noise_is_found_where_samples_overlap_little(share: float) -> None:
    rng = np.random.default_rng(2)
    n_noise = round(share * 20_000)
    mixed = np.concatenate([rng.normal(0, 1, n_noise), rng.normal(5, 1, 20_000 - n_noise)])
    assert share_of_second(mixed, rng.normal(0, 1, 20_000), least_tail=0.1) == pytest.approx(
        share, abs=0.015
    )


def test_share_is_never_more_than_all() -> None:
    assert share_of_second(np.zeros(50), np.ones(50), least_tail=0.1) == 1.0


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2])
def test_noise_that_looks_better_than_the_sample_of_it_is_found(share: float) -> None:
    rng = np.random.default_rng(3)
    n_noise = round(share * 20_000)
    confused = rng.normal(1.0, 1, n_noise)
    mixed = np.concatenate([confused, rng.normal(8, 1.5, 20_000 - n_noise)])
    noise = rng.normal(0, 1, 20_000)
    # Of the confused ones the share below the last cut, the noise's 95th percentile of 1.64.
    found = share_of_noise(mixed, noise, least_tail=0.35)
    assert found == pytest.approx(share * 0.74 / 0.95, abs=0.01)
    assert share_of_second(mixed, noise, least_tail=0.35) <= 0.45 * share


def test_right_pairs_that_reach_into_the_noise_are_not_counted() -> None:
    rng = np.random.default_rng(4)
    mixed, noise = rng.normal(2, 1.5, 50_000), rng.normal(0, 1, 50_000)
    least = share_of_second(mixed, noise, least_tail=0.35)
    assert share_of_noise(mixed, noise, least_tail=0.35) == pytest.approx(least, abs=0.01)
    # The share of the right ones below the noise's 95th percentile is far more than that.
    assert (mixed < np.quantile(noise, 0.95)).mean() > 2 * least


def test_share_of_noise_is_never_less_than_the_irreducible_share() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        mixed, noise = rng.normal(rng.normal(), 1, 300), rng.gamma(2, 1, 200)
        least = share_of_second(mixed, noise, least_tail=0.2)
        assert least <= share_of_noise(mixed, noise, least_tail=0.2) <= 1

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from workbench.review.bounds import least_right


def refuted(n_right, n_sample, n_pairs, right):
    """Say whether so many right ones in the sample would be seen with 5 % or less."""
    ways = sum(
        comb(right, x) * comb(n_pairs - right, n_sample - x) for x in range(n_right, n_sample + 1)
    )
    return ways / comb(n_pairs, n_sample) <= 0.05


@pytest.mark.parametrize("n_pairs", [20, 23, 30, 47])
@pytest.mark.parametrize("n_right", [0, 7, 18, 19, 20])
def test_the_bound_is_the_smallest_number_that_is_not_refuted(n_pairs, n_right):
    possible = range(n_right, n_pairs - (20 - n_right) + 1)
    kept = [right for right in possible if not refuted(n_right, 20, n_pairs, right)]
    assert least_right(n_right, 20, n_pairs) == min(kept)


def test_a_sample_of_all_leaves_no_doubt():
    assert least_right(13, 20, 20) == 13


def test_of_very_many_it_is_the_bound_of_clopper_and_pearson():
    assert least_right(20, 20, 10**7) / 10**7 == pytest.approx(0.05 ** (1 / 20), abs=1e-4)


@pytest.mark.parametrize(("n_pairs", "right"), [(30, 28), (60, 55), (412, 385), (5000, 4300)])
def test_the_bound_is_above_the_truth_in_at_most_five_of_a_hundred_samples(n_pairs, right):
    drawn = np.random.default_rng(3).hypergeometric(right, n_pairs - right, 20, 20_000)
    bounds = np.array([least_right(n, 20, n_pairs) for n in range(21)])
    assert (bounds[drawn] > right).mean() <= 0.05 + 0.005


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"expected 0 <= n_right <= n_sample <= n_pairs, found 3"):
        least_right(3, 2, 9)

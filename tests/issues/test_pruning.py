from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.issues.confident_joint import JointBounds
from workbench.issues.pruning import PRUNING, Pruning, check_pruning, pairs_to_prune

N_PAIRS = np.array([[90, 10], [95, 5]])
COUNTS = np.array([[[80, 6], [3, 7]], [[90, 2], [4, 1]]], np.float64)
DEFAULTS: dict[str, Any] = {
    "frac_noise": 1.0,
    "num_to_remove_per_class": None,
    "min_examples_per_class": 1,
    "confident_joint": None,
}


def n_to_prune(filter_by: str, options: Pruning | None = None) -> np.ndarray:
    fewest, most = pairs_to_prune(
        filter_by, options or Pruning(), JointBounds(COUNTS, COUNTS), N_PAIRS
    )
    np.testing.assert_array_equal(fewest, most)
    return fewest


def test_both_take_what_each_of_the_two_takes() -> None:
    by_class, by_rate = n_to_prune("prune_by_class"), n_to_prune("prune_by_noise_rate")
    np.testing.assert_array_equal(n_to_prune("both"), np.minimum(by_class, by_rate))
    assert (by_rate > 0).all()


@pytest.mark.parametrize("filter_by", PRUNING)
def test_a_smaller_share_of_noise_never_takes_more(filter_by: str) -> None:
    assert (n_to_prune(filter_by, Pruning(frac_noise=0.5)) <= n_to_prune(filter_by)).all()


def test_numbers_of_ones_own_are_of_given_pairs_where_there_are_enough() -> None:
    own = Pruning(num_to_remove_per_class=np.array([3, 2]), min_examples_per_class=5)
    assert n_to_prune("both", own).tolist() == [[0, 3], [0, 0]]
    assert not own.needs_joint()


@pytest.mark.parametrize(
    ("filter_by", "option", "message"),
    [
        ("confident_learning", {"frac_noise": 0.5}, "frac_noise: has no meaning for filter_by="),
        ("both", {"frac_noise": 1.5}, r"frac_noise must be in \[0, 1\], found 1.5"),
        ("both", {"num_to_remove_per_class": [1.5, 2]}, "must be whole numbers"),
        ("both", {"num_to_remove_per_class": [1]}, r"expected numbers of shape \(2,\)"),
        ("both", {"confident_joint": -COUNTS}, "expected numbers of 0 or more, found 8 others"),
    ],
)
def test_options_that_mean_nothing_are_refused(filter_by, option, message) -> None:
    with pytest.raises(ValueError, match=message):
        check_pruning(filter_by, 2, **(DEFAULTS | option))

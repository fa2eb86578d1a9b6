from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from workbench.label_model.monotone import in_order, isotonic


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 9)), min_size=1, max_size=7))
def test_isotonic_regression_is_that_of_scipy(points):
    values, weights = np.array(points).T
    expected = isotonic_regression(values, weights=weights).x
    assert isotonic(values[None], weights[None])[0] == pytest.approx(expected)


def test_outcomes_on_the_wrong_side_become_neutral():
    share, n_pairs = np.array([[0.5, 0.2, 0.9, 0.1]]), np.array([[10.0, 5, 5, 10]])
    neutral = (0.5 * 10 + 0.9 * 5 + 0.1 * 10) / (10 + 5 + 10)
    fixed = in_order(share, n_pairs, np.array([0, 1, 1, -1]), np.array([], int))
    assert fixed[0] == pytest.approx([0.5, neutral, 0.9, 0.1])


def test_a_held_end_of_the_ladder_leaves_the_other_levels_their_share():
    share, n_pairs = np.array([[0.5, 0.3, 0.2]]), np.array([[10.0, 5, 5]])
    top_held = in_order(share, n_pairs, np.array([0, 0, 1]), np.array([1, 2]))
    assert top_held[0] == pytest.approx([0.5, 0.3, (0.5 * 10 + 0.3 * 5) / (10 + 5)])
    bottom_held = in_order(1 - share, n_pairs, np.array([0, 0, -1]), np.array([2, 1]))
    assert bottom_held == pytest.approx(1 - top_held)

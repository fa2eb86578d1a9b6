"""The confident joint, its rounding and what pruning takes from it, against cleanlab's."""

from __future__ import annotations

import numpy as np
import pytest
from cleanlab.count import calibrate_confident_joint
from cleanlab.filter import _keep_at_least_n_per_class
from hypothesis import given
from hypothesis import strategies as st

from workbench.issues.confident_joint import (
    JointBounds,
    calibrate_joint,
    prune_counts,
    round_bounds,
    round_joint,
)

COUNTS = st.integers(0, 12)
JOINT = st.tuples(COUNTS, COUNTS, COUNTS, COUNTS)


@given(JOINT, st.integers(1, 15), st.integers(1, 15))
def test_calibrated_joint_is_that_of_cleanlab_ties_included(counts, n_absent, n_given) -> None:
    joint = np.array(counts).reshape(2, 2)
    labels = np.repeat([0, 1], [n_absent, n_given])
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    # cleanlab hands it on as the transpose of a C-ordered matrix, which decides the order of sums.
    expected = calibrate_confident_joint(np.ascontiguousarray(joint.T).T, labels)
    ours = round_joint(calibrate_joint(joint[None], np.array([[n_absent, n_given]])))
    np.testing.assert_array_equal(ours[0], expected)


@given(JOINT, st.integers(0, 9), st.floats(0, 1))
def test_pairs_to_prune_are_those_of_cleanlab(counts, at_least: int, share: float) -> None:
    joint = np.array(counts).reshape(2, 2)
    n_pairs = joint.sum(axis=1)
    kept = _keep_at_least_n_per_class(joint.T, n=at_least, frac_noise=share)
    ours = prune_counts(
        joint[None], n_pairs[None], min_examples_per_class=at_least, frac_noise=share
    )
    for state in np.flatnonzero(n_pairs > at_least):
        assert ours.by_noise_rate[0, state] == kept[1 - state, state]
        assert ours.by_class[0, state] == n_pairs[state] - kept[state, state]


@given(JOINT, JOINT, JOINT)
def test_bounds_hold_whatever_lies_between_them(one, other, third) -> None:
    three = np.sort([np.array(x, float) for x in (one, other, third)], axis=0)
    falling = np.array([[True, False], [False, True]])  # the diagonal: the more, the less to prune
    low, between, high = (
        np.where(falling, three[2 - i].reshape(2, 2), three[i].reshape(2, 2))[None]
        for i in range(3)
    )
    n_pairs = np.array([[17, 11]])
    bounds = round_bounds(JointBounds(low, high), n_pairs)
    off = round_joint(calibrate_joint(between, n_pairs))[0, [0, 1], [1, 0]]
    assert (bounds.low[0, [0, 1], [1, 0]] <= off).all()
    assert (off <= bounds.high[0, [0, 1], [1, 0]]).all()


def test_what_is_known_is_rounded_as_it_is() -> None:
    joint = np.array([[[3.0, 1.0], [1.0, 1.0]]])
    n_pairs = np.array([[10, 5]])
    bounds = round_bounds(JointBounds(joint, joint), n_pairs)
    np.testing.assert_array_equal(bounds.low, bounds.high)
    # 10 / 4 and 5 / 2 go to the even number, and what then lacks to the second.
    np.testing.assert_array_equal(bounds.low[0], [[8, 2], [2, 3]])


@pytest.mark.parametrize("n_pairs", [[0, 7], [7, 0]])
def test_a_state_without_pairs_has_nothing_to_prune(n_pairs: list[int]) -> None:
    joint = round_joint(calibrate_joint(np.array([[[0, 0], [0, 0]]]), np.array([n_pairs])))
    assert joint.sum() == 7
    counts = prune_counts(joint, np.array([n_pairs]), min_examples_per_class=1, frac_noise=1.0)
    assert counts.by_class.sum() == counts.by_noise_rate.sum() == 0

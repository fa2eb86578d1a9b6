from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from workbench.label_model.em import Problem
from workbench.label_model.outcomes import find_joint_outcomes
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.pseudo_pairs import majority_pairs, majority_posterior, pooled_pairs

# Levels of two sources: the highest that s0 ever gives is 2.
LEVELS = np.array([[2, 1], [1, -1], [0, -1], [0, 1]])


@pytest.fixture
def patterns(table_of) -> VotePatterns:
    return VotePatterns.from_votes(*table_of(LEVELS, np.zeros(4, int)))


def test_the_start_adds_up_graded_votes(patterns):
    start = majority_posterior(patterns, find_joint_outcomes(patterns, {}, 9))
    log_odds = 2.2 * np.array([1 + 1, 1 / 2, -1, -1 + 1])
    assert start[patterns.pattern_index] == pytest.approx(expit(log_odds))


def test_a_group_has_one_vote_the_mean_of_its_sources(patterns):
    start = majority_posterior(patterns, find_joint_outcomes(patterns, {"s0": "g", "s1": "g"}, 9))
    log_odds = 2.2 * np.array([(1 + 1) / 2, 1 / 2, -1, (-1 + 1) / 2])
    assert start[patterns.pattern_index] == pytest.approx(expit(log_odds))


def test_pseudo_pairs_are_as_many_as_asked_for(patterns):
    outcomes = find_joint_outcomes(patterns, {}, 9)
    problem = Problem.of(patterns, outcomes, impute_unvoted=False)
    pseudo = majority_pairs(problem, majority_posterior(patterns, outcomes), 10, 4)
    whole = problem.m_step(pseudo, monotone=True)
    for pairs in (pseudo, pooled_pairs(problem, whole, 10, 4)):
        of_groups = np.add.reduceat((pairs.present + pairs.absent)[0], problem.starts)
        assert of_groups == pytest.approx([10, 10], rel=1e-4)
        assert pairs.n_present + pairs.n_absent == pytest.approx(4)

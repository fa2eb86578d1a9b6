from __future__ import annotations

import numpy as np
import pytest

from workbench.label_model import VotePatterns, find_copies
from workbench.label_model.dependence import agreement

ACCURACY = [0.88, 0.8, 0.72, 0.84]
COVERAGE = [0.6, 0.8, 0.5, 0.3]


def patterns_with_a_copy(simulate, table_of, random_state, rate, n_sources=4):
    """Patterns of independent sources and one more that repeats the first at a rate."""
    levels, _ = simulate(
        random_state,
        accuracy=[*ACCURACY[:n_sources], 0.7],
        covers_present=0.6,
        covers_absent=[*COVERAGE[:n_sources], 0.5],
    )
    copies = np.random.default_rng(random_state).random(len(levels)) < rate
    levels[copies, -1] = levels[copies, 0]
    voted = (levels >= 0).any(axis=1)
    attribute = np.arange(voted.sum()) % 3
    return VotePatterns.from_votes(*table_of(levels[voted], attribute))


@pytest.mark.parametrize("random_state", range(3))
def test_independent_sources_raise_no_alarm(random_state, simulate, table_of):
    copies = find_copies(patterns_with_a_copy(simulate, table_of, random_state, 0))
    assert len(copies) == 5 * 4 / 2
    assert not copies["warned"].any()


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_a_copy_is_found_and_its_rate(rate, simulate, table_of):
    copies = find_copies(patterns_with_a_copy(simulate, table_of, 1, rate))
    warned = copies[copies["warned"]]
    assert warned[["source_a", "source_b"]].to_numpy().tolist() == [["s0", "s4"]]
    assert warned["copied"].item() == pytest.approx(rate, abs=0.1)


def test_sources_of_one_group_are_not_compared(simulate, table_of):
    patterns = patterns_with_a_copy(simulate, table_of, 1, 0.9)
    copies = find_copies(patterns, groups={"s0": "one", "s4": "one"})
    assert ["s0", "s4"] not in copies[["source_a", "source_b"]].to_numpy().tolist()
    assert not copies["warned"].any()


def test_a_copy_is_found_beside_one_other_pair_of_sources(simulate, table_of):
    copies = find_copies(patterns_with_a_copy(simulate, table_of, 2, 0.9, n_sources=2))
    assert copies.loc[copies["warned"], ["source_a", "source_b"]].to_numpy().tolist() == [
        ["s0", "s2"]
    ]


def test_two_groups_leave_nobody_to_tell_the_state(table_of):
    levels = np.array([[1, 1], [0, 0], [1, -1]])
    assert find_copies(VotePatterns.from_votes(*table_of(levels, np.zeros(3, int)))).empty


def test_agreement_by_chance_is_taken_in_each_state(table_of):
    levels = np.array([[1, 1], [1, 0], [0, 0], [1, -1]])
    patterns = VotePatterns.from_votes(*table_of(levels, np.zeros(4, int)))
    said = [patterns.levels[:, j] for j in (0, 1)]
    posterior = np.where((patterns.levels == 1).any(axis=1), 1.0, 0.0)
    found = agreement(patterns, posterior, *said, silence=False)
    # Present: two pairs, s0 always for, s1 half of the time. Absent: one pair, both against.
    assert (found.n_pairs, found.observed, found.expected) == (3, 1 + 1, 2 * 1 / 2 + 1)
    assert found.copied == 0
    assert agreement(patterns, posterior, *said, silence=True).n_pairs == 4

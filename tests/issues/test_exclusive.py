from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from workbench.issues.exclusive import (
    ExclusiveLabels,
    exclusive_tolerance,
    exclusive_values,
    given_rivals,
)
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix

IDS = pd.Index(["Color: Red", "Color: Blue", "Feature: Light", "Feature: Warm"])
LABELS = pd.DataFrame({"label_id": IDS, "attribute": ["Color"] * 2 + ["Feature"] * 2})
LABELS["value"] = IDS.str.partition(": ").get_level_values(2)
CODES, NO_PARENTS = np.array([0, 0, 1, 1]), np.full(4, -1)


def shop(n_red: int, n_blue: int, n_both: int, columns: tuple[int, int] = (0, 1)) -> LabelMatrix:
    """Instances with one value, the other, and both; as many again carry neither."""
    n = n_red + n_blue + n_both
    has = np.zeros((2 * n, 4), bool)
    has[: n_red + n_both, columns[0]] = True
    has[n_red:n, columns[1]] = True
    ids = pd.Index([f"q{i}" for i in range(2 * n)])
    return LabelMatrix.from_positions(*has.nonzero(), instance_ids=ids, label_ids=IDS)


def tolerance(given: LabelMatrix, most_lift: float = 0.1) -> np.ndarray:
    every = np.ones(given.n_given, bool)
    return exclusive_tolerance(given, CODES, every, most_lift=most_lift)


def test_tolerance_is_the_couples_seen_and_one_against_those_of_chance() -> None:
    found = tolerance(shop(150, 149, 1))
    # 151 red and 150 blue on 300 that carry a colour.
    assert found[0] == pytest.approx((1 + 1) / (151 * 150 / 300))


@pytest.mark.parametrize(
    ("n", "n_both", "exclusive"), [(3, 0, False), (100, 0, True), (90, 10, False)]
)
def test_few_pairs_and_values_that_stand_together_exclude_nothing(n, n_both, exclusive) -> None:
    assert np.isfinite(tolerance(shop(n, n, n_both))[0]) == exclusive


def test_without_a_lift_only_known_attributes_are_exclusive() -> None:
    given = shop(3, 3, 1)
    found = ExclusiveLabels.of(given, LABELS, NO_PARENTS, known=["Color"], most_lift=0)
    assert found.attributes.tolist() == [0, 0, -1, -1]


def test_two_exclusive_values_on_an_instance_are_a_conflict_and_told() -> None:
    given = shop(150, 149, 1)
    found = exclusive_values(given, ExclusiveLabels.of(given, LABELS, NO_PARENTS))
    assert (found.first.rows.tolist(), found.second.rows.tolist()) == ([150], [150])
    assert found.tell(0, True) == "Color: Red and Color: Blue exclude each other"


def test_a_value_and_the_one_above_it_do_not_exclude_each_other() -> None:
    given, parents = shop(150, 149, 1), np.array([-1, 0, -1, -1])
    assert not len(exclusive_values(given, ExclusiveLabels.of(given, LABELS, parents)))


@settings(deadline=None)
@drawn(keys=st.lists(st.integers(0, 3), max_size=12))
def test_couples_are_all_of_the_same_key(keys) -> None:
    from workbench.issues.exclusive import _couples

    one, other = _couples(np.array(keys, np.int64))
    found = sorted(tuple(sorted(pair)) for pair in zip(one.tolist(), other.tolist(), strict=True))
    every = [(i, j) for i in range(len(keys)) for j in range(i + 1, len(keys))]
    assert found == [(i, j) for i, j in every if keys[i] == keys[j]]


def test_given_values_exclude_one_that_is_not_given() -> None:
    given = shop(100, 100, 0)
    exclusive = ExclusiveLabels.of(given, LABELS, NO_PARENTS)
    absent = Pairs(np.array([0, 0, 399]), np.array([1, 2, 0]), np.zeros(3, bool))
    pair, place = given_rivals(given, exclusive, NO_PARENTS, absent)
    assert (pair.tolist(), given.values.indices[place].tolist()) == ([0], [0])

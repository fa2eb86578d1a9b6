from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from workbench.issues.conflicts import Conflicts, Doubts, weigh_conflicts
from workbench.issues.pairs import Pairs


def conflict(columns: list[int], others: list[int], tolerance: float, may: bool = True):
    def side(labels: list[int]) -> Pairs:
        n = len(labels)
        return Pairs(np.zeros(n, np.int64), np.array(labels), np.ones(n, bool))

    n = len(columns)
    may_doubt = np.tile([True, may], (n, 1))
    rates = np.full(n, tolerance)
    return Conflicts("rule", side(columns), side(others), rates, lambda *_: "", may_doubt)


def weigh(q: float, r: float, tolerance: float = 0.0, may: bool = True) -> Doubts:
    qualities = [np.array([[q], [r]])]
    return weigh_conflicts([conflict([0], [1], tolerance, may)], qualities)[0]


def test_the_less_likely_side_is_the_issue_with_its_chance_given_that_not_both_are_right() -> None:
    found = weigh(0.5, 0.9)
    assert found.of_first.tolist() == [True]
    assert found.quality[0] == pytest.approx(0.5 * 0.1 / (1 - 0.5 * 0.9))


def test_both_sides_are_issues_where_both_are_unlikely() -> None:
    assert weigh(0.6, 0.6).of_first.tolist() == [True, False]


def test_a_rule_that_says_nothing_finds_nothing() -> None:
    assert not len(weigh(0.9, 0.9, tolerance=1.0).quality)


def test_sides_that_are_both_sure_outweigh_a_rule_with_exceptions() -> None:
    assert not len(weigh(0.999, 0.999, tolerance=0.1).quality)
    assert len(weigh(0.9, 0.9, tolerance=0.1).quality)


def test_a_side_that_may_not_be_doubted_is_no_issue() -> None:
    assert weigh(0.9, 0.5, may=False).of_first.tolist() == [True]


def test_conflicts_of_one_pair_add_up() -> None:
    part = conflict([0, 0], [1, 2], 0.0)
    found = weigh_conflicts([part], [np.array([[0.8, 0.8], [0.9, 0.9]])])[0]
    odds = 0.8 / 0.2 * (1 - 0.9) * (1 - 0.9)
    assert found.quality[found.of_first] == pytest.approx(odds / (1 + odds))


def test_conflicts_of_one_pair_add_up_over_rules() -> None:
    parts = [conflict([0], [1], 0.0), conflict([0], [2], 0.0)]
    found = weigh_conflicts(parts, [np.array([[0.8], [0.9]])] * 2)
    odds = 0.8 / 0.2 * (1 - 0.9) * (1 - 0.9)
    assert found[1].quality[0] == pytest.approx(odds / (1 + odds))


@settings(deadline=None)
@drawn(q=st.floats(0.01, 0.99), r=st.floats(0.01, 0.99), t=st.floats(0, 1))
def test_quality_is_that_of_a_table_of_the_four_states(q: float, r: float, t: float) -> None:
    right, first, second = t * q * r, q * (1 - r), (1 - q) * r
    total = right + first + second + (1 - q) * (1 - r)
    for is_first, quality in zip(*(lambda d: (d.of_first, d.quality))(weigh(q, r, t)), strict=True):
        assert quality == pytest.approx((right + (first if is_first else second)) / total)


def test_no_conflicts_make_no_doubts() -> None:
    found = weigh_conflicts([conflict([], [], 0.0)], [np.empty((2, 0))])
    assert not len(found[0].quality)

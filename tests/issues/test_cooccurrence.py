from __future__ import annotations

import numpy as np
import pytest

from workbench.issues.cooccurrence import cooccurrence_log_lift, count_together
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix

ATTRIBUTES = np.array([0, 0, 1, 1, -1])


def log_lift(given: LabelMatrix, row: int, column: int, **options: object) -> float:
    is_given = bool(given.values.toarray()[row, column])
    pairs = Pairs(np.array([row]), np.array([column]), np.array([is_given]))
    return float(cooccurrence_log_lift(given, count_together(given), pairs, **options)[0])


def test_pair_that_is_not_given_compares_counts_with_chance(given: LabelMatrix) -> None:
    # 'red shoes' carries Red only: one of 6 is Nike and Red, and 2 * 2 / 6 are expected.
    assert log_lift(given, 2, 0) == pytest.approx(np.log((1 + 0.5) / (2 * 2 / 6 + 0.5)))


def test_given_pair_takes_itself_out_of_every_count(given: LabelMatrix) -> None:
    # 'nike red': without it nobody is Nike and Red, and Nike is given once.
    assert log_lift(given, 1, 0) == pytest.approx(np.log((0 + 0.5) / (1 * 2 / 6 + 0.5)))


def test_evidence_of_two_labels_is_divided_by_root_two(given: LabelMatrix) -> None:
    blue, size = np.log((0 + 0.5) / (2 * 2 / 6 + 0.5)), np.log((0 + 0.5) / (2 * 1 / 6 + 0.5))
    adidas = np.log((0 + 0.5) / (2 * 1 / 6 + 0.5))
    assert log_lift(given, 0, 0) == pytest.approx((blue + size + adidas) / np.sqrt(3))
    assert log_lift(given, 0, 0, attributes=ATTRIBUTES) == pytest.approx((blue + size) / np.sqrt(2))


def test_instance_without_other_labels_says_nothing(given: LabelMatrix) -> None:
    assert log_lift(given, 5, 0) == 0
    assert log_lift(given, 2, 3) == 0


def test_own_state_of_a_pair_does_not_matter(given: LabelMatrix) -> None:
    values = given.values.toarray()
    values[1, 0] = False
    rows, columns = np.nonzero(values)
    without = LabelMatrix.from_positions(
        rows, columns, instance_ids=given.instance_ids, label_ids=given.label_ids
    )
    assert log_lift(given, 1, 0) == pytest.approx(log_lift(without, 1, 0))

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.issues.hierarchy import lines_of, missing_parents, parents_of, without_ancestors
from workbench.matrices import LabelMatrix

LABELS = pd.Index(["Shoes", "Boots", "Rain Boots", "Red"])
TABLE = pd.DataFrame({"label_id": LABELS, "parent_id": [None, "Shoes", "Boots", None]})
PARENTS = np.array([-1, 0, 1, -1])


def carrying(*rows: list[int]) -> LabelMatrix:
    row = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    ids = pd.Index([f"q{i}" for i in range(len(rows))])
    columns = np.array([c for r in rows for c in r], np.int64)
    return LabelMatrix.from_positions(row, columns, instance_ids=ids, label_ids=LABELS)


def test_parents_are_found_by_id() -> None:
    assert parents_of(TABLE, LABELS).tolist() == PARENTS.tolist()
    assert parents_of(TABLE.drop(columns="parent_id"), LABELS).tolist() == [-1] * 4
    assert parents_of(None, LABELS).tolist() == [-1] * 4


def test_a_parent_that_is_no_label_is_none() -> None:
    assert parents_of(TABLE.assign(parent_id="Things"), LABELS).tolist() == [-1] * 4


@pytest.mark.parametrize("above", [["Shoes"] * 4, ["Boots", "Shoes", None, None]])
def test_parents_in_a_circle_are_refused(above) -> None:
    with pytest.raises(InputError, match="run in a circle"):
        parents_of(TABLE.assign(parent_id=above), LABELS)


def test_a_label_above_another_of_its_instance_is_not_lowest() -> None:
    given = carrying([0, 1, 3], [0, 2], [1])
    assert without_ancestors(given, PARENTS).tolist() == [False, True, True, False, True, True]


def test_every_missing_label_above_is_found_once_with_the_nearest_label_below() -> None:
    found = missing_parents(carrying([2], [0, 1, 2], [], [1, 2]), PARENTS)
    couples = zip(found.second.rows, found.second.columns, found.first.columns, strict=True)
    # q0 lacks Shoes and Boots, which Rain Boots implies; q3 lacks Shoes, nearest to Boots.
    assert list(couples) == [(0, 0, 2), (0, 1, 2), (3, 0, 1)]
    assert found.first.given.all()
    assert not found.second.given.any()


def test_both_sides_of_a_missing_parent_are_told() -> None:
    found = missing_parents(carrying([1]), PARENTS)
    assert found.tell(0, True) == "Shoes, which it implies, is not given"
    assert found.tell(0, False) == "Boots is given, which implies it"


def test_lines_hold_ancestors_descendants_and_the_label_itself() -> None:
    above = [[0, 1, 2], [0, 1, 2], [0, 1, 2], [3]]
    assert [row.nonzero()[0].tolist() for row in lines_of(PARENTS).toarray()] == above


def test_the_chance_that_a_parent_is_rightly_absent_is_told_by_the_other_instances() -> None:
    found = missing_parents(carrying([1], [0, 1], [0, 1]), PARENTS)
    assert found.second_prior.tolist() == [pytest.approx(1 - (2 + 1) / (3 + 2))]

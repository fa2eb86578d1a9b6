from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.issues.applicability import inapplicable_attributes
from workbench.matrices import LabelMatrix
from workbench.signals.taxonomy import taxonomy_from_paths

TAXONOMY = taxonomy_from_paths(["Shoes > Boots", "Phones"])
IDS = pd.Index(["Category: Shoes", "Category: Shoes > Boots", "Category: Phones", "Size: 26"])
LABELS = pd.DataFrame({"label_id": IDS, "attribute": ["Category"] * 3 + ["Size"]})
ON_SHOES = pd.DataFrame({"attribute": ["Size"], "category_id": ["Category: Shoes"]})


def conflicts(*rows: list[int], applicability: pd.DataFrame = ON_SHOES):
    row = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    given = LabelMatrix.from_positions(
        row,
        np.concatenate(rows).astype(np.int64),
        instance_ids=pd.Index([f"q{i}" for i in range(len(rows))]),
        label_ids=IDS,
    )
    every = np.ones(given.n_given, bool)
    return inapplicable_attributes(given, LABELS, TAXONOMY, applicability, every)


def test_an_attribute_out_of_place_contradicts_the_category() -> None:
    found = conflicts([2, 3])
    assert (found.first.columns.tolist(), found.second.columns.tolist()) == ([3], [2])
    assert found.tell(0, True) == "Size does not apply to Category: Phones"
    assert found.tell(0, False) == (
        "Size does not apply to Category: Phones, yet Size: 26 is given"
    )


def test_an_attribute_applies_below_its_category_and_where_no_category_is_given() -> None:
    assert not len(conflicts([0, 1, 3], [3], []))


def test_an_attribute_that_the_table_does_not_name_applies_everywhere() -> None:
    nothing = ON_SHOES.iloc[:0]
    assert not len(conflicts([2, 3], applicability=nothing))


def test_an_attribute_that_is_often_elsewhere_is_tolerated_there() -> None:
    assert conflicts([2, 3], [0, 3]).tolerance.tolist() == [1 / 2]
    assert conflicts([2, 3], *[[0, 3]] * 99).tolerance.tolist() == [0.05]

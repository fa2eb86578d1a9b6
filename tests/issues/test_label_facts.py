from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.issues.label_facts import LabelFacts
from workbench.matrices import LabelMatrix

LABELS = pd.DataFrame(
    {
        "label_id": ["Color: Red", "Color: Blue", "Brand: Nike", "Brand: adidas"],
        "attribute": ["Color", "Color", "Brand", "Brand"],
        "value": ["Red", "Blue", "Nike", "adidas"],
    }
)


def test_facts_follow_the_label_axis_and_leave_gaps(given: LabelMatrix) -> None:
    facts = LabelFacts.of(LABELS, given.label_ids)
    assert facts.attributes.tolist() == [0, 0, 1, 1, -1]
    assert facts.values is not None
    assert facts.values.tolist() == ["Nike", "adidas", "Blue", "Red", ""]


def test_labels_without_attribute_are_a_group_of_their_own(given: LabelMatrix) -> None:
    assert LabelFacts.of(LABELS, given.label_ids).groups().tolist() == [0, 0, 1, 1, 2]
    assert LabelFacts.of(None, given.label_ids).groups().tolist() == [0] * 5


def test_attribute_with_several_values_an_instance_is_not_exclusive(given: LabelMatrix) -> None:
    facts = LabelFacts(np.array([0, 1, 1, 0, 1]), None)
    # Attribute 1 has two values or more on one of its two instances, attribute 0 on one of three.
    assert facts.exclusive_attributes(given, most_shared=0.4).tolist() == [0, -1, -1, 0, -1]


def test_no_attribute_is_exclusive_where_there_is_none(given: LabelMatrix) -> None:
    facts = LabelFacts.of(None, given.label_ids)
    assert facts.exclusive_attributes(given).tolist() == [-1] * 5


def test_missing_column_and_repeated_label_are_named(given: LabelMatrix) -> None:
    with pytest.raises(InputError, match=r"\['value'\] not found"):
        LabelFacts.of(LABELS.drop(columns="value"), given.label_ids)
    with pytest.raises(InputError, match=r"1 labels appear more than once: .*Color: Red"):
        LabelFacts.of(pd.concat([LABELS, LABELS[:1]]), given.label_ids)

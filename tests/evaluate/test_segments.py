import numpy as np
import pandas as pd

from workbench.evaluate.segments import (
    MAX_SEGMENTS,
    branches_of_labels,
    segment_by_attribute,
    segment_by_branch,
)
from workbench.matrices import LabelMatrix


def truth_of(pairs, n_instances, n_labels):
    rows, columns = map(np.array, zip(*pairs, strict=True))
    return LabelMatrix.from_positions(
        rows,
        columns,
        instance_ids=pd.Index([f"q{n}" for n in range(n_instances)]),
        label_ids=pd.Index([f"label {n}" for n in range(n_labels)]),
    )


def test_small_attributes_are_taken_together():
    truth = truth_of([(0, 0), (1, 0), (2, 1), (3, 2)], 4, 3)
    found = segment_by_attribute(truth, ["Color", "Size", "Gender"], min_instances=2)
    assert [(one.name, one.n_pooled, one.rows.tolist()) for one in found.segments] == [
        ("Color", 1, [0, 1]),
        ("", 2, [2, 3]),
    ]
    assert found.segments[1].columns.tolist() == [1, 2]


def test_what_is_too_small_even_together_is_counted():
    truth = truth_of([(0, 0), (1, 0), (2, 1)], 3, 3)
    found = segment_by_attribute(truth, ["Color", "Size", "Gender"], min_instances=2)
    assert [one.name for one in found.segments] == ["Color"]
    assert (found.n_small, found.n_without) == (1, 1)


def test_labels_without_an_attribute_are_a_segment():
    truth = truth_of([(0, 0), (1, 1)], 2, 2)
    found = segment_by_attribute(truth, ["Color", None], min_instances=1)
    assert [(one.name, one.n_pooled) for one in found.segments] == [("Color", 1), ("", 0)]


def test_a_single_attribute_is_no_segmentation():
    truth = truth_of([(0, 0), (1, 1)], 2, 2)
    assert segment_by_attribute(truth, [None, None]).segments == ()


def test_attributes_beyond_the_largest_are_taken_together():
    n = MAX_SEGMENTS + 5
    truth = truth_of([(i, i) for i in range(n)], n, n)
    found = segment_by_attribute(truth, [f"a{i}" for i in range(n)], min_instances=1)
    assert len(found.segments) == MAX_SEGMENTS + 1
    assert found.segments[-1].n_pooled == 5


def test_a_branch_holds_instances_with_a_label_anywhere_below_it():
    # 0 > 1 > 2 and 3 > 4; 5 stands alone.
    parents = np.array([-1, 0, 1, -1, 3, -1])
    truth = truth_of([(0, 2), (0, 4), (1, 3), (2, 5)], 3, 6)
    found = segment_by_branch(truth, parents, min_instances=1)
    assert [(one.name, one.n_pooled, one.rows.tolist()) for one in found.segments] == [
        ("label 3", 1, [0, 1]),
        ("label 0", 1, [0]),
        ("", 0, [2]),
    ]


def test_without_a_taxonomy_there_are_no_branches():
    truth = truth_of([(0, 0), (1, 1)], 2, 2)
    assert segment_by_branch(truth, np.array([-1, -1]), min_instances=1).segments == ()


def test_parents_that_run_in_a_circle_are_no_branch():
    assert branches_of_labels(np.array([1, 0, -1, 2])).tolist() == [-1, -1, 2, 2]

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from workbench.model.clustering import build_label_tree
from workbench.model.label_tree import LabelTree
from workbench.model.positives import positives_of_levels


def test_a_row_carries_a_cluster_with_the_highest_confidence_of_its_labels():
    Y = random_array((50, 40), density=0.2, rng=0, format="csr").astype(np.float32)
    features = csr_array(random_array((40, 20), density=0.3, rng=1, dtype=np.float32))
    tree = build_label_tree(features, branching=3, leaf_size=5, seed=0)
    assert tree.n_levels > 2
    dense = Y.toarray()
    of_levels = positives_of_levels(csr_array(Y), tree, n_jobs=1)
    paths = tree.paths(np.arange(40))
    for found, path in zip(of_levels, paths, strict=True):
        n_children = path[:, 1].max() + 1
        expected = np.zeros((50, n_children), np.float32)
        for label, child in enumerate(path[:, 1]):
            expected[:, child] = np.maximum(expected[:, child], dense[:, label])
        shape = (n_children, 50)
        carried = csr_array((found.confidence, found.rows, found.indptr), shape=shape)
        assert carried.has_sorted_indices
        np.testing.assert_array_equal(carried.toarray().T, expected)


def test_more_children_than_the_cache_holds_are_found_in_groups():
    Y = random_array((300, 5000), density=0.01, rng=0, format="csr").astype(np.float32)
    (found,) = positives_of_levels(csr_array(Y), LabelTree.single_cluster(5000), n_jobs=1)
    carried = csr_array((found.confidence, found.rows, found.indptr), shape=(5000, 300))
    assert carried.has_sorted_indices
    np.testing.assert_array_equal(carried.toarray().T, Y.toarray())


def prints_of(Y, row_prints):
    tree = LabelTree.single_cluster(Y.shape[1])
    (found,) = positives_of_levels(csr_array(Y, dtype=np.float32), tree, row_prints, n_jobs=1)
    return found.prints


ROWS = np.array([11, 12, 13, 14], np.uint64)
GIVEN = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0.5], [1, 0, 0]])


@pytest.mark.parametrize(
    ("row", "child", "value"), [(2, 0, 1), (1, 0, 0), (2, 2, 0.25)], ids=["came", "left", "surer"]
)
def test_what_changes_a_child_changes_its_print_alone(row, child, value):
    changed = GIVEN.copy()
    changed[row, child] = value
    is_same = prints_of(GIVEN, ROWS) == prints_of(changed, ROWS)
    assert is_same.tolist() == [other != child for other in range(3)]


def test_rows_that_do_not_carry_a_child_leave_its_print():
    more = np.insert(GIVEN, 1, [0, 1, 0], axis=0)
    is_same = prints_of(GIVEN, ROWS) == prints_of(more, np.insert(ROWS, 1, 99))
    assert is_same.tolist() == [True, False, True]


def test_the_order_of_rows_is_part_of_a_print():
    is_same = prints_of(GIVEN, ROWS) == prints_of(GIVEN[::-1], ROWS[::-1])
    assert is_same.tolist() == [False, False, True]


def test_a_label_that_joins_others_of_its_cluster_leaves_the_print_of_the_cluster():
    tree = LabelTree((np.array([0, 2]), np.array([0, 2, 3])), np.arange(3))
    joined = GIVEN.copy()
    joined[1, 1] = 0.5  # that row carries the cluster already, and more surely
    before, after = (
        positives_of_levels(csr_array(Y, dtype=np.float32), tree, ROWS, n_jobs=1)
        for Y in (GIVEN, joined)
    )
    np.testing.assert_array_equal(before[0].prints, after[0].prints)
    assert (before[1].prints == after[1].prints).tolist() == [True, False, True]

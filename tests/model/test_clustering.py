import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array
from sklearn.preprocessing import normalize

from workbench.model.clustering import build_label_tree, place_labels
from workbench.model.label_tree import LabelTree


def describe(n_labels, *, density=0.2, seed=0):
    features = random_array((n_labels, 30), density=density, rng=seed, dtype=np.float32)
    return csr_array(normalize(features.tocsr()))


def build(n_labels, *, branching=16, leaf_size=100, density=0.2, seed=0, n_jobs=1):
    return build_label_tree(
        describe(n_labels, density=density, seed=seed),
        branching=branching,
        leaf_size=leaf_size,
        seed=seed,
        n_jobs=n_jobs,
    )


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(2, 20), st.integers(1, 40), st.sampled_from([0, 0.2]))
def test_every_label_is_in_one_leaf_and_no_node_is_too_wide(n, branching, leaf_size, density):
    tree = build(n, branching=branching, leaf_size=leaf_size, density=density)
    assert sorted(tree.label_order) == list(range(n))
    for level, pointers in enumerate(tree.child_ptr):
        widest = leaf_size if level == tree.n_levels - 1 else branching
        assert 1 <= np.diff(pointers).min() <= np.diff(pointers).max() <= widest
        if level:
            assert len(pointers) - 1 == tree.child_ptr[level - 1][-1]


def test_leaves_have_sizes_that_fill_the_lanes():
    sizes = np.diff(build(1000, leaf_size=100).child_ptr[-1])
    assert (sizes % 16 == 0).sum() >= len(sizes) - 1
    assert sizes.max() - sizes.min() <= 16 + 15


def test_few_labels_make_one_cluster_in_their_order():
    tree = build(12, leaf_size=100)
    assert tree.n_levels == 1
    assert tree.label_order.tolist() == list(range(12))


def test_similar_labels_share_a_leaf():
    topic = np.repeat(np.eye(4, dtype=np.float32), 6, axis=0)[
        np.random.default_rng(1).permutation(24)
    ]
    tree = build_label_tree(csr_array(topic), branching=4, leaf_size=6, seed=0)
    leaves = np.split(tree.label_order, tree.child_ptr[-1][1:-1])
    assert all(len(np.unique(topic[leaf].argmax(axis=1))) == 1 for leaf in leaves)


def test_the_same_seed_gives_the_same_tree():
    one, other = build(200, leaf_size=10, seed=5), build(200, leaf_size=10, seed=5)
    np.testing.assert_array_equal(one.label_order, other.label_order)


def test_the_number_of_threads_does_not_change_the_tree():
    one, two = build(300, leaf_size=10), build(300, leaf_size=10, n_jobs=2)
    np.testing.assert_array_equal(one.label_order, two.label_order)


def leaf_of(tree, labels):
    return np.searchsorted(tree.child_ptr[-1], tree.position_of_label[labels], side="right") - 1


def most_similar_leaf(tree, known, label):
    """The definition: from the root on, the child whose labels' sum of features is closest."""
    node = 0
    for level, pointers in enumerate(tree.child_ptr[:-1]):
        of_known = np.column_stack(tree.paths(np.arange(tree.n_labels))[level].T)[:, 1]
        children = range(pointers[node], pointers[node + 1])
        sums = np.stack([known[of_known == child].sum(axis=0) for child in children])
        node = children[np.argmax(sums @ label / np.linalg.norm(sums, axis=1))]
    return node


def test_further_labels_descend_to_the_most_similar_leaf():
    features = describe(300, density=0.3)
    known = features[:200].toarray()
    tree = build_label_tree(features[:200], branching=4, leaf_size=8, seed=0)
    assert tree.n_levels == 4
    leaves = leaf_of(place_labels(tree, features, leaf_size=1000), np.arange(200, 300))
    expected = [most_similar_leaf(tree, known, new) for new in features[200:].toarray()]
    assert len(set(expected)) > 15
    assert leaves.tolist() == expected


def test_further_labels_leave_the_others_in_place():
    features = describe(300)
    tree = build_label_tree(features[:200], branching=4, leaf_size=8, seed=0)
    placed = place_labels(tree, features, leaf_size=8)
    old = placed.label_order[placed.label_order < 200]
    np.testing.assert_array_equal(old, tree.label_order)
    np.testing.assert_array_equal(leaf_of(placed, np.arange(200)), leaf_of(tree, np.arange(200)))


def place(sizes, *, n_new, leaf_size=None):
    """Return the sizes of leaves after further labels, all of which are most like leaf 0."""
    topic = np.eye(len(sizes), dtype=np.float32)
    leaf = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.zeros(n_new, int)])
    last = np.cumsum([0, *sizes])
    levels = (np.array([0, len(sizes)]), last) if len(sizes) > 1 else (last,)
    tree = LabelTree(levels, np.arange(sum(sizes)))
    placed = place_labels(tree, csr_array(topic[leaf]), leaf_size=leaf_size)
    return np.diff(placed.child_ptr[-1]).tolist()


def test_a_leaf_doubles_before_labels_go_to_the_smallest(caplog):
    assert place([5, 4, 3], n_new=5, leaf_size=5) == [10, 4, 3]
    assert place([5, 4, 3], n_new=8, leaf_size=5) == [10, 5, 5]
    assert place([5, 4, 3], n_new=18, leaf_size=5) == [10, 10, 10]
    assert caplog.text == ""


def test_a_small_leaf_grows_to_twice_the_size_that_leaves_may_have(caplog):
    assert place([3], n_new=150, leaf_size=100) == [153]
    assert caplog.text == ""


def test_leaves_that_are_all_full_grow_evenly_and_the_log_says_so(caplog):
    with caplog.at_level(logging.WARNING):
        assert place([5, 4, 3], n_new=22, leaf_size=5) == [12, 11, 11]
    assert "34 labels: its 3 leaves of at most 5 labels" in caplog.text
    assert "the largest has 12 now" in caplog.text
    assert "train without reuse" in caplog.text


def test_a_second_reuse_does_not_double_leaves_again(caplog):
    assert place([10, 4, 3], n_new=5, leaf_size=5) == [10, 6, 6]
    assert caplog.text == ""


@pytest.mark.parametrize(("sizes", "expected"), [([5, 4, 3], [10, 5, 5]), ([3], [11])])
def test_of_unknown_size_leaves_take_twice_the_largest_and_a_single_one_takes_all(sizes, expected):
    assert place(sizes, n_new=8) == expected


def test_labels_of_which_nothing_is_known_go_to_the_smallest_leaves():
    tree = LabelTree((np.array([0, 3]), np.array([0, 5, 9, 12])), np.arange(12))
    features = np.zeros((17, 2), np.float32)
    features[:12, 0] = 1
    placed = place_labels(tree, csr_array(features), leaf_size=5)
    assert leaf_of(placed, np.arange(12, 17)).tolist() == [2, 1, 2, 0, 1]

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array
from sklearn.preprocessing import normalize

from workbench.model.clustering import build_label_tree, place_labels
from workbench.model.label_tree import LabelTree


def build(n_labels, *, branching=16, leaf_size=100, density=0.2, seed=0, n_jobs=1):
    features = random_array((n_labels, 30), density=density, rng=seed, dtype=np.float32)
    return build_label_tree(
        csr_array(normalize(features.tocsr())),
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


def test_new_labels_go_down_to_the_closest_child_of_each_node():
    features = random_array((260, 30), density=0.3, rng=4, dtype=np.float32, format="csr")
    features = csr_array(normalize(features))
    tree = build_label_tree(features[:200], branching=4, leaf_size=8, seed=0)
    assert tree.n_levels == 4
    grown = place_labels(tree, features, room=1000)
    dense = features.toarray()
    for label in range(200, 260):
        node = 0
        for level in range(tree.n_levels - 1):
            children = range(*tree.child_ptr[level][node : node + 2])
            below = [tree.paths(np.arange(200))[level][:, 1] == child for child in children]
            centres = normalize([dense[:200][labels].sum(axis=0) for labels in below])
            node = children[np.argmax(centres @ dense[label])]
        assert grown.paths(np.array([label]))[-1][0, 0] == node


def test_more_new_labels_than_there_is_room_for_are_spread_and_reported(caplog):
    features = random_array((300, 30), density=0.3, rng=4, dtype=np.float32, format="csr")
    tree = build_label_tree(features[:100], branching=4, leaf_size=10, seed=0)
    with caplog.at_level("WARNING"):
        sizes = np.diff(place_labels(tree, features[:190], room=20).child_ptr[-1])
    assert sizes.max() <= 20
    assert not caplog.records
    with caplog.at_level("WARNING"):
        sizes = np.diff(place_labels(tree, features, room=20).child_ptr[-1])
    assert sizes.max() - sizes.min() <= 1
    assert "200 new labels" in caplog.text
    assert f"the largest now has {sizes.max()} labels" in caplog.text


def sizes_after(sizes, new, *, room):
    """Return the sizes of leaves, each of a topic of its own, after labels of some topics."""
    leaf = np.repeat(np.arange(len(sizes)), sizes)
    features = np.vstack([np.eye(len(sizes))[leaf], new]).astype(np.float32)
    last = np.cumsum([0, *sizes])
    levels = (np.array([0, len(sizes)]), last) if len(sizes) > 1 else (last,)
    tree = LabelTree(levels, np.arange(len(leaf)))
    return np.diff(place_labels(tree, csr_array(features), room=room).child_ptr[-1]).tolist()


@pytest.mark.parametrize(
    ("sizes", "n_new", "room", "expected"),
    [
        ([5, 4, 3], 5, 10, [10, 4, 3]),
        ([5, 4, 3], 8, 10, [10, 5, 5]),
        ([5, 4, 3], 18, 10, [10, 10, 10]),
        ([10, 4, 3], 5, 10, [10, 6, 6]),  # a second reuse does not double leaves again
        ([3], 150, 200, [153]),
        ([14, 3], 3, 10, [14, 6]),  # full from an earlier reuse
    ],
)
def test_a_leaf_grows_until_it_is_full_and_then_the_smallest(sizes, n_new, room, expected, caplog):
    first_topic = np.tile(np.eye(len(sizes))[0], (n_new, 1))
    assert sizes_after(sizes, first_topic, room=room) == expected
    assert caplog.text == ""


def test_of_equally_close_leaves_the_first_takes_a_label():
    assert sizes_after([5, 4, 3], [[1, 1, 0], [0, 1, 1]], room=10) == [6, 5, 3]


def test_labels_of_which_nothing_is_known_go_to_the_smallest_leaves():
    assert sizes_after([5, 4, 3], np.zeros((5, 3)), room=10) == [6, 6, 5]


def test_a_single_leaf_without_room_grows_and_the_log_says_so(caplog):
    assert sizes_after([3], np.ones((150, 1)), room=100) == [153]
    assert "150 new labels" in caplog.text
    assert "train without reuse" in caplog.text

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array
from sklearn.preprocessing import normalize

from workbench.model.label_tree import LabelTree, build_label_tree, label_features


def build(n_labels, *, branching=16, leaf_size=100, density=0.2, seed=0):
    features = random_array((n_labels, 30), density=density, rng=seed, dtype=np.float32)
    return build_label_tree(
        csr_array(normalize(features.tocsr())),
        branching=branching,
        leaf_size=leaf_size,
        rng=np.random.default_rng(seed),
    )


def test_label_features_are_normalised_means_of_positive_rows():
    X = csr_array(np.float32([[1, 0, 0], [0, 1, 0], [0, 0, 1]]))
    Y = csr_array(np.float32([[1, 0, 1], [1, 0, 0], [0, 0, 0]]))
    half = 1 / np.sqrt(2)
    expected = [[half, half, 0], [0, 0, 0], [1, 0, 0]]
    np.testing.assert_allclose(label_features(X, Y).toarray(), expected, rtol=1e-6)


def test_of_a_wide_label_the_strongest_features_stay():
    strength = np.float32(np.arange(1, 201))
    kept = label_features(csr_array(strength[np.newaxis]), csr_array(np.float32([[1]])))
    assert kept.indices.tolist() == list(range(72, 200))
    assert np.linalg.norm(kept.data) == pytest.approx(1, abs=1e-6)


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
    tree = build_label_tree(
        csr_array(topic), branching=4, leaf_size=6, rng=np.random.default_rng(0)
    )
    leaves = np.split(tree.label_order, tree.child_ptr[-1][1:-1])
    assert all(len(np.unique(topic[leaf].argmax(axis=1))) == 1 for leaf in leaves)


def test_path_leads_from_the_root_to_the_label():
    tree = LabelTree((np.array([0, 2]), np.array([0, 1, 3])), np.array([2, 0, 1]))
    steps = tree.paths(np.array([2, 1]))
    assert steps[0].tolist() == [[0, 0], [0, 1]]  # at the root to node 0 and node 1
    assert steps[1].tolist() == [[0, 0], [1, 2]]  # there to positions 0 and 2


def test_the_same_seed_gives_the_same_tree():
    one, other = build(200, leaf_size=10, seed=5), build(200, leaf_size=10, seed=5)
    np.testing.assert_array_equal(one.label_order, other.label_order)

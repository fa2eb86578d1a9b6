import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.svm import LinearSVC

from workbench.model import ClusteredOVR, OneVsRest

TREE = {"branching": 4, "leaf_size": 5, "n_jobs": 1}


def logistic(margin):
    return np.exp(-4 * np.maximum(-margin, 0) ** 3) / (1 + np.exp(-4 * margin))


def test_one_leaf_is_one_vs_rest(world):
    X, Y = world
    leaf = ClusteredOVR(leaf_size=40, n_jobs=1).fit(X, Y).predict(X, k=40)
    rest = OneVsRest(n_jobs=1).fit(X, Y).predict(X, k=40)
    np.testing.assert_array_equal(leaf.toarray(), rest.toarray())


def test_a_beam_over_all_clusters_is_exhaustive(world):
    X, Y = world
    model = ClusteredOVR(**TREE, beam=100).fit(X, Y)
    rows, columns = np.indices(Y.shape).reshape(2, -1)
    every = model.score_pairs(X, rows, columns).reshape(Y.shape)
    np.testing.assert_array_equal(model.predict(X, k=40).toarray(), every)


def test_a_narrow_beam_finds_some_of_the_same_scores(world):
    X, Y = world
    found = ClusteredOVR(**TREE, beam=1).fit(X, Y).predict(X, k=40)
    wide = ClusteredOVR(**TREE, beam=100).fit(X, Y).predict(X, k=40)
    assert np.diff(found.indptr).max() <= 5
    np.testing.assert_array_equal(found.data, wide.toarray()[found.nonzero()])


@pytest.mark.parametrize("k", [1, 5, 20])
@pytest.mark.parametrize("scale", [1, 6])
def test_the_best_are_found_whatever_the_margins(scale, k):
    """Sure labels differ in the last digits of their scores only; several blocks, wide beams."""
    rng = np.random.default_rng(3)
    X = random_array((300, 60), density=0.2, rng=rng, format="csr", dtype=np.float32)
    Y = csr_array(random_array((300, 300), density=0.02, rng=rng, format="csr") > 0)
    model = ClusteredOVR(leaf_size=40, beam=100, n_jobs=1).fit(csr_array(X), Y)
    scaled = csr_array(X * np.float32(scale))
    rows, columns = np.indices(Y.shape).reshape(2, -1)
    every = model.score_pairs(scaled, rows, columns).reshape(Y.shape)
    found = model.predict(scaled, k=k).toarray()
    np.testing.assert_array_equal(np.sort(found, axis=1)[:, -k:], np.sort(every, axis=1)[:, -k:])


def test_three_trees_give_the_mean_of_their_scores(world):
    X, Y = world
    model = ClusteredOVR(**TREE, n_trees=3, beam=100).fit(X, Y)
    rows, columns = np.indices(Y.shape).reshape(2, -1)
    every = model.score_pairs(X, rows, columns).reshape(Y.shape)
    np.testing.assert_allclose(model.predict(X, k=40).toarray(), every, rtol=1e-5)
    orders = {tuple(trained.tree.label_order) for trained in model.trees_}
    assert len(orders) == 3


def test_each_classifier_learns_from_the_rows_of_its_cluster(world):
    """A twin by hand: liblinear on the rows of each cluster, and the product over the path."""
    X, Y = world
    strict = {"tolerance": 1e-4, "max_passes": 3000, "weight_threshold": 0}
    model = ClusteredOVR(branching=16, leaf_size=10, n_jobs=1, **strict).fit(X, Y)
    tree, given = model.trees_[0].tree, Y.toarray()
    assert tree.n_levels == 2
    label = int(tree.label_order[0])
    cluster = tree.label_order[: tree.child_ptr[1][1]]
    in_cluster = given[:, cluster].any(axis=1)
    svc = LinearSVC(tol=1e-8, max_iter=100_000)
    score = logistic(svc.fit(X, in_cluster).decision_function(X))
    leaf = svc.fit(X[np.flatnonzero(in_cluster)], given[in_cluster, label])
    score *= logistic(leaf.decision_function(X))
    found = model.score_pairs(X, range(240), [label] * 240)
    np.testing.assert_allclose(found, score, atol=1e-2)


def test_light_weights_are_dropped(world):
    X, Y = world
    model = ClusteredOVR(**TREE, weight_threshold=0.3).fit(X, Y)
    for level in model.trees_[0].levels:
        assert np.abs(level.weights).min() >= 0.3


@pytest.mark.parametrize("name", ["branching", "leaf_size", "n_trees", "beam"])
def test_tree_parameters_outside_their_range_are_refused(world, name):
    with pytest.raises(ValueError, match=name):
        ClusteredOVR(**{name: 0}).fit(*world)

"""What a trained block holds, seen through a fit of the small world."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.svm import LinearSVC

from workbench.model import ClusteredOVR, OneVsRest
from workbench.model.levels import unpack_block

EXACT = {"tolerance": 1e-4, "max_passes": 3000, "weight_threshold": 0, "n_jobs": 1}


def dense_weights(level, n_features):
    """Return the weights of every child of a level, shape (n_children, n_features)."""
    weights = np.zeros((len(level.bias), n_features), np.float32)
    for b, start in enumerate(level.block_start[:-1]):
        block = unpack_block(level, b)
        features = np.repeat(block.features, block.counts.astype(int) + 1)
        weights[start + block.children, features] = block.weights
    return weights


def test_a_row_counts_for_a_cluster_with_the_highest_confidence_of_its_labels(world):
    X, Y = world
    rng = np.random.default_rng(0)
    confident = csr_array((rng.choice([0.1, 0.5, 1.0], Y.nnz), Y.indices, Y.indptr), shape=Y.shape)
    row_weight = rng.choice([0.2, 1.0, 3.0], 240)
    model = ClusteredOVR(branching=16, leaf_size=10, **EXACT)
    trained = model.fit(X, confident, sample_weight=row_weight).trees_[0]
    clusters = trained.tree.paths(np.arange(40))[0][:, 1]
    weights = dense_weights(trained.levels[0], X.shape[1])
    for cluster in range(4):
        confidence = confident.toarray()[:, clusters == cluster].max(axis=1)
        cost = row_weight * np.where(confidence > 0, confidence, 1)
        svc = LinearSVC(tol=1e-8, max_iter=100_000).fit(X, confidence > 0, sample_weight=cost)
        np.testing.assert_allclose(weights[cluster], svc.coef_[0], atol=1e-2)
        np.testing.assert_allclose(trained.levels[0].bias[cluster], svc.intercept_[0], atol=1e-2)


@pytest.mark.parametrize("threshold", [0.05, 0.3])
def test_dropping_light_weights_leaves_the_others_as_they_are(world, threshold):
    X, Y = world
    whole, pruned = (
        OneVsRest(weight_threshold=least, n_jobs=1).fit(X, Y).trees_[0].levels[0]
        for least in (0, threshold)
    )
    weights = dense_weights(whole, X.shape[1])
    heavy = np.abs(weights) >= np.float32(threshold)
    assert 0 < heavy.sum() < np.count_nonzero(weights)
    np.testing.assert_array_equal(
        dense_weights(pruned, X.shape[1]), np.where(heavy, weights, np.float32(0))
    )
    np.testing.assert_array_equal(pruned.bias, whole.bias)


def test_a_weight_of_the_threshold_itself_stays(world):
    X, Y = world
    whole = OneVsRest(weight_threshold=0, n_jobs=1).fit(X, Y).trees_[0].levels[0]
    sizes = np.sort(np.abs(whole.weights))
    model = OneVsRest(weight_threshold=float(sizes[100]), n_jobs=1).fit(X, Y)
    assert np.abs(model.trees_[0].levels[0].weights).min() == sizes[100]


def test_a_label_that_no_row_carries_has_no_weights_and_never_scores(world):
    X, Y = world
    dense = Y.toarray()
    dense[:, [3, 20]] = False  # one in each group of sixteen
    level = OneVsRest(n_jobs=1).fit(X, csr_array(dense)).trees_[0].levels[0]
    np.testing.assert_array_equal(np.flatnonzero(np.isneginf(level.bias)), [3, 20])
    weights = dense_weights(level, X.shape[1])
    np.testing.assert_array_equal(np.flatnonzero(~weights.any(axis=1)), [3, 20])

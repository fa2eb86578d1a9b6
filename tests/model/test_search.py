"""A search finds what its definition says, for one row as for many."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.preprocessing import normalize

from workbench.model import ClusteredOVR, OneVsRest
from workbench.model.levels import unpack_block

N_FEATURES = 3000
KS = [1, 10, 16, 17, 40, 300]


@pytest.fixture(scope="module")
def many():
    """Rows over many features and 300 labels: blocks have thousands of features, some rows none."""
    rng = np.random.default_rng(3)
    X = random_array((400, N_FEATURES), density=0.01, rng=rng, dtype=np.float32, format="csr")
    X = csr_array(normalize(X)).astype(np.float32)
    X = csr_array(X.multiply((np.arange(400) % 50 > 0)[:, np.newaxis]).astype(np.float32))
    X.eliminate_zeros()
    Y = csr_array(random_array((400, 300), density=0.02, rng=rng, format="csr") > 0)
    return X, Y


def fit_model(kind, many):
    models = {
        "one tree": ClusteredOVR(leaf_size=40, branching=4, beam=5, weight_threshold=0),
        "wide beam": ClusteredOVR(leaf_size=8, branching=3, beam=20, weight_threshold=0),
        "wide leaf": ClusteredOVR(leaf_size=150, weight_threshold=0),
        "two trees": ClusteredOVR(leaf_size=40, branching=4, n_trees=2, weight_threshold=0),
        "one-vs-rest": OneVsRest(weight_threshold=0),
    }
    return models[kind].set_params(n_jobs=1).fit(*many)


@pytest.mark.parametrize("kind", ["one tree", "wide beam", "wide leaf", "two trees", "one-vs-rest"])
def test_a_row_alone_scores_as_among_others_to_the_last_bit(kind, many):
    X, model = many[0], fit_model(kind, many)
    assert np.diff(model.trees_[0].levels[0].feature_ptr).max() > 1000
    for k in KS:
        together = model.predict(X, k=k)
        for row in range(0, 400, 37):
            alone = model.predict(X[[row]], k=k)
            np.testing.assert_array_equal(alone.indices, together[[row]].indices)
            np.testing.assert_array_equal(alone.data, together[[row]].data)


@pytest.mark.parametrize("kind", ["one tree", "two trees", "one-vs-rest"])
def test_given_pairs_score_as_they_are_predicted(kind, many):
    X, model = many[0], fit_model(kind, many)
    best = model.predict(X, k=1).tocoo()
    scores = model.score_pairs(X, best.row, best.col)
    np.testing.assert_allclose(scores, best.data, rtol=1e-5)


@pytest.mark.parametrize("kind", ["one tree", "wide beam", "wide leaf", "one-vs-rest"])
@pytest.mark.parametrize("k", KS)
def test_the_best_are_those_of_a_plain_search(kind, k, many):
    X, model = many[0], fit_model(kind, many)
    beam, weights = getattr(model, "beam", 1), weights_of(model.trees_[0])
    found = model.predict(X[:60], k=k)
    for row in range(60):
        expected = search_plainly(model.trees_[0], weights, X[[row]].toarray()[0], beam, k)
        assert found[[row]].nnz == len(expected)
        scores = np.sort(found[[row]].data)[::-1]
        np.testing.assert_allclose(scores, np.sort(list(expected.values()))[::-1], rtol=1e-4)
        # Labels of all but equal scores may change places at the end of the list.
        lost = set(expected) - set(found[[row]].indices.tolist())
        assert all(expected[label] < scores[-1] * (1 + 1e-4) for label in lost)


def search_plainly(trained, weights_of_levels, x, beam, k):
    """Return the best k labels of one dense row with their scores, by the definition."""
    best = {0: 0.0}
    for level, weights in zip(trained.levels, weights_of_levels, strict=True):
        is_last = level is trained.levels[-1]
        children = {}
        for node, score in best.items():
            first, last = level.child_ptr[node : node + 2]
            margins = weights[first:last] @ x + level.bias[first:last]
            logs = -np.logaddexp(0, -4 * margins) - 4 * np.maximum(0, -margins) ** 3
            children |= dict(zip(range(first, last), score + logs, strict=True))
        order = sorted(children, key=children.get, reverse=True)[: k if is_last else beam]
        best = {child: children[child] for child in order if children[child] > -np.inf}
    scores = {int(trained.tree.label_order[c]): np.exp(s) for c, s in best.items()}
    return {label: score for label, score in scores.items() if np.float32(score) > 0}


def weights_of(trained):
    return [dense_weights(level) for level in trained.levels]


def dense_weights(level):
    weights = np.zeros((len(level.bias), N_FEATURES), np.float64)
    for block in range(len(level.block_start) - 1):
        packed = unpack_block(level, block)
        features = np.repeat(packed.features, packed.counts.astype(int) + 1)
        weights[level.block_start[block] + packed.children, features] = packed.weights
    return weights

import numpy as np
from scipy.sparse import csr_array
from sklearn.svm import LinearSVC

from workbench.model import OneVsRest

EXACT = {"tolerance": 1e-4, "max_passes": 3000, "weight_threshold": 0, "n_jobs": 1}


def liblinear_scores(X, positive, weight):
    svc = LinearSVC(tol=1e-8, max_iter=100_000).fit(X, positive, sample_weight=weight)
    margin = svc.decision_function(X)
    return np.exp(-4 * np.maximum(-margin, 0) ** 3) / (1 + np.exp(-4 * margin))


def test_scores_agree_with_liblinear(world):
    X, Y = world
    model = OneVsRest(**EXACT).fit(X, Y)
    for label in (0, 17, 39):
        expected = liblinear_scores(X, Y[:, [label]].toarray()[:, 0], np.ones(240))
        found = model.score_pairs(X, range(240), [label] * 240)
        np.testing.assert_allclose(found, expected, atol=1e-2)


def test_weights_of_rows_and_confidences_of_pairs_multiply_the_cost_of_an_error(world):
    X, Y = world
    rng = np.random.default_rng(0)
    row_weight = rng.choice([0.2, 1.0, 3.0], 240)
    confident = csr_array((rng.choice([0.1, 0.5, 1.0], Y.nnz), Y.indices, Y.indptr), shape=Y.shape)
    model = OneVsRest(**EXACT).fit(X, confident, sample_weight=row_weight)
    for label in (0, 17, 39):
        confidence = confident[:, [label]].toarray()[:, 0]
        weight = row_weight * np.where(confidence > 0, confidence, 1)
        expected = liblinear_scores(X, confidence > 0, weight)
        found = model.score_pairs(X, range(240), [label] * 240)
        np.testing.assert_allclose(found, expected, atol=1e-2)

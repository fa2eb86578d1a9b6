import numpy as np
from sklearn.svm import LinearSVC

from workbench.model import OneVsRest


def test_scores_agree_with_liblinear(world):
    X, Y = world
    model = OneVsRest(tolerance=1e-4, max_passes=3000, weight_threshold=0, n_jobs=1).fit(X, Y)
    for label in (0, 17, 39):
        svc = LinearSVC(tol=1e-8, max_iter=100_000).fit(X, Y[:, [label]].toarray()[:, 0])
        margin = svc.decision_function(X)
        expected = np.exp(-4 * np.maximum(-margin, 0) ** 3) / (1 + np.exp(-4 * margin))
        found = model.score_pairs(X, range(240), [label] * 240)
        np.testing.assert_allclose(found, expected, atol=1e-2)

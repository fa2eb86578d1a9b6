import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from workbench.signals.quadratic import QuadraticRegression


def test_one_matrix_gives_the_log_odds_of_the_pipeline_it_was_made_of():
    rng = np.random.default_rng(0)
    numbers = rng.normal([1, -2, 5, 0], [1, 3, 0.1, 20], (600, 4))
    hit, weight = numbers[:, 0] * numbers[:, 1] > rng.normal(size=600), rng.random(600)
    products = PolynomialFeatures(2, include_bias=False)
    twin = make_pipeline(
        *(StandardScaler(), products, StandardScaler()),
        LogisticRegression(solver="newton-cholesky", tol=1e-6),
    ).fit(numbers, hit, logisticregression__sample_weight=weight)
    found = QuadraticRegression().fit(numbers, hit, weight).log_odds(numbers)
    np.testing.assert_allclose(found, twin.decision_function(numbers), atol=1e-9)

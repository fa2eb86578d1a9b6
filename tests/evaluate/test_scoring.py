import pickle
from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.model_selection import GridSearchCV, cross_val_predict

from workbench.evaluate import precision_at_k, propensities, psp_at_k, recall_at_k, scorer
from workbench.model import ClusteredOVR, OneVsRest

X = csr_array(np.tile(np.eye(4, dtype=np.float32), (6, 1)))
Y = csr_array(np.tile(np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]], bool), (6, 1)))


@pytest.fixture(params=[OneVsRest, ClusteredOVR])
def model(request):
    return request.param(n_jobs=1)


@pytest.mark.parametrize(
    ("measure", "options"),
    [(precision_at_k, {}), (recall_at_k, {}), (psp_at_k, {"propensity": propensities(Y)})],
)
def test_a_scorer_measures_what_the_estimator_predicts(model, measure, options):
    model.fit(X, Y)
    expected = measure(model.predict(X, k=2), Y, 2, **options)
    assert scorer(measure, k=2, **options)(model, X, Y) == expected


def test_a_grid_search_needs_no_scorer(model):
    search = GridSearchCV(model, {"C": [1e-9, 1.0]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"C": 1.0}
    assert search.best_score_ == search.score(X, Y) == 1


def test_a_grid_search_takes_scorers(model):
    scoring = {"P@1": scorer(precision_at_k, k=1), "R@2": scorer(recall_at_k, k=2)}
    search = GridSearchCV(model, {"C": [1.0]}, scoring=scoring, refit="R@2", cv=2).fit(X, Y)
    assert search.cv_results_["mean_test_P@1"].tolist() == [1]
    assert search.cv_results_["mean_test_R@2"].tolist() == [1]


def test_predictions_of_a_cross_validation_can_be_measured(model):
    predictions = cross_val_predict(model, X, Y, cv=2)
    assert precision_at_k(predictions, Y, 1) == 1


def test_a_scorer_can_be_sent_to_another_process(model):
    sent = pickle.loads(pickle.dumps(scorer(recall_at_k, k=2)))  # noqa: S301
    assert sent(model.fit(X, Y), X, Y) == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (partial(scorer, precision_at_k, k=1.5), ValueError, "k must be a whole number"),
        (partial(scorer, psp_at_k, k=1), TypeError, "psp_at_k does not fit .*: 'propensity'"),
        (partial(scorer, recall_at_k, k=1, propensity=[1]), TypeError, "unexpected .*'propensity'"),
    ],
)
def test_what_makes_no_scorer_is_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from workbench.issues.cooccurrence import count_together
from workbench.issues.label_regression import LabelRegression
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix

N_INSTANCES, N_LABELS, PENALTY = 40, 7, 2.0


@pytest.fixture(scope="module")
def carried() -> NDArray[np.bool_]:
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 3, N_INSTANCES)
    return rng.random((N_INSTANCES, N_LABELS)) < np.where(
        np.arange(N_LABELS) % 3 == kind[:, None], 0.6, 0.15
    )


def matrix(carried: NDArray[np.bool_]) -> LabelMatrix:
    return LabelMatrix.from_positions(
        *np.nonzero(carried),
        instance_ids=pd.Index([f"q{i}" for i in range(len(carried))]),
        label_ids=pd.Index([f"l{i}" for i in range(carried.shape[1])]),
    )


def all_pairs(carried: NDArray[np.bool_]) -> Pairs:
    rows, columns = (place.ravel() for place in np.indices(carried.shape))
    return Pairs(rows, columns, carried[rows, columns])


def predict(carried: NDArray[np.bool_], **options) -> NDArray[np.float32]:
    given = matrix(carried)
    model = LabelRegression(given, count_together(given), penalty=PENALTY, **options)
    return model.predict(all_pairs(carried)).reshape(carried.shape)


def test_prediction_is_that_of_a_ridge_regression_without_the_instance(carried) -> None:
    found = predict(carried)
    for row, label in [(0, 0), (5, 3), (17, 6), (39, 2)]:
        others, rest = np.arange(N_LABELS) != label, np.arange(N_INSTANCES) != row
        ridge = Ridge(alpha=PENALTY, fit_intercept=False)
        ridge.fit(carried[rest][:, others].astype(float), carried[rest, label].astype(float))
        expected = ridge.predict(carried[[row]][:, others].astype(float))[0]
        assert found[row, label] == pytest.approx(expected, abs=1e-5)


def test_pairs_own_state_has_no_part_in_its_prediction(carried) -> None:
    turned = carried.copy()
    turned[4, 2] = not turned[4, 2]
    assert predict(carried)[4, 2] == pytest.approx(predict(turned)[4, 2], abs=1e-5)


def test_labels_of_the_same_attribute_are_no_predictors(carried) -> None:
    alone = predict(carried, attributes=np.zeros(N_LABELS, np.int64))
    assert (alone == 0).all()
    assert predict(carried, attributes=np.full(N_LABELS, -1)) == pytest.approx(predict(carried))


def test_single_predictor_is_the_label_that_explains_most() -> None:
    carried = np.zeros((30, 4), bool)
    carried[:10, 0] = carried[:10, 1] = True  # always together
    carried[::3, 2] = carried[20:, 3] = True
    found = predict(carried, n_predictors=1)
    # Nine other instances carry label 1, and all of them label 0.
    assert found[0, 0] == pytest.approx(9 / (9 + PENALTY))
    assert found[12, 0] == 0


def test_no_pairs_and_labels_without_support_are_no_error() -> None:
    carried = np.zeros((3, 2), bool)
    carried[0, 0] = True
    assert predict(carried).tolist() == [[0, 0], [0, 0], [0, 0]]
    given = matrix(carried)
    nothing = Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool))
    assert len(LabelRegression(given, count_together(given)).predict(nothing)) == 0

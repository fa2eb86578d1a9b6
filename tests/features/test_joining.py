import numpy as np
import pytest
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.features import TextFeatures, join_features
from workbench.model import ClusteredOVR

X = csr_array(np.float32([[3, 0], [0, 4], [0, 0]]))
DENSE = np.array([[1.0, 0.0], [0.0, 0.0], [3.0, 4.0]])


def test_both_parts_count_the_same():
    half = 1 / np.sqrt(2)
    expected = [[half, 0, half, 0], [0, 1, 0, 0], [0, 0, 0.6, 0.8]]
    np.testing.assert_allclose(join_features(X, DENSE).toarray(), expected, rtol=1e-6)


def test_a_weight_shifts_the_balance():
    row = join_features(X, DENSE, weight=2.0).toarray()[0]
    np.testing.assert_allclose(row, np.array([1, 0, 2, 0]) / np.sqrt(5), rtol=1e-6)


def test_what_words_do_not_tell_dense_features_do():
    """Texts are alike; only the dense block tells the labels apart."""
    rng = np.random.default_rng(0)
    side = np.repeat([0, 1], 20)
    text = TextFeatures(min_df=1).fit_transform(["shoe"] * 40)
    dense = rng.normal(size=(40, 8)) + 3 * side[:, np.newaxis]
    Y = csr_array(np.eye(2, dtype=bool)[side])
    model = ClusteredOVR(n_jobs=1).fit(joined := join_features(text, dense), Y)
    assert (model.predict(joined, k=1).indices == side).mean() > 0.95


def test_other_rows_are_refused():
    with pytest.raises(InputError, match=r"expected 3 rows of numbers, .* found shape \(2, 2\)"):
        join_features(X, DENSE[:2])


def test_missing_values_are_counted():
    with pytest.raises(InputError, match=r"NaN or infinity in 1 rows: \[1\]"):
        join_features(X, np.where(DENSE == 0, np.nan, 1.0)[[2, 0, 2]])


def test_a_dense_first_part_is_refused():
    with pytest.raises(TypeError, match="X must be a scipy sparse matrix, found ndarray"):
        join_features(DENSE, DENSE)


@pytest.mark.parametrize("weight", [0, -1, np.nan])
def test_a_weight_is_above_zero(weight):
    with pytest.raises(ValueError, match="weight must be a number above 0"):
        join_features(X, DENSE, weight=weight)

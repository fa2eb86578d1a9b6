import tracemalloc

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array, random_array

from workbench.errors import InputError
from workbench.features import TextFeatures, join_features, joining
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


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_no_value_is_too_large_or_too_small(scale):
    expected = join_features(X, DENSE).toarray()
    np.testing.assert_allclose(join_features(X, DENSE * scale).toarray(), expected, rtol=1e-6)
    huge = X.astype(np.float64) * scale
    np.testing.assert_allclose(join_features(huge, DENSE).toarray(), expected, rtol=1e-6)


def test_a_value_of_which_nothing_is_left_is_not_stored():
    joined = join_features(X, [[1, 1e-60], [0, 0], [1e-60, 1]])
    assert joined.indices.tolist() == [0, 2, 1, 3]
    assert len(joined.data) == 4


def test_no_rows_give_no_rows():
    joined = join_features(X[:0], DENSE[:0])
    assert joined.shape == (0, 4)
    assert joined.dtype == np.float32


def test_sparse_features_of_any_kind_are_taken():
    repeated = csr_array(
        (np.array([1, 3, 4, 2]), np.array([1, 0, 1, 1]), np.array([0, 2, 4, 4])), shape=(3, 2)
    )
    joined = join_features(repeated, DENSE)
    expected = join_features(csr_array(np.float32([[3, 1], [0, 6], [0, 0]])), DENSE)
    assert joined.has_canonical_format
    np.testing.assert_array_equal(joined.toarray(), expected.toarray())
    assert repeated.data.tolist() == [1, 3, 4, 2]
    np.testing.assert_array_equal(
        join_features(repeated.tocsc(), DENSE).toarray(), expected.toarray()
    )


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.float16, np.longdouble, object])
def test_dense_features_are_numbers_of_any_kind(dtype):
    dense = np.array([[1, 0], [0, 0], [1, 1]])
    joined = join_features(X, dense.astype(dtype))
    np.testing.assert_array_equal(joined.toarray(), join_features(X, dense).toarray())


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    text, dense = (
        random_array((50, 30), density=0.1, rng=rng, format="csr"),
        rng.normal(size=(50, 4)),
    )
    whole = join_features(text, dense)
    monkeypatch.setattr(joining, "_VALUES_AT_ONCE", 12)
    parts = join_features(text, dense)
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert whole.indices.dtype == whole.indptr.dtype == np.int32


def test_memory_grows_by_the_result_and_little_more():
    text, dense = csr_array(np.ones((20_000, 1), np.float32)), np.ones((20_000, 256), np.float32)
    tracemalloc.start()
    joined = join_features(text, dense)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < joined.data.nbytes + joined.indices.nbytes + joined.indptr.nbytes + 15e6


def test_other_rows_are_refused():
    with pytest.raises(InputError, match=r"expected 3 rows of numbers, .* found shape \(2, 2\)"):
        join_features(X, DENSE[:2])


def test_missing_values_are_counted():
    with pytest.raises(InputError, match=r"NaN or infinity in 1 rows: \[1\]"):
        join_features(X, np.where(DENSE == 0, np.nan, 1.0)[[2, 0, 2]])


def test_missing_values_of_the_sparse_part_are_counted():
    bad = csr_array(np.array([[np.nan, np.inf], [1, 0], [0, np.nan]]))
    with pytest.raises(InputError, match=r"X: .* found NaN or infinity in 2 rows: \[0, 2\]"):
        join_features(bad, DENSE)


def test_sparse_features_are_real_numbers():
    with pytest.raises(TypeError, match="X must hold real numbers, found complex128"):
        join_features(X.astype(complex), DENSE)


def test_one_sparse_row_is_no_table():
    with pytest.raises(InputError, match=r"X must have two dimensions, found shape \(3,\)"):
        join_features(coo_array(np.ones(3)), DENSE)


def test_a_dense_first_part_is_refused():
    with pytest.raises(TypeError, match="X must be a scipy sparse matrix, found ndarray"):
        join_features(DENSE, DENSE)


@pytest.mark.parametrize("weight", [0, -1, np.nan])
def test_a_weight_is_above_zero(weight):
    with pytest.raises(ValueError, match="weight must be a number above 0"):
        join_features(X, DENSE, weight=weight)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from workbench.errors import InputError
from workbench.nearest import nearest_rows


def random_rows(seed, n_rows=40, n_features=12, density=0.2, values=None):
    rng = np.random.default_rng(seed)
    shape = (n_rows, n_features)
    return csr_array(random_array(shape, density=density, rng=rng, data_sampler=values))


def cosines(X):
    dense = X.toarray().astype(np.float64)
    dense /= np.maximum(np.sqrt((dense**2).sum(axis=1, keepdims=True)), 1e-12)
    cosine = dense @ dense.T
    np.fill_diagonal(cosine, 0)
    return cosine


def brute_force(cosine, n_neighbours):
    """Return the highest cosines above 0 of each row; of equals those of the first rows."""
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :n_neighbours]
    return [row[cosine[i, row] > 0].tolist() for i, row in enumerate(order)]


def rows_of(found):
    return [rows.tolist() for rows in np.split(found.indices, found.indptr[1:-1])]


def same_similarities(found, cosine, n_neighbours):
    expected = np.maximum(-np.sort(-cosine, axis=1)[:, :n_neighbours], 0)
    best = -np.sort(-found.toarray(), axis=1)[:, :n_neighbours]
    np.testing.assert_allclose(best, expected, atol=1e-6)
    rows, columns = found.nonzero()
    np.testing.assert_allclose(found.toarray()[rows, columns], cosine[rows, columns], atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 1000),
    n_rows=st.integers(1, 60),
    density=st.sampled_from([0.0, 0.05, 0.2, 0.9]),
    n_neighbours=st.integers(1, 50),
)
def test_finds_what_the_whole_matrix_of_cosines_finds(seed, n_rows, density, n_neighbours):
    X = random_rows(seed, n_rows, density=density)
    same_similarities(nearest_rows(X, n_neighbours=n_neighbours), cosines(X), n_neighbours)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_neighbours", [1, 10])
def test_finds_the_same_where_most_rows_are_left_out(seed, n_neighbours):
    X = text_like(seed, n_rows=4000)
    same_similarities(nearest_rows(X, n_neighbours=n_neighbours), cosines(X), n_neighbours)


def text_like(seed, n_rows):
    """Return rows of common features, most with rare ones besides, which some rows share."""
    rng = np.random.default_rng(seed)
    common = (rng.random((n_rows, 30)) < 0.3) * rng.random((n_rows, 30))
    rare = np.zeros((n_rows, n_rows // 20))
    groups = rng.integers(0, rare.shape[1], (n_rows, 3))
    weights = rng.random((n_rows, 3)) * 2 * rng.integers(0, 2, (n_rows, 1))
    np.put_along_axis(rare, groups, weights, axis=1)
    return csr_array(np.hstack([common, rare]).astype(np.float32))


@pytest.mark.parametrize("n_neighbours", [1, 4, 7])
def test_of_equally_similar_rows_the_first_are_kept(n_neighbours):
    # Rows of length 2, so that all cosines are quarters and float arithmetic is exact.
    rng = np.random.default_rng(0)
    X = np.zeros((60, 9), np.float32)
    for row in X:
        row[rng.choice(9, 4, replace=False)] = 1
    expected = brute_force(np.float32(cosines(csr_array(X))), n_neighbours)
    assert rows_of(nearest_rows(csr_array(X), n_neighbours=n_neighbours)) == expected


def test_of_thousands_of_copies_the_first_are_kept():
    X = csr_array(np.tile(np.float32([[1, 2, 0], [0, 2, 1]]), (3000, 1)))
    found = rows_of(nearest_rows(X, n_neighbours=3))
    assert found[0] == [2, 4, 6]
    assert found[2] == [0, 4, 6]
    assert found[5001] == [1, 3, 5]


def test_length_of_a_row_does_not_matter():
    X = random_rows(3)
    scaled = csr_array(X * np.float64(2.0) ** np.arange(40)[:, None])
    found, expected = (nearest_rows(rows, n_neighbours=5) for rows in (scaled, X))
    assert rows_of(found) == rows_of(expected)


def test_similarity_is_the_same_from_either_side():
    found = nearest_rows(random_rows(4), n_neighbours=39).toarray()
    np.testing.assert_array_equal(found, found.T)


def test_negative_values_are_summed_and_only_similarities_above_0_are_kept():
    X = random_rows(5, density=0.5, values=np.random.default_rng(5).standard_normal)
    found = nearest_rows(X, n_neighbours=39)
    same_similarities(found, cosines(X), 39)
    assert rows_of(found) == brute_force(cosines(X), 39)


def test_neighbours_do_not_depend_on_the_number_of_threads():
    X = text_like(6, n_rows=9000)
    one, several = (nearest_rows(X, n_neighbours=5, n_jobs=n_jobs) for n_jobs in (1, 3))
    assert rows_of(one) == rows_of(several)
    np.testing.assert_array_equal(one.data, several.data)


def test_rows_of_tens_of_thousands_of_features_are_summed_without_overflow():
    X = csr_array(np.ones((3, 60_000), np.float32) / np.float32([[1], [2], [3]]))
    assert nearest_rows(X, n_neighbours=2).data.tolist() == pytest.approx([1.0] * 6)


def test_entries_that_stand_twice_are_added_and_zeros_are_nothing():
    twice = csr_array((np.float32([1, 1, 2, 0]), [0, 0, 0, 1], [0, 2, 4]), shape=(2, 2))
    found = nearest_rows(twice, n_neighbours=1)
    assert found.data.tolist() == [1.0, 1.0]
    assert twice.nnz == 4


def test_empty_rows_a_single_row_and_an_empty_matrix_have_no_neighbours():
    for shape in ((3, 4), (1, 4), (0, 4), (2, 0)):
        assert nearest_rows(csr_array(shape), n_neighbours=2).shape == (shape[0], shape[0])
        assert nearest_rows(csr_array(shape), n_neighbours=2).nnz == 0


def test_number_below_one_is_refused():
    with pytest.raises(ValueError, match="n_neighbours must be 1 or more, got 0"):
        nearest_rows(random_rows(0), n_neighbours=0)


def test_values_that_are_not_finite_are_refused_with_their_rows():
    X = csr_array(np.float32([[1, 0], [np.nan, np.inf], [0, 1], [0, np.nan]]))
    with pytest.raises(ValueError, match="found 3 values that are not, first in rows 1, 3;"):
        nearest_rows(X, n_neighbours=1)


def test_values_too_large_for_float32_are_refused_and_large_ones_are_not():
    assert nearest_rows(csr_array(np.full((3, 2), 1e30)), n_neighbours=2).nnz == 6
    with pytest.raises(ValueError, match="finite in float32, found 6 values"):
        nearest_rows(csr_array(np.full((3, 2), 1e200)), n_neighbours=2)


@pytest.mark.parametrize(("part", "value"), [("indices", 12), ("indices", -1), ("indptr", 1000)])
def test_a_broken_matrix_is_refused_before_a_kernel_sees_it(part, value):
    broken = random_rows(0)
    getattr(broken, part)[3] = value
    with pytest.raises(InputError, match="features: not a valid csr matrix"):
        nearest_rows(broken, n_neighbours=2)


def test_a_dense_matrix_is_refused_and_any_sparse_one_will_do():
    X = random_rows(1)
    expected = nearest_rows(X, n_neighbours=3)
    for other in (X.tocsc(), X.tocoo()):
        assert (nearest_rows(other, n_neighbours=3) != expected).nnz == 0
    with pytest.raises(TypeError, match="features must be a scipy sparse matrix, found ndarray"):
        nearest_rows(X.toarray(), n_neighbours=3)

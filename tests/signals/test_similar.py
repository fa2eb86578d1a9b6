import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from workbench.signals.similar import most_similar


def random_rows(seed, n_rows=40, n_features=12):
    rng = np.random.default_rng(seed)
    return csr_array(random_array((n_rows, n_features), density=0.2, rng=rng))


def cosines(X):
    dense = X.toarray()
    lengths = np.sqrt((dense**2).sum(axis=1, keepdims=True))
    dense = dense / np.maximum(lengths, 1e-12)
    cosine = dense @ dense.T
    np.fill_diagonal(cosine, 0)
    return cosine


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), n_neighbours=st.integers(1, 50))
def test_finds_what_the_whole_matrix_of_cosines_finds(seed, n_neighbours):
    X = random_rows(seed)
    found = most_similar(X, n_neighbours=n_neighbours)
    expected = -np.sort(-cosines(X), axis=1)[:, :n_neighbours]
    best = -np.sort(-found.toarray(), axis=1)[:, :n_neighbours]
    np.testing.assert_allclose(best[:, : expected.shape[1]], expected, atol=1e-6)


def test_similarity_is_exact_even_where_the_search_was_cut_short():
    X = random_rows(1)
    found = most_similar(X, n_neighbours=3, max_visits=6)
    rows, columns = found.nonzero()
    assert 0 < found.nnz < most_similar(X, n_neighbours=3).nnz + 1
    np.testing.assert_allclose(found.toarray()[rows, columns], cosines(X)[rows, columns], atol=1e-6)


def test_rare_features_are_searched_first():
    # Feature 0 is on all rows, feature 1 on the first and the last alone.
    X = csr_array(np.c_[np.ones(50), np.r_[0.1, np.zeros(48), 0.1]])
    assert most_similar(X, n_neighbours=1, max_visits=2)[[0]].indices.tolist() == [49]


def test_neighbours_come_with_the_most_similar_first():
    found = most_similar(random_rows(2), n_neighbours=5)
    for row in range(found.shape[0]):
        similarity = found.data[found.indptr[row] : found.indptr[row + 1]]
        assert (np.diff(similarity) <= 0).all()


def test_empty_rows_and_an_empty_matrix_have_no_neighbours():
    assert most_similar(csr_array((3, 4)), n_neighbours=2).nnz == 0
    assert most_similar(csr_array((0, 4)), n_neighbours=2).shape == (0, 0)


def test_numbers_below_one_are_refused():
    with pytest.raises(ValueError, match="n_neighbours and max_visits must be 1 or more, got 0"):
        most_similar(random_rows(0), n_neighbours=0)


def test_threads_and_blocks_of_rows_find_the_same(monkeypatch):
    X = csr_array(random_array((300, 40), density=0.1, random_state=np.random.default_rng(3)))
    whole = most_similar(X, n_neighbours=5, max_visits=50, n_jobs=1)
    monkeypatch.setattr("workbench.signals.similar._ROWS_A_BLOCK", 70)
    parts = most_similar(X, n_neighbours=5, max_visits=50, n_jobs=3)
    for name in ("indptr", "indices", "data"):
        assert getattr(parts, name).tolist() == getattr(whole, name).tolist()

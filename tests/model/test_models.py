"""What every model promises."""

import sys
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone

from workbench import blocks
from workbench.errors import InputError
from workbench.model import ClusteredOVR, predicting


def same(one, other):
    return all(
        np.array_equal(getattr(one, part), getattr(other, part))
        for part in ("indptr", "indices", "data")
    )


def backwards_rows(X):
    """Return a copy whose rows are stored from the last feature to the first."""
    backwards = X.copy()
    for begin, end in pairwise(X.indptr):
        backwards.indices[begin:end] = X.indices[begin:end][::-1]
        backwards.data[begin:end] = X.data[begin:end][::-1]
    return backwards


def test_the_labels_are_found(model, world):
    X, Y = world
    best = model.fit(X[:200], Y[:200]).predict(X[200:], k=1)
    assert Y[200:].multiply(best > 0).sum() / 40 > 0.85


def test_the_score_is_the_precision_of_the_best_label(model, world):
    X, Y = world
    model.fit(X[:200], Y[:200])
    given, best = Y[200:].toarray(), model.predict(X[200:]).toarray().argmax(axis=1)
    assert model.score(X[200:], Y[200:]) == given[np.arange(40), best].mean()


def test_a_stored_zero_does_not_score(model, world):
    X, Y = world
    nothing = Y.astype(np.float32)
    nothing.data[:] = 0
    assert model.fit(X, Y).score(X, nothing) == 0


def test_labels_that_do_not_fit_are_not_scored(model, world):
    X, Y = world
    model.fit(X, Y)
    with pytest.raises(InputError, match="Y: expected 40 labels, as in fit, found 39"):
        model.score(X, Y[:, :39])
    with pytest.raises(InputError, match="same rows, found 240 in X and 9 in Y"):
        model.score(X, Y[:9])
    with pytest.raises(InputError, match="expected one row or more to score"):
        model.score(X[:0], Y[:0])


def test_predictions_are_canonical_and_at_most_k(model, world):
    X, Y = world
    found = model.fit(X, Y).predict(X, k=4)
    assert found.shape == Y.shape
    assert found.dtype == np.float32
    assert found.has_canonical_format
    assert np.diff(found.indptr).max() <= 4
    assert 0 < found.data.min() <= found.data.max() <= 1


def test_the_best_labels_are_kept(model, world):
    X, Y = world
    model.fit(X, Y)
    everything, two = model.predict(X[:9], k=40).toarray(), model.predict(X[:9], k=2).toarray()
    np.testing.assert_array_equal(np.sort(everything)[:, -2:], np.sort(two)[:, -2:])


def test_more_than_all_labels_are_all(model, world):
    X, Y = world
    model.fit(X, Y)
    assert same(model.predict(X, k=40), model.predict(X, k=1000))


@pytest.fixture
def batches(monkeypatch):
    """The rows of every batch that is searched, as (begin, end)."""
    searched, real = [], predicting.search_trees

    def search(trees, x, begin, end, **limits):
        searched.append((begin, end))
        return real(trees, x, begin, end, **limits)

    monkeypatch.setattr(predicting, "search_trees", search)
    return searched


@pytest.mark.parametrize("n_rows", [1, 2, 100])
def test_few_rows_are_searched_at_once_and_start_no_thread(
    model, world, batches, monkeypatch, n_rows
):
    X, Y = world
    model.fit(X, Y).set_params(n_jobs=2)

    def refuse(n_threads):
        raise AssertionError("threads were started")

    monkeypatch.setattr(blocks, "ThreadPoolExecutor", refuse)
    model.predict(X[:n_rows])
    assert batches == [(0, n_rows)]


def test_many_rows_are_shared_by_the_threads(model, world, batches):
    X, Y = world
    model.fit(X, Y).set_params(n_jobs=2).predict(X)
    assert sorted(batches) == [(0, 120), (120, 240)]


def test_an_enormous_beam_is_all_clusters(world, batches):
    X, Y = world
    model = ClusteredOVR(branching=4, leaf_size=5, n_jobs=1).fit(X, Y)
    all_clusters = model.set_params(beam=40).predict(X)
    assert same(model.set_params(beam=sys.maxsize).predict(X), all_clusters)
    assert batches == [(0, 240)] * 2


def test_the_order_of_rows_does_not_matter_to_predictions(model, world):
    X, Y = world
    order = np.random.default_rng(0).permutation(X.shape[0])
    model.fit(X, Y)
    assert same(model.predict(X[order]), model.predict(X)[order])


def test_the_number_of_threads_does_not_change_the_model(model, world):
    X, Y = world
    one = clone(model).set_params(n_jobs=1).fit(X, Y).predict(X)
    two = clone(model).set_params(n_jobs=2).fit(X, Y).predict(X)
    assert same(one, two)


def test_another_seed_gives_another_model(model, world):
    X, Y = world
    one, other = clone(model).fit(X, Y), clone(model).set_params(random_state=1).fit(X, Y)
    assert not same(one.predict(X), other.predict(X))


def test_without_a_seed_the_model_still_learns(model, world):
    X, Y = world
    assert model.set_params(random_state=None).fit(X, Y).predict(X, k=1).nnz == X.shape[0]


def test_an_empty_row_gets_scores_from_the_biases(model, world):
    X, Y = world
    nothing = csr_array((1, X.shape[1]), dtype=np.float32)
    found = model.fit(X, Y).predict(nothing, k=3)
    assert np.isfinite(found.data).all()
    assert model.explain(nothing, 0) == []


def test_no_rows_give_no_predictions(model, world):
    X, Y = world
    assert model.fit(X, Y).predict(X[:0]).shape == (0, 40)


def test_one_row_is_enough(model, world):
    X, Y = world
    found = model.fit(X[[0]], Y[[0]]).predict(X[[0]], k=40)
    assert set(found.indices) == set(Y[[0]].indices)


def test_one_label_is_enough(model, world):
    X, Y = world
    scores = model.fit(X, Y[:, [0]]).score_pairs(X, range(240), [0] * 240)
    given = Y[:, [0]].toarray()[:, 0]
    assert scores[given].min() > scores[~given].mean()


def test_a_label_given_to_none_is_never_predicted(model, world):
    X, Y = world
    without = Y.toarray()
    without[:, 3] = False
    model.fit(X, csr_array(without))
    assert 3 not in model.predict(X, k=40).indices
    assert model.score_pairs(X, [0, 1], [3, 3]).tolist() == [0, 0]


def test_a_label_given_to_all_is_predicted_for_all(model, world):
    X, Y = world
    everywhere = Y.toarray()
    everywhere[:, 3] = True
    model.fit(X, csr_array(everywhere))
    assert model.score_pairs(X, range(240), [3] * 240).min() > 0.9


def test_no_labels_at_all_give_no_predictions(model, world):
    X, Y = world
    assert model.fit(X, csr_array(Y.shape, dtype=bool)).predict(X).nnz == 0


def test_a_row_of_weight_zero_is_left_out(model, world):
    X, Y = world
    weight = (np.arange(240) < 150).astype(float)
    one, other = clone(model).fit(X, Y, sample_weight=weight), clone(model).fit(X[:150], Y[:150])
    assert same(one.predict(X), other.predict(X))


def test_a_stored_zero_is_not_a_given_pair(model, world):
    X, Y = world
    dense = Y.astype(np.float32).toarray()
    rows, columns = np.indices(dense.shape).reshape(2, -1)
    stored = csr_array((dense.ravel(), (rows, columns)), shape=Y.shape)
    assert stored.nnz == dense.size
    assert same(clone(model).fit(X, stored).predict(X), clone(model).fit(X, Y).predict(X))


def test_a_doubtful_pair_counts_less(model, world):
    X, Y = world
    doubtful = Y.astype(np.float32)
    doubtful.data[0] = 0.01
    pair = ([0], [Y.indices[0]])
    sure = clone(model).fit(X, Y).score_pairs(X, *pair)
    assert clone(model).fit(X, doubtful).score_pairs(X, *pair)[0] < sure[0]


def test_unsorted_input_is_left_as_it_is(model, world):
    X, Y = world
    backwards = backwards_rows(X)
    backwards.has_sorted_indices = False
    before = backwards.indices.copy()
    assert same(clone(model).fit(backwards, Y).predict(X), clone(model).fit(X, Y).predict(X))
    np.testing.assert_array_equal(backwards.indices, before)


def test_read_only_input_is_enough(model, world, tmp_path):
    X, Y = world
    parts = []
    for name in ("data", "indices", "indptr"):
        np.save(tmp_path / name, getattr(X, name))
        parts.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    mapped = csr_array(tuple(parts), shape=X.shape)
    assert same(clone(model).fit(mapped, Y).predict(mapped), clone(model).fit(X, Y).predict(X))


def test_a_pair_stored_twice_is_given_once(model, world):
    X, Y = world
    twice = csr_array(
        (np.ones(2 * Y.nnz, bool), np.repeat(Y.indices, 2), 2 * Y.indptr), shape=Y.shape
    )
    assert same(clone(model).fit(X, twice).predict(X), clone(model).fit(X, Y).predict(X))


def test_a_stored_zero_feature_changes_nothing(model, world):
    X, Y = world
    rows, columns = np.indices(X.shape).reshape(2, -1)
    stored = csr_array((X.toarray().ravel(), (rows, columns)), shape=X.shape)
    assert stored.nnz == stored.shape[0] * stored.shape[1]
    assert same(clone(model).fit(stored, Y).predict(X), clone(model).fit(X, Y).predict(X))


def test_an_enormous_k_means_all(model, world):
    X, Y = world
    model.fit(X, Y)
    assert same(model.predict(X, k=40), model.predict(X, k=sys.maxsize))


def test_order_is_checked_whatever_the_matrix_says_of_it(model, world):
    X, Y = world
    backwards = backwards_rows(X)
    backwards.has_sorted_indices = True
    model.fit(X, Y)
    assert same(model.predict(backwards), model.predict(X))


def test_rows_stored_behind_the_last_do_not_count(model, world):
    """A csr matrix may hold room at its end that belongs to no row."""
    X, Y = world
    roomy = X.copy()
    roomy.data = np.append(X.data, np.float32([7, 7]))
    roomy.indices = np.append(X.indices, np.int32([0, 1]))
    assert same(clone(model).fit(roomy, Y).predict(X), clone(model).fit(X, Y).predict(X))

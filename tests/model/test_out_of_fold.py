import sys
from typing import ClassVar

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array
from sklearn.base import clone

from workbench.errors import InputError
from workbench.matrices import pairs_in
from workbench.model import ClusteredOVR, OneVsRest, out_of_fold
from workbench.score_sums import N_BINS, add_to_histogram

TREE = ClusteredOVR(branching=4, leaf_size=5, beam=2, n_jobs=1)


class Recorder:
    """Scores a pair with the number of rows that carried its label in training."""

    learned: ClassVar[list[set[int]]] = []

    def get_params(self, deep=True):
        return {}

    def fit(self, X, Y):
        self.support = Y.astype(np.float32).sum(axis=0) / 1000
        self.learned.append(set(X.data.astype(int)))
        return self

    def predict(self, X, k):
        self.learned.append(set(X.data.astype(int)))
        best = np.argsort(-self.support, kind="stable")[:1]
        rows = np.arange(X.shape[0])
        data = np.repeat(self.support[best], X.shape[0]).astype(np.float32)
        columns = np.repeat(best, X.shape[0])
        return csr_array((data, (rows, columns)), shape=(X.shape[0], len(self.support)))

    def score_pairs(self, X, rows, columns):
        return self.support[columns].astype(np.float32)


def numbered(n):
    return csr_array(np.arange(1, n + 1, dtype=np.float32)[:, np.newaxis])


def pair_outside():
    """240 rows of 40 labels; the one stored pair is of label 40."""
    pairs = csr_array((np.ones(1), [39], [0] + [1] * 240), shape=(240, 40))
    pairs.indices[0] = 40
    return pairs


def test_every_given_pair_and_the_best_candidates_have_a_score(world):
    X, Y = world
    result = out_of_fold(TREE, X, Y, n_folds=3, top_k=4)
    assert (pairs_in(result.scores, *Y.nonzero()) >= 0).all()
    assert np.diff(result.scores.indptr).max() <= 4 + 3
    assert result.scores.has_canonical_format
    assert result.scores.dtype == np.float32


def test_the_model_never_scores_a_row_it_learned_from():
    Recorder.learned.clear()
    out_of_fold(Recorder(), numbered(10), csr_array(np.ones((10, 2), bool)), n_folds=5)
    pairs = list(zip(Recorder.learned[::2], Recorder.learned[1::2], strict=True))
    assert all(not learned & scored for learned, scored in pairs)
    assert all(len(learned | scored) == 10 for learned, scored in pairs)
    assert sorted(row for _, scored in pairs for row in scored) == list(range(1, 11))


def test_scores_are_those_of_the_model_of_the_fold(world):
    X, Y = world
    result = out_of_fold(TREE, X, Y, n_folds=2, random_state=3)
    folds = np.array_split(np.random.default_rng(3).permutation(240), 2)
    row = int(np.sort(folds[0])[0])
    model = clone(TREE).fit(X[np.sort(folds[1])], Y[np.sort(folds[1])])
    columns = result.scores[[row]].indices
    expected = model.score_pairs(X, [row] * len(columns), columns)
    np.testing.assert_array_equal(result.scores[[row]].data, expected)


def test_column_sums_count_given_pairs_and_what_the_beam_reached(world):
    X, Y = world
    few, many = (out_of_fold(TREE, X, Y, n_folds=2, top_k=k) for k in (1, 40))
    np.testing.assert_allclose(few.sums.sums, many.scores.sum(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(few.sums.sums, many.sums.sums)


def test_histogram_counts_every_row_once_a_label_and_what_was_not_reached_as_zero(world):
    X, Y = world
    result = out_of_fold(TREE, X, Y, n_folds=2, top_k=40)
    counted = np.zeros((40, N_BINS), np.int64)
    add_to_histogram(counted, result.scores.indices, result.scores.data)
    counted[:, 0] += len(Y.indptr) - 1 - counted.sum(axis=1)
    np.testing.assert_array_equal(result.sums.histogram, counted)
    assert result.sums.n_instances == X.shape[0]


def test_sums_speak_of_the_rows_that_take_part(world):
    result = out_of_fold(TREE, *world, n_folds=2, rows=np.arange(100))
    assert result.sums.n_instances == 100


def test_column_sums_are_full_where_the_search_is(world):
    X, Y = world
    result = out_of_fold(OneVsRest(n_jobs=1), X, Y, n_folds=2, top_k=40)
    assert result.scores.nnz == 240 * 40
    np.testing.assert_allclose(result.sums.sums, result.scores.sum(axis=0), rtol=1e-5)


@pytest.mark.parametrize("top_k", [sys.maxsize, 2**62, np.int32(2**31 - 1)])
def test_an_enormous_number_of_candidates_means_all(world, top_k):
    every, enormous = (out_of_fold(TREE, *world, n_folds=2, top_k=k) for k in (40, top_k))
    np.testing.assert_array_equal(enormous.scores.toarray(), every.scores.toarray())


def test_a_label_that_no_other_fold_carries_is_not_judged():
    Y = np.zeros((20, 3), bool)
    Y[:, 0] = True
    Y[4, 1] = True
    result = out_of_fold(Recorder(), numbered(20), csr_array(Y), n_folds=4)
    stored = result.scores.tocoo()
    unjudged = list(
        zip(stored.row[result.unjudged_pairs], stored.col[result.unjudged_pairs], strict=True)
    )
    assert unjudged == [(4, 1)]
    assert stored.data[result.unjudged_pairs].tolist() == [0]


def test_the_same_seed_gives_the_same_scores_and_another_does_not(world):
    one, same, other = (
        out_of_fold(TREE, *world, n_folds=2, random_state=seed).sums.sums for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_rows_that_take_no_part_are_neither_learned_from_nor_scored():
    Recorder.learned.clear()
    rows = np.array([8, 0, 3, 5])
    Y = csr_array(np.ones((10, 2), bool))
    result = out_of_fold(Recorder(), numbered(10), Y, n_folds=2, rows=rows)
    assert set().union(*Recorder.learned) == {1, 4, 6, 9}
    assert np.flatnonzero(np.diff(result.scores.indptr)).tolist() == [0, 3, 5, 8]


def test_progress_is_told(world):
    seen = []
    out_of_fold(TREE, *world, n_folds=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_the_model_itself_stays_unfitted(world):
    out_of_fold(TREE, *world, n_folds=2)
    assert not hasattr(TREE, "trees_")


def test_more_folds_than_rows_are_refused(world):
    X, Y = world
    with pytest.raises(InputError, match="3 rows cannot be cut into 5 folds"):
        out_of_fold(TREE, X[:3], Y[:3])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1, 1], "named more than once"),
        ([0, 240], r"positions in 0..239"),
        ([0.5, 1.5], "expected positions, whole numbers, found float64"),
        ([True] * 240, "found bool; np.flatnonzero makes them of a mask"),
    ],
)
def test_wrong_rows_are_refused(world, rows, message):
    with pytest.raises(InputError, match=message):
        out_of_fold(TREE, *world, n_folds=2, rows=np.array(rows))


def test_pairs_asked_for_besides_are_scored_by_the_model_that_did_not_see_the_row():
    rng = np.random.default_rng(0)
    X = csr_array(rng.random((30, 6), dtype=np.float32))
    Y = csr_array(rng.random((30, 4)) < 0.4)
    every = csr_array(np.ones((30, 4), np.float32))
    found = out_of_fold(OneVsRest(), X, Y, n_folds=3, top_k=4, also=every)
    assert found.also.nnz == 120
    assert np.allclose(
        found.scores.toarray(), np.where(found.scores.toarray(), found.also.toarray(), 0)
    )


def test_pairs_asked_for_besides_may_be_any_sparse_matrix(world):
    X, Y = world
    one, other = (
        out_of_fold(TREE, X, Y, n_folds=2, also=kind(Y)).also for kind in (csr_array, coo_array)
    )
    np.testing.assert_array_equal(one.toarray(), other.toarray())


@pytest.mark.parametrize(
    ("also", "error", "message"),
    [
        (np.ones((240, 40)), TypeError, "also must be a scipy sparse matrix, found ndarray"),
        (csr_array((240, 39)), InputError, r"also: expected pairs of shape \(240, 40\), found"),
        (pair_outside(), InputError, "also: not a valid csr matrix"),
    ],
)
def test_wrong_pairs_asked_for_besides_are_refused_before_training(world, also, error, message):
    Recorder.learned.clear()
    with pytest.raises(error, match=message):
        out_of_fold(Recorder(), *world, n_folds=2, also=also)
    assert Recorder.learned == []


class Broken(Recorder):
    """Scores no pair as a probability."""

    def __init__(self, value=0.5, of_pairs=0.5, n_more=0):
        self.value, self.of_pairs, self.n_more = value, of_pairs, n_more

    def get_params(self, deep=True):
        return {"value": self.value, "of_pairs": self.of_pairs, "n_more": self.n_more}

    def predict(self, X, k):
        return csr_array(np.full((X.shape[0], k + self.n_more), self.value, np.float32))

    def score_pairs(self, X, rows, columns):
        return np.full(len(rows) + self.n_more, self.of_pairs, np.float32)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Broken(np.nan), "predict of the model: 20 of 20 values are NaN or outside"),
        (Broken(-3), r"predict of the model: .*: \[-3.0, -3.0, -3.0, -3.0, -3.0\]"),
        (Broken(0.5, 1.5), "score_pairs of the model: .* values are NaN or outside"),
        (Broken(n_more=1), r"predict of the model: expected shape \(10, 2\), found \(10, 3\)"),
    ],
)
def test_a_model_whose_scores_are_no_probabilities_is_refused(model, message):
    Y = csr_array(np.tile([[1, 0], [0, 1]], (10, 1)))
    with pytest.raises(InputError, match=message):
        out_of_fold(model, numbered(20), Y, n_folds=2)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_model_that_scores_all_pairs_alike_is_taken_at_its_word(value):
    Y = csr_array(np.tile([[1, 0], [0, 1]], (10, 1)))
    result = out_of_fold(Broken(value, value), numbered(20), Y, n_folds=2)
    assert set(result.scores.data) == {np.float32(value)}
    assert result.sums.sums.tolist() == [20 * value, 20 * value]

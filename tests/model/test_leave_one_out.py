"""Leave-one-out scores against what really training without the row gives."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import spearmanr
from sklearn.base import clone

from workbench.errors import InputError
from workbench.matrices import pairs_in
from workbench.model import ClusteredOVR, OneVsRest, leave_one_out, out_of_fold
from workbench.model.lane_type import N_LANES
from workbench.model.pulls import HIGH_RIDGE, probe_pulls
from workbench.model.rows import as_rows
from workbench.model.solver import BlockRows, gather_rows
from workbench.score_sums import ScoreSums

TREE = ClusteredOVR(branching=4, leaf_size=5, n_jobs=1)
EXACT = {"tolerance": 1e-3, "max_passes": 1000, "weight_threshold": 0, "n_jobs": 1}


def probed(X, *, n_groups, ridge=0.5, seed=5):
    n_rows = X.shape[0]
    every = np.arange(n_rows, dtype=np.int32)
    *parts, features = gather_rows(as_rows(X), every, np.full(X.shape[1], -1, np.int32))
    rooms = [np.empty((n_rows, N_LANES), np.float32) for _ in range(3)]
    weights = np.empty((len(features) + 1, N_LANES), np.float32)
    ridges = np.full(n_rows, ridge, np.float32)
    return probe_pulls(BlockRows(*parts), ridges, weights, *rooms, n_groups, np.uint64(seed))


def exact_pulls(X, ridge):
    G = (X @ X.T).toarray().astype(np.float64) + 1 + ridge * np.eye(X.shape[0])
    return 1 / np.diag(np.linalg.inv(G)) - ridge


def score_of(result, rows, labels):
    return result.scores.data[pairs_in(result.scores, rows, labels)]


def truly_left_out(model, X, Y, pairs):
    """Return the score of each pair by a model that was trained without its row."""
    scores = []
    for row, label in pairs:
        others = np.delete(np.arange(X.shape[0]), row)
        fitted = clone(model).fit(X[others], Y[others])
        scores.append(fitted.score_pairs(X, [row], [label])[0])
    return np.array(scores)


@pytest.fixture(scope="module")
def some_pairs(world):
    """Forty given pairs and forty that are not."""
    _, Y = world
    rng = np.random.default_rng(0)
    given = rng.permutation(np.column_stack(Y.nonzero()))[:40]
    absent = rng.permutation(np.column_stack(np.nonzero(~Y.toarray())))[:40]
    return given, absent


def test_probes_come_near_the_diagonal_of_the_inverse(world):
    X, _ = world
    many, exact = probed(X, n_groups=64)[:, 0], exact_pulls(X, 0.5)
    assert abs(many - exact).mean() < 0.04  # the descent stops a little early
    assert np.corrcoef(many, exact)[0, 1] > 0.95


def test_thirty_two_probes_are_near_enough(world):
    X, _ = world
    few, exact = probed(X, n_groups=2)[:, 0], exact_pulls(X, 0.5)
    assert abs(few - exact).mean() < 0.05
    assert np.corrcoef(few, exact)[0, 1] > 0.6


def test_with_a_higher_ridge_the_pulls_are_those_of_the_inverse(world):
    X, _ = world
    found, exact = probed(X, n_groups=8)[:, 1], exact_pulls(X, 0.5 * HIGH_RIDGE)
    assert abs(found.mean() - exact.mean()) < 0.05
    assert np.corrcoef(found, exact)[0, 1] > 0.8


def test_rows_that_share_nothing_but_the_bias_pull_as_the_inverse_says():
    X = csr_array(np.diag(np.float32([1, 2, 3] * 8)))
    found = probed(X, n_groups=2)[:, 0]
    np.testing.assert_allclose(found, exact_pulls(X, 0.5), rtol=0.05)
    assert np.corrcoef(found, exact_pulls(X, 0.5))[0, 1] > 0.99


def test_a_row_alone_pulls_with_all_its_length():
    X = csr_array(np.float32([[0.6, 0.8]]))
    assert probed(X, n_groups=1)[0, 0] == pytest.approx(1 + 1, abs=1e-2)  # and 1 for the bias


def test_scores_agree_with_training_without_the_row(world, some_pairs):
    X, Y = world
    model = OneVsRest(**EXACT)
    given, _ = some_pairs
    left_out = score_of(leave_one_out(model, X, Y), *given.T)
    truth = truly_left_out(model, X, Y, given)
    in_sample = model.fit(X, Y).score_pairs(X, *given.T)
    assert abs(left_out - truth).mean() < 0.4 * abs(in_sample - truth).mean()
    assert spearmanr(left_out, truth).statistic > 0.95


def test_pairs_that_are_not_given_agree_too(world, some_pairs):
    X, Y = world
    model = OneVsRest(**EXACT)
    _, absent = some_pairs
    also = csr_array((np.ones(40, np.float32), tuple(absent.T)), shape=Y.shape)
    found = leave_one_out(model, X, Y, also=also).also
    truth = truly_left_out(model, X, Y, absent)
    assert abs(found.data[pairs_in(found, *absent.T)] - truth).max() < 0.05


def test_a_memorised_wrong_label_scores_low_only_out_of_sample(world):
    X, Y = world
    dense = Y.toarray()
    wrong = np.column_stack(np.nonzero(~dense))[::97]
    dense[tuple(wrong.T)] = True
    noisy = csr_array(dense)
    in_sample = clone(TREE).fit(X, noisy).score_pairs(X, *wrong.T)
    left_out = score_of(leave_one_out(TREE, X, noisy), *wrong.T)
    assert np.median(left_out) < 0.1
    assert np.median(left_out) < np.median(in_sample) / 3


@pytest.mark.parametrize("n_trees", [1, 2])
def test_threads_do_not_change_a_score_and_seeds_do(world, n_trees):
    X, Y = world
    model = clone(TREE).set_params(n_trees=n_trees)
    one, two, other = (
        leave_one_out(clone(model).set_params(n_jobs=jobs, random_state=seed), X, Y)
        for jobs, seed in ((1, 0), (2, 0), (1, 1))
    )
    np.testing.assert_array_equal(one.scores.toarray(), two.scores.toarray())
    np.testing.assert_array_equal(one.sums.sums, two.sums.sums)
    np.testing.assert_array_equal(one.sums.histogram, two.sums.histogram)
    assert not np.array_equal(one.scores.toarray(), other.scores.toarray())


def test_every_given_pair_has_a_score_and_at_most_k_others(model, world):
    X, Y = world
    result = leave_one_out(model, X, Y, top_k=4)
    assert (pairs_in(result.scores, *Y.nonzero()) >= 0).all()
    assert (np.diff(result.scores.indptr) <= np.diff(Y.indptr) + 4).all()
    assert result.scores.has_canonical_format
    assert ((result.scores.data >= 0) & (result.scores.data <= 1)).all()


def test_given_pairs_score_the_same_by_their_path(model, world):
    X, Y = world
    result = leave_one_out(model, X, Y, also=Y)
    np.testing.assert_allclose(result.also.data, score_of(result, *Y.nonzero()), atol=1e-6)


def test_candidates_score_the_same_by_their_path(world):
    X, Y = world
    first = leave_one_out(TREE, X, Y, top_k=5)
    again = leave_one_out(TREE, X, Y, also=first.scores)
    np.testing.assert_allclose(again.also.data, first.scores.data, atol=1e-5)


def test_sums_and_histogram_count_what_the_scores_hold(model, world):
    X, Y = world
    result = leave_one_out(model, X, Y, top_k=40)
    np.testing.assert_allclose(result.sums.sums, result.scores.sum(axis=0), rtol=1e-4)
    expected = ScoreSums.from_dense(result.scores.toarray()).histogram[:, -32:]
    np.testing.assert_array_equal(result.sums.histogram[:, -32:], expected)
    np.testing.assert_array_equal(result.sums.histogram.sum(axis=1), 240)


def test_a_row_without_labels_or_features_has_candidates_or_none(world):
    X, Y = world
    bare = X.copy().tolil()
    bare[7], bare[8] = 0, 0
    labels = Y.copy().tolil()
    labels[8] = False
    X, Y = csr_array(bare.tocsr()), csr_array(labels.tocsr())
    result = leave_one_out(TREE, X, Y)
    assert result.scores.shape == (240, 40)
    assert np.isfinite(result.scores.data).all()


def test_confidence_counts_as_a_weight(world):
    X, Y = world
    half = csr_array((np.full(Y.nnz, 0.5), Y.indices, Y.indptr), shape=Y.shape)
    whole, halved = (leave_one_out(TREE, X, y).scores for y in (Y, half))
    assert halved[Y.nonzero()].mean() < whole[Y.nonzero()].mean()


def test_progress_is_told(world):
    seen = []
    leave_one_out(TREE, *world, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_model_itself_stays_unfitted(world):
    leave_one_out(TREE, *world)
    assert not hasattr(TREE, "trees_")


def test_another_kind_of_model_is_refused(world):
    with pytest.raises(TypeError, match="needs a ClusteredOVR or a OneVsRest, found str"):
        leave_one_out("model", *world)


def test_wrong_matrices_are_refused(world):
    X, Y = world
    with pytest.raises(InputError, match="X and Y must have the same rows"):
        leave_one_out(TREE, X[:5], Y)
    with pytest.raises(InputError, match=r"also: expected pairs of shape \(240, 40\)"):
        leave_one_out(TREE, X, Y, also=Y[:5])


def test_ranks_wrong_labels_about_as_folds_do(world):
    X, Y = world
    dense = Y.toarray()
    wrong = np.column_stack(np.nonzero(~dense))[::97]
    dense[tuple(wrong.T)] = True
    noisy = csr_array(dense)
    for result in (leave_one_out(TREE, X, noisy), out_of_fold(TREE, X, noisy)):
        low = score_of(result, *wrong.T)
        high = score_of(result, *Y.nonzero())
        assert (low[:, np.newaxis] < high).mean() > 0.9  # the area under the curve

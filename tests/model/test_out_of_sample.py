"""What both ways to out-of-sample scores have in common, and scores in their form."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.issues import find_label_issues
from workbench.matrices import LabelMatrix, PairScores, pairs_in
from workbench.model import (
    ClusteredOVR,
    OneVsRest,
    as_out_of_sample,
    leave_one_out,
    out_of_fold,
)
from workbench.score_sums import ScoreSums, add_to_histogram

WAYS = {"folds": out_of_fold, "one left out": leave_one_out}
FILTERS = ["prune_by_noise_rate", "prune_by_class", "both", "confident_learning"]
ROWS, LABELS = pd.Index([f"row {i}" for i in range(240)]), pd.Index([f"l{i}" for i in range(40)])


@pytest.fixture(scope="module")
def noisy(world):
    """X, and Y with a tenth as many wrong labels as right ones."""
    X, Y = world
    dense = Y.toarray()
    dense[tuple(np.column_stack(np.nonzero(~dense))[::197].T)] = True
    return X, csr_array(dense)


@pytest.fixture(scope="module", params=WAYS)
def few_and_all(request, noisy):
    """Scores of one way: of three candidates a row, and of all pairs."""
    score, model = WAYS[request.param], OneVsRest(n_jobs=1)
    return [score(model, *noisy, top_k=k) for k in (3, 40)]


@pytest.mark.parametrize("filter_by", FILTERS)
def test_flags_of_few_scores_and_sums_bound_those_of_all_scores(few_and_all, noisy, filter_by):
    few, every = few_and_all
    given = LabelMatrix(noisy[1], ROWS, LABELS)
    scores = PairScores(few.scores, ROWS, LABELS)
    found = find_label_issues(given, scores, sums=few.sums, filter_by=filter_by)
    exact = find_label_issues(given, every.scores.toarray(), filter_by=filter_by)
    certain, possible, true = (
        set(zip(frame["instance_id"], frame["label_id"], strict=True))
        for frame in (found[found["exact"]], found, exact)
    )
    assert certain <= true <= possible
    assert len(true) > 20
    assert len(certain) > 0.9 * len(possible)


def test_a_histogram_holds_every_stored_score_in_its_bin(few_and_all):
    few, _ = few_and_all
    stored = np.zeros_like(few.sums.histogram)
    add_to_histogram(stored, few.scores.indices, few.scores.data)
    assert (stored <= few.sums.histogram).all()


@pytest.mark.parametrize("score", WAYS.values(), ids=WAYS)
def test_a_label_of_one_row_scores_zero_there_and_is_not_judged(world, score):
    X, Y = world
    only = np.zeros((240, 1), bool)
    only[7] = True
    Y = csr_array(np.hstack([Y.toarray(), only]))
    result = score(OneVsRest(n_jobs=1), X, Y, also=Y)
    for scores, unjudged in (
        (result.scores, result.unjudged_pairs),
        (result.also, result.unjudged_also),
    ):
        stored = scores.tocoo()
        assert np.column_stack([stored.row, stored.col])[unjudged].tolist() == [[7, 40]]
        assert stored.data[unjudged].tolist() == [0]


def test_scores_that_are_brought_sum_to_what_is_stored_if_nothing_else_is_known():
    values = csr_array(np.float32([[0.5, 0], [0.25, 1]]))
    result = as_out_of_sample(PairScores(values, ROWS[:2], LABELS[:2]), also=csr_array(np.eye(2)))
    assert result.sums.sums.tolist() == [0.5 + 0.25, 1]
    assert result.sums.histogram is None
    assert result.also.toarray().tolist() == [[0.5, 0], [0, 1]]


def test_sums_below_what_is_stored_are_refused():
    values = csr_array(np.float32([[0.5, 0], [0.25, 1]]))
    with pytest.raises(InputError, match=r"1 labels, at positions \[0\], have a sum below"):
        as_out_of_sample(
            PairScores(values, ROWS[:2], LABELS[:2]), sums=ScoreSums(2, np.array([0.5, 1]))
        )


MODELS = {
    "tree": ClusteredOVR(branching=2, leaf_size=2, n_jobs=1),
    "one-vs-rest": OneVsRest(n_jobs=1),
}


def odd_worlds():
    """Twenty rows with something odd about them, by what it is."""
    rng = np.random.default_rng(3)
    X, Y = rng.random((20, 6)).astype(np.float32) / 3, rng.random((20, 4)) < 0.4
    none_and_all, bare, lone = Y.copy(), Y.copy(), X.copy()
    none_and_all[:, 0], none_and_all[:, 1] = True, False
    bare[3] = False
    lone[[3, 4]] = 0
    return {
        "labels given to none and to all": (X, none_and_all),
        "no label given": (X, np.zeros_like(Y)),
        "all labels given": (X, np.ones_like(Y)),
        "a row without labels and features": (lone, bare),
        "all rows alike": (np.full_like(X, 0.4), Y),
        "no features": (np.zeros_like(X), Y),
        "no column of features": (X[:, :0], Y),
        "one label": (X, Y[:, :1]),
        "two rows": (X[:2], np.ones((2, 4), bool)),
    }


ODD = odd_worlds()


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("score", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_rows_and_labels_get_sound_scores(odd, score, model):
    X, Y = map(csr_array, odd)
    folds = {"n_folds": 2} if score is out_of_fold else {}
    result = score(model, X, Y, also=csr_array(np.ones(Y.shape, bool)), **folds)
    PairScores(result.scores, ROWS[: Y.shape[0]], LABELS[: Y.shape[1]])
    PairScores(result.also, ROWS[: Y.shape[0]], LABELS[: Y.shape[1]])
    assert (pairs_in(result.scores, *Y.nonzero()) >= 0).all()
    assert result.also.nnz == Y.shape[0] * Y.shape[1]
    assert (result.sums.n_instances, len(result.sums.sums)) == Y.shape


@pytest.mark.parametrize("score", WAYS.values(), ids=WAYS)
def test_rows_that_are_all_alike_score_about_the_share_that_carries_the_label(score):
    X, Y = (
        csr_array(np.full((20, 3), 0.5, np.float32)),
        csr_array(np.tile([[1, 0], [0, 1]], (10, 1))),
    )
    scores = score(OneVsRest(n_jobs=1), X, Y, top_k=2).scores
    assert scores.nnz == 40
    np.testing.assert_allclose(scores.data, 0.5, atol=0.15)  # half of all rows carry each


def test_a_single_row_has_nothing_to_be_judged_by(world):
    X, Y = world[0][:1], csr_array(np.ones((1, 3), bool))
    result = leave_one_out(OneVsRest(n_jobs=1), X, Y)
    assert result.unjudged_pairs.tolist() == [True] * 3
    with pytest.raises(InputError, match="1 rows cannot be cut into 2 folds"):
        out_of_fold(OneVsRest(n_jobs=1), X, Y, n_folds=2)


def twice(Y):
    """The first pair stored a second time, as numbers."""
    indices, indptr = np.append(Y.indices[:1], Y.indices), Y.indptr + (np.arange(241) > 0)
    return csr_array((np.ones(len(indices)), indices, indptr), shape=Y.shape)


@pytest.mark.parametrize("score", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, Y: (X * np.nan, Y), "X: every value must be finite in float32, found"),
        (lambda X, Y: (X, Y * np.nan), r"Y: the confidence .* \[nan\], the first in rows \[0, 1,"),
        (lambda X, Y: (X, Y * 1.5), r"found .* other values: \[1.5\]"),
        (lambda X, Y: (X, Y * -0.5), r"found .* other values: \[-0.5\]"),
        (lambda X, Y: (X, twice(Y)), r"found 1 other values: \[2.0\].*sum up pairs stored twice"),
        (lambda X, Y: (X[:5], Y), "same rows, found 5 in X and 240 in Y"),
        (lambda X, Y: (X, Y[:, :0]), "at least one label, found none"),
        (lambda X, Y: (X[:0], Y[:0]), "at least one row|0 rows cannot be cut into 5 folds"),
    ],
)
def test_bad_instances_and_labels_are_refused_by_both_ways(world, score, change, message):
    with pytest.raises(InputError, match=message):
        score(OneVsRest(n_jobs=1), *change(*world))


def brought(P):
    rows, columns = ROWS[: len(P)], LABELS[: len(P[0])]
    values = csr_array((np.float32(P).ravel(), np.indices(np.shape(P)).reshape(2, -1)))
    return PairScores(values, rows, columns)


@pytest.mark.parametrize("P", [np.full((3, 2), 0.5), np.zeros((3, 2)), np.ones((3, 2)), [[0.3]]])
def test_equal_scores_and_a_single_one_may_be_brought(P):
    result = as_out_of_sample(brought(P), also=csr_array(np.ones(np.shape(P), bool)))
    np.testing.assert_array_equal(result.also.toarray(), np.float32(P))
    np.testing.assert_allclose(result.sums.sums, np.sum(P, axis=0))


def test_an_instance_without_brought_scores_stays_unjudged():
    values = csr_array((np.float32([0.5]), ([0], [1])), shape=(2, 2))
    scores = PairScores(values, ROWS[:2], LABELS[:2])
    result = as_out_of_sample(scores, also=csr_array(np.ones((2, 2), bool)))
    assert np.column_stack(result.also.nonzero()).tolist() == [[0, 1]]


@pytest.mark.parametrize("sums", [ScoreSums(3, np.full(3, 3.0)), ScoreSums(4, np.full(2, 3.0))])
def test_sums_of_other_axes_are_refused(sums):
    with pytest.raises(
        AxisMismatchError, match="expected those of 3 instances and 2 labels, found"
    ):
        as_out_of_sample(brought(np.full((3, 2), 0.5)), sums=sums)


@pytest.mark.parametrize("shape", [(3, 1), (4, 2)])
def test_pairs_of_another_shape_are_refused(shape):
    with pytest.raises(InputError, match=r"also: expected pairs of shape \(3, 2\), found"):
        as_out_of_sample(brought(np.full((3, 2), 0.5)), also=csr_array(np.ones(shape, bool)))

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.metrics import ndcg_score

from workbench.errors import AxisMismatchError, InputError
from workbench.evaluate.hits import find_hits, rank_labels
from workbench.evaluate.propensity import propensities, propensities_of_support
from workbench.evaluate.ranking import (
    ndcg_at_k,
    ndcg_gains,
    precision_at_k,
    precision_gains,
    psndcg_at_k,
    psndcg_gains,
    psp_at_k,
    psp_gains,
    recall_at_k,
    recall_gains,
)

MEASURES = {
    "precision": precision_at_k,
    "recall": recall_at_k,
    "ndcg": ndcg_at_k,
    "psp": lambda scores, truth, k: psp_at_k(scores, truth, k, PROPENSITY),
    "psndcg": lambda scores, truth, k: psndcg_at_k(scores, truth, k, PROPENSITY),
}

SCORES = csr_array(np.array([[0.9, 0.8, 0.7, 0.0], [0.1, 0.0, 0.3, 0.2], [0.5, 0.4, 0.0, 0.0]]))
TRUTH = csr_array(np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool))
PROPENSITY = np.array([0.5, 0.1, 0.25, 0.2])


def of_each(gains, scores, k, *propensity, truth=TRUTH):
    return gains(find_hits(scores, truth, k), *propensity).quotients()[:, -1]


def slow_measures(scores, truth, propensity, k):
    """Precision, recall, nDCG, PSP and PSnDCG by loops over dense rows; no stored zeros."""
    precision, recall, ndcg, psp, psndcg = [], [], [], [[], []], [[], []]
    for s, t in zip(scores, truth, strict=True):
        ranked = [c for c in sorted(range(len(s)), key=lambda c: (-s[c], c)) if s[c] > 0][:k]
        best = sorted(np.flatnonzero(t), key=lambda c: propensity[c])[:k]
        precision.append(sum(t[c] for c in ranked) / k)
        if t.sum():
            recall.append(sum(t[c] for c in ranked) / t.sum())
        ideal = sum(1 / np.log2(r + 2) for r in range(min(k, max(t.sum(), 1))))
        ndcg.append(sum(t[c] / np.log2(r + 2) for r, c in enumerate(ranked)) / ideal)
        for side, columns in enumerate((ranked, best)):
            gains = [t[c] / propensity[c] for c in columns]
            psp[side].append(sum(gains))
            psndcg[side].append(sum(g / np.log2(r + 2) for r, g in enumerate(gains)) / ideal)
    return (
        np.mean(precision),
        np.mean(recall),
        np.mean(ndcg),
        sum(psp[0]) / sum(psp[1]),
        sum(psndcg[0]) / sum(psndcg[1]),
    )


def random_problem(seed, n_instances=60, n_labels=12):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random((n_instances, n_labels)), 1)
    truth = rng.random((n_instances, n_labels)) < 0.15
    propensity = propensities_of_support(truth.sum(axis=0), n_instances)
    return scores, truth, propensity


def test_precision_counts_hits_among_the_first_k():
    assert precision_at_k(SCORES, TRUTH, 1) == pytest.approx((1 + 0 + 0) / 3)
    assert precision_at_k(SCORES, TRUTH, 2) == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)


def test_recall_leaves_out_instances_without_a_true_label():
    assert recall_at_k(SCORES, TRUTH, 2) == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert np.isnan(of_each(recall_gains, SCORES, 2)).tolist() == [False, False, True]


def test_ndcg_counts_an_instance_without_a_true_label_as_zero():
    top, second = 1, 1 / np.log2(3)
    expected = (top / (top + second) + second / (top + second) + 0) / 3
    assert ndcg_at_k(SCORES, TRUTH, 2) == pytest.approx(expected)
    assert of_each(ndcg_gains, SCORES, 2)[2] == 0


def test_psp_is_a_share_of_the_best_achievable():
    gained = 1 / 0.5 + 1 / 0.2
    achievable = (1 / 0.25 + 1 / 0.5) + (1 / 0.1 + 1 / 0.2)
    assert psp_at_k(SCORES, TRUTH, 2, PROPENSITY) == pytest.approx(gained / achievable)
    own = of_each(psp_gains, SCORES, 2, PROPENSITY)
    assert own[:2].tolist() == pytest.approx([2 / (4 + 2), 5 / (10 + 5)])
    assert np.isnan(own[2])


def test_the_best_ranking_gets_one():
    weighted = csr_array(TRUTH.toarray() / PROPENSITY)
    assert psp_at_k(weighted, TRUTH, 3, PROPENSITY) == 1
    assert psndcg_at_k(weighted, TRUTH, 3, PROPENSITY) == 1
    assert of_each(psndcg_gains, weighted, 3, PROPENSITY)[:2].tolist() == [1, 1]


@pytest.mark.parametrize("k", [1, 3, 5, 20])
@pytest.mark.parametrize("seed", range(5))
def test_measures_agree_with_dense_loops(seed, k):
    scores, truth, propensity = random_problem(seed)
    S, T = csr_array(scores), csr_array(truth)
    found = (
        precision_at_k(S, T, k),
        recall_at_k(S, T, k),
        ndcg_at_k(S, T, k),
        psp_at_k(S, T, k, propensity),
        psndcg_at_k(S, T, k, propensity),
    )
    assert found == pytest.approx(slow_measures(scores, truth, propensity, k))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_ndcg_agrees_with_scikit_learn(k):
    rng = np.random.default_rng(k)
    scores = rng.permutation(40 * 15).reshape(40, 15) + 1.0
    truth = rng.random((40, 15)) < 0.2
    expected = ndcg_score(truth, scores, k=k, ignore_ties=True)
    assert ndcg_at_k(csr_array(scores), csr_array(truth), k) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("mean", "gains"),
    [
        (precision_at_k, precision_gains),
        (recall_at_k, recall_gains),
        (ndcg_at_k, ndcg_gains),
    ],
)
def test_a_value_is_the_mean_over_its_instances(mean, gains):
    scores, truth, _ = random_problem(7)
    S, T = csr_array(scores), csr_array(truth)
    assert mean(S, T, 3) == pytest.approx(np.nanmean(of_each(gains, S, 3, truth=T)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6))
def test_order_of_instances_never_matters(seed, k):
    scores, truth, propensity = random_problem(seed, n_instances=8, n_labels=5)
    order = np.random.default_rng(seed).permutation(8)
    for measure in (precision_at_k, recall_at_k, ndcg_at_k):
        shuffled = measure(csr_array(scores[order]), csr_array(truth[order]), k)
        assert shuffled == pytest.approx(
            measure(csr_array(scores), csr_array(truth), k), nan_ok=True
        )
    shuffled = psp_at_k(csr_array(scores[order]), csr_array(truth[order]), k, propensity)
    assert shuffled == pytest.approx(
        psp_at_k(csr_array(scores), csr_array(truth), k, propensity), nan_ok=True
    )


def test_column_j_of_the_gains_is_the_measure_at_j():
    scores, truth, _ = random_problem(3)
    values = precision_gains(find_hits(csr_array(scores), csr_array(truth), 5)).values()
    expected = [precision_at_k(csr_array(scores), csr_array(truth), k) for k in range(1, 6)]
    assert values.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["csc", "coo", "lil", "dok"])
@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_a_square_matrix_of_any_format_measures_the_same(measure, kind):
    scores, truth, _ = random_problem(1, n_instances=4, n_labels=4)
    truth[0] = True
    S, T = csr_array(scores), csr_array(truth)
    expected = measure(S, T, 2)
    assert measure(S.asformat(kind), T, 2) == expected
    assert measure(S, T.asformat(kind), 2) == expected


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_what_is_not_sparse_is_refused_by_every_measure(measure):
    with pytest.raises(TypeError, match="predictions must be a scipy sparse matrix, found ndarray"):
        measure(SCORES.toarray(), TRUTH, 1)
    with pytest.raises(TypeError, match="truth must be a scipy sparse matrix, found DataFrame"):
        measure(SCORES, pd.DataFrame(TRUTH.toarray()), 1)


def test_a_truth_that_points_outside_is_refused():
    truth = TRUTH.copy()
    truth.indices[0] = 9
    with pytest.raises(InputError, match=r"truth: not a valid csr matrix: indices must be < 4"):
        precision_at_k(SCORES, truth, 1)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int64])
def test_whole_numbers_rank_as_the_same_floats_do(kind):
    scores = csr_array((np.array([0, 7, 3], kind), ([0, 0, 0], [0, 1, 2])), shape=(1, 4))
    assert rank_labels(scores, 3).tolist() == [[1, 2, 0]]


def test_propensities_may_be_a_list():
    listed = psp_at_k(SCORES, TRUTH, 2, PROPENSITY.tolist())
    assert listed == psp_at_k(SCORES, TRUTH, 2, PROPENSITY)


def test_ties_go_to_the_lower_column():
    scores = csr_array(np.array([[0.5, 0.9, 0.5, 0.5]]))
    assert rank_labels(scores, 3).tolist() == [[1, 0, 2]]


def test_unsorted_columns_rank_the_same():
    indices, indptr = np.array([3, 0, 2]), np.array([0, 3])
    scores = csr_array((np.array([0.5, 0.5, 0.7]), indices, indptr), shape=(1, 4))
    assert rank_labels(scores, 3).tolist() == [[2, 0, 3]]


def test_absent_is_not_predicted_but_a_stored_zero_is():
    scores = csr_array((np.array([0.0]), ([0], [2])), shape=(1, 4))
    assert rank_labels(scores, 2).tolist() == [[2, -1]]
    assert precision_at_k(scores, csr_array(np.ones((1, 4), bool)), 2) == 1 / 2


def test_a_stored_zero_in_the_truth_is_not_true():
    truth = csr_array((np.array([1.0, 0.0]), ([0, 0], [0, 1])), shape=(1, 4))
    scores = csr_array(np.array([[0.5, 0.9, 0.1, 0.1]]))
    assert precision_at_k(scores, truth, 1) == 0


def test_without_any_true_label_there_is_no_recall_and_no_psp():
    nothing = csr_array((3, 4), dtype=bool)
    assert np.isnan(recall_at_k(SCORES, nothing, 2))
    assert np.isnan(psp_at_k(SCORES, nothing, 2, PROPENSITY))
    assert precision_at_k(SCORES, nothing, 2) == 0


def test_propensities_follow_the_paper():
    Y = csr_array(np.array([[1, 1, 0]] * 20 + [[1, 0, 0]] * 80, bool))
    C = (np.log(100) - 1) * 2.5**0.55
    expected = [1 / (1 + C * (n + 1.5) ** -0.55) for n in (100, 20, 0)]
    assert propensities(Y).tolist() == pytest.approx(expected)
    assert (np.diff(propensities(Y, A=0.6, B=2.6)) < 0).all()


def test_a_stored_zero_is_not_given_to_propensities():
    Y = csr_array(np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]))
    Y.data[1] = 0
    without = Y.copy()
    without.eliminate_zeros()
    assert propensities(Y).tolist() == propensities(without).tolist()
    assert propensities(Y.tocsc()).tolist() == propensities(without).tolist()


def test_propensities_of_two_instances_stay_at_most_one():
    assert propensities(csr_array(np.eye(2, dtype=bool))).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: precision_at_k(SCORES, TRUTH[:2], 1), AxisMismatchError, r"\(3, 4\) do not fit"),
        (lambda: precision_at_k(SCORES, TRUTH, 0), ValueError, "k must be a .* 1 or more, found 0"),
        (lambda: precision_at_k(SCORES, TRUTH, 1.5), ValueError, "whole number .* found 1.5"),
        (lambda: precision_at_k(SCORES, TRUTH, "5"), ValueError, "whole number .* found '5'"),
        (lambda: precision_at_k(TRUTH, SCORES, 1), TypeError, r"found bool; .*\(predictions, "),
        (lambda: propensities(TRUTH.toarray()), TypeError, "Y_train must be .* found ndarray"),
        (lambda: precision_at_k(SCORES * np.nan, TRUTH, 1), InputError, "8 of 8 scores are NaN"),
        (lambda: psp_at_k(SCORES, TRUTH, 1, PROPENSITY[:3]), AxisMismatchError, "of 4 labels"),
        (lambda: psp_at_k(SCORES, TRUTH, 1, 0 * PROPENSITY), InputError, r"lie in \(0, 1\]"),
        (lambda: psp_at_k(SCORES, TRUTH, 1, ["x"] * 4), TypeError, "numbers, found list of <U1"),
        (lambda: psp_at_k(SCORES, TRUTH, 1, TRUTH), TypeError, "found csr_array of object"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_pair_predicted_twice_is_refused():
    scores = csr_array((np.array([0.5, 0.7]), np.array([1, 1]), np.array([0, 2])), shape=(1, 4))
    with pytest.raises(InputError, match="predictions: some pairs are stored twice"):
        rank_labels(scores, 1)

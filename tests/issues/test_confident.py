"""Confident learning on sparse scores, against cleanlab's dense one."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError
from workbench.issues.confident import find_label_issues, flag_pairs, label_thresholds
from workbench.matrices import LabelMatrix, PairScores

FILTERS = ["confident_learning", "predicted_neq_given", "low_self_confidence"]


def problem(seed: int, *, n_labels: int = 6) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Return random given labels and scores; no label is given to none or to all."""
    rng = np.random.default_rng(seed)
    n_instances = int(rng.integers(20, 120))
    share = rng.uniform(0.05, 0.7, n_labels)
    Y = rng.random((n_instances, n_labels)) < share
    Y[0], Y[1] = True, False
    sharpness = rng.uniform(0.5, 6)
    P = 1 / (1 + np.exp(-sharpness * (Y - rng.uniform(0.2, 0.8) + rng.normal(0, 0.6, Y.shape))))
    return Y, P.astype(np.float32)


def sparse(
    Y: NDArray[np.bool_], P: NDArray[np.float32], kept: NDArray[np.bool_]
) -> tuple[LabelMatrix, PairScores]:
    instances = pd.Index([f"i{i}" for i in range(len(Y))])
    labels = pd.Index([f"l{j}" for j in range(Y.shape[1])])
    given = LabelMatrix(csr_array(Y), instances, labels)
    rows, columns = np.nonzero(kept)
    values = csr_array((P[rows, columns], (rows, columns)), shape=Y.shape)
    return given, PairScores(values, instances, labels)


def flags_of_cleanlab(
    Y: NDArray[np.bool_], P: NDArray[np.float32], filter_by: str
) -> NDArray[np.bool_]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find_multilabel_issues_per_class(
            labels=[np.flatnonzero(row).tolist() for row in Y],
            pred_probs=P.astype(np.float64),
            filter_by=filter_by,
            n_jobs=1,
        )


@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("seed", range(25))
def test_flags_equal_cleanlab_though_only_given_and_likely_pairs_are_judged(
    seed: int, filter_by: str
) -> None:
    Y, P = problem(seed)
    given, scores = sparse(Y, P, kept=Y | (P > 0.5))
    thresholds = label_thresholds(given, scores, P.astype(np.float64).sum(axis=0))
    flagged = flag_pairs(given, scores, thresholds, filter_by=filter_by)
    found = np.zeros(Y.shape, bool)
    found[scores.rows_of_pairs()[flagged], scores.values.indices[flagged]] = True
    np.testing.assert_array_equal(found, flags_of_cleanlab(Y, P, filter_by))


def test_normalised_margin_is_self_confidence_in_a_binary_problem() -> None:
    Y, P = problem(3)
    np.testing.assert_array_equal(
        flags_of_cleanlab(Y, P, "low_normalized_margin"),
        flags_of_cleanlab(Y, P, "low_self_confidence"),
    )


def test_thresholds_are_the_mean_scores_of_given_and_other_pairs(
    given: LabelMatrix, scores: PairScores
) -> None:
    sums = np.array([1.8, 1.2, 1.9, 1.3, 0.9])
    thresholds = label_thresholds(given, scores, sums)
    assert thresholds.present[3] == pytest.approx((0.6 + 0.4) / 2)
    assert thresholds.absent[3] == pytest.approx((1.3 - 0.6 - 0.4) / 4)


def test_label_given_to_none_or_to_all_is_never_contradicted() -> None:
    Y = np.array([[True, False], [True, False]])
    given, scores = sparse(Y, np.float32([[0.1, 0.9], [0.2, 0.9]]), kept=np.ones((2, 2), bool))
    issues = find_label_issues(given, scores, column_sums=np.array([0.3, 1.8]))
    assert len(issues) == 0


def test_issues_come_most_contradicted_first(given: LabelMatrix, scores: PairScores) -> None:
    issues = find_label_issues(
        given, scores, column_sums=np.array([1.8, 1.2, 2.0, 5.0, 0.9]), filter_by=FILTERS[1]
    )
    assert issues["kind"].tolist() == ["wrong", "missing", "wrong"]
    assert issues["score"].round(1).tolist() == pytest.approx([0.3, 0.7, 0.4])


def test_no_given_pair_at_all_flags_nothing() -> None:
    given, scores = sparse(np.zeros((3, 2), bool), np.zeros((3, 2), np.float32), np.eye(3, 2) > 0)
    assert find_label_issues(given, scores, column_sums=np.zeros(2)).empty


def test_sums_smaller_than_the_given_pairs_alone_are_refused(
    given: LabelMatrix, scores: PairScores
) -> None:
    with pytest.raises(ValueError, match=r"1 labels sum to less .* positions \[0\]"):
        label_thresholds(given, scores, np.array([1.0, 1.2, 1.9, 1.3, 0.9]))


def test_sums_of_another_length_are_refused(given: LabelMatrix, scores: PairScores) -> None:
    with pytest.raises(ValueError, match="expected 5 values"):
        label_thresholds(given, scores, np.ones(4))


def test_unknown_filter_names_the_known_ones(given: LabelMatrix, scores: PairScores) -> None:
    with pytest.raises(ValueError, match="predicted_neq_given"):
        find_label_issues(
            given,
            scores,
            column_sums=np.full(5, 6.0),
            filter_by="both",  # type: ignore[arg-type]
        )


def test_scores_of_other_instances_are_refused(given: LabelMatrix, scores: PairScores) -> None:
    other = PairScores(scores.values[:5], scores.instance_ids[:5], scores.label_ids)
    with pytest.raises(AxisMismatchError, match="do not share their instances"):
        find_label_issues(given, other, column_sums=np.full(5, 6.0))

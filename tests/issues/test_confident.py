"""Confident learning on sparse scores: options, odd input, what is known of it."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.issues import compact_scores, find_label_issues
from workbench.issues.confident import flag_pairs
from workbench.issues.filters import FilterBy
from workbench.issues.thresholds import label_thresholds
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums

FILTERS = get_args(FilterBy)
SUMS = ScoreSums(6, np.array([1.8, 1.2, 1.9, 1.3, 0.9]))


def labels_of(Y: list[list[int]]) -> LabelMatrix:
    instances = pd.Index([f"i{i}" for i in range(len(Y))])
    labels = pd.Index([f"l{j}" for j in range(len(Y[0]))])
    return LabelMatrix(csr_array(np.array(Y, bool)), instances, labels)


def found(issues: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(issues["instance_id"], issues["label_id"], strict=True))


@pytest.mark.parametrize("filter_by", [f for f in FILTERS if f != "predicted_neq_given"])
def test_label_given_to_none_or_to_all_has_no_issues(filter_by: FilterBy) -> None:
    given = labels_of([[1, 0]] * 6)
    P = np.tile(np.float32([0.1, 0.9]), (6, 1))
    assert find_label_issues(given, P, filter_by=filter_by).empty


def test_predicted_neq_given_asks_for_no_thresholds() -> None:
    issues = find_label_issues(
        labels_of([[1, 0]] * 2), np.float32([[0.1, 0.9]] * 2), filter_by="predicted_neq_given"
    )
    assert sorted(issues["kind"]) == ["missing", "missing", "wrong", "wrong"]


@pytest.mark.parametrize("filter_by", FILTERS)
def test_one_instance_has_no_issue_that_a_comparison_could_show(filter_by: FilterBy) -> None:
    issues = find_label_issues(labels_of([[1, 0]]), np.float32([[0.9, 0.2]]), filter_by=filter_by)
    assert issues.empty


@pytest.mark.parametrize("filter_by", FILTERS[3:])
@pytest.mark.parametrize(("score", "kinds"), [(0.0, {"wrong"}), (0.5, set()), (1.0, {"missing"})])
def test_equal_scores_contradict_one_state_or_none(
    filter_by: FilterBy, score: float, kinds: set[str]
) -> None:
    issues = find_label_issues(
        labels_of([[1], [1], [0], [0], [0]]), np.full((5, 1), score), filter_by=filter_by
    )
    assert set(issues["kind"]) == kinds


@pytest.mark.parametrize("filter_by", FILTERS[:3])
def test_of_equal_scores_the_first_are_pruned(filter_by: FilterBy) -> None:
    issues = find_label_issues(
        labels_of([[1], [1], [1], [0], [0]]), np.zeros((5, 1)), filter_by=filter_by
    )
    # All three look absent; the one that stays at least is taken from what is wrong.
    assert issues["instance_id"].tolist() == ["i0", "i1"]


@pytest.mark.parametrize("filter_by", FILTERS)
def test_instance_without_labels_and_candidates_is_no_trouble(
    given: LabelMatrix, scores: PairScores, filter_by: FilterBy
) -> None:
    assert given.values.indptr[5] == given.values.indptr[6]
    bare = scores.values.copy()
    bare.indptr = np.append(bare.indptr[:6], bare.indptr[5])
    bare.data, bare.indices = bare.data[: bare.indptr[5]], bare.indices[: bare.indptr[5]]
    emptied = PairScores(bare, scores.instance_ids, scores.label_ids)
    issues = find_label_issues(given, emptied, sums=SUMS, filter_by=filter_by)
    assert "socks" not in set(issues["instance_id"])


@pytest.mark.parametrize("filter_by", FILTERS)
def test_no_instance_at_all_has_no_issue(filter_by: FilterBy) -> None:
    nobody = LabelMatrix(csr_array((0, 2), dtype=bool), pd.Index([]), pd.Index(["a", "b"]))
    assert find_label_issues(nobody, np.zeros((0, 2)), filter_by=filter_by).empty


def test_given_pair_without_a_score_is_left_out(given: LabelMatrix, scores: PairScores) -> None:
    kept = np.arange(1, scores.n_judged)  # not (adidas blue 26, Brand: adidas)
    values = csr_array(
        (scores.values.data[kept], (scores.rows_of_pairs()[kept], scores.values.indices[kept])),
        shape=(6, 5),
    )
    fewer = PairScores(values, scores.instance_ids, scores.label_ids)
    thresholds = label_thresholds(given, fewer, SUMS.sums - [0, 0.9, 0, 0, 0])
    assert thresholds.present[1] == 2
    assert thresholds.absent[1] == pytest.approx((1.2 - 0.9) / 5)


def test_thresholds_are_the_mean_scores_of_given_and_other_pairs(
    given: LabelMatrix, scores: PairScores
) -> None:
    thresholds = label_thresholds(given, scores, SUMS.sums)
    assert thresholds.present[3] == pytest.approx((0.6 + 0.4) / 2)
    assert thresholds.absent[3] == pytest.approx((1.3 - 0.6 - 0.4) / 4)


def test_issues_come_most_contradicted_first(given: LabelMatrix, scores: PairScores) -> None:
    issues = find_label_issues(given, scores, sums=SUMS, filter_by="predicted_neq_given")
    assert issues["kind"].tolist() == ["wrong", "missing", "wrong"]
    assert issues["score"].round(1).tolist() == pytest.approx([0.3, 0.7, 0.4])


def test_pairs_that_are_flagged_by_the_thresholds_are_those_of_the_table(
    given: LabelMatrix, scores: PairScores
) -> None:
    flagged = flag_pairs(given, scores, label_thresholds(given, scores, SUMS.sums))
    issues = find_label_issues(given, scores, sums=SUMS, filter_by="confident_learning")
    rows, columns = scores.rows_of_pairs()[flagged], scores.values.indices[flagged]
    ids = zip(given.instance_ids[rows], given.label_ids[columns], strict=True)
    assert set(ids) == found(issues)


def test_without_sums_what_the_unjudged_scores_decide_is_not_exact() -> None:
    given = labels_of([[1]] * 4 + [[0]] * 4)
    P = np.float32([[0.9], [0.8], [0.3], [0.05], [0.2], [0.2], [0.2], [0.2]])
    judged = csr_array((P[:4, 0], ([0, 1, 2, 3], [0] * 4)), shape=(8, 1))
    scores = PairScores(judged, given.instance_ids, given.label_ids)
    # At most .5 each, the mean of the others may be anything up to .5; with the bound .1, .1.
    for at_most, listed in ((0.5, {"i2", "i3"}), (0.1, {"i3"})):
        with pytest.warns(UserWarning, match=r"lists . pairs, and only 0 of them .* give sums="):
            issues = find_label_issues(
                given, scores, filter_by="confident_learning", unjudged_at_most=at_most
            )
        assert set(issues["instance_id"]) == listed
        assert not issues["exact"].any()
    exact = find_label_issues(
        given, scores, sums=ScoreSums.from_dense(P), filter_by="confident_learning"
    )
    assert exact["instance_id"].tolist() == ["i3"]
    assert exact["exact"].all()


def test_share_of_noise_shortens_the_list() -> None:
    given = labels_of([[1]] * 12 + [[0]] * 12)
    P = np.repeat(np.float32([0.9, 0.1, 0.1]), [6, 6, 12])[:, None]
    whole, half = (len(find_label_issues(given, P, frac_noise=f)) for f in (1.0, 0.5))
    assert (whole, half) == (6, 3)


def test_number_to_remove_takes_the_least_likely_given_pairs() -> None:
    given = labels_of([[1]] * 4 + [[0]] * 2)
    P = np.float32([[0.9], [0.3], [0.2], [0.1], [0.8], [0.1]])
    issues = find_label_issues(given, P, num_to_remove_per_class=[2])
    assert issues["instance_id"].tolist() == ["i3", "i2"]


def test_of_a_label_with_too_few_given_pairs_none_is_flagged() -> None:
    given = labels_of([[1]] * 3 + [[0]] * 9)
    P = np.float32([[0.9], [0.9], [0.01]] + [[0.1]] * 9)
    assert len(find_label_issues(given, P, min_examples_per_class=1)) == 1
    assert find_label_issues(given, P, min_examples_per_class=3).empty


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.5, np.inf])
def test_dense_scores_that_are_no_probabilities_are_refused(value: float) -> None:
    P = np.full((3, 1), 0.5)
    P[1] = value
    with pytest.raises(InputError, match=r"1 of 3 values are NaN or outside .* \[\(1, 0\)\]"):
        find_label_issues(labels_of([[1], [0], [1]]), P)


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.5])
def test_sparse_scores_that_are_no_probabilities_are_refused(value: float) -> None:
    given = labels_of([[1], [1]])
    with pytest.raises(InputError, match="1 of 1 values are NaN or outside"):
        PairScores(csr_array(np.float32([[value], [0]])), given.instance_ids, given.label_ids)


def test_ids_that_appear_twice_are_refused() -> None:
    with pytest.raises(InputError, match=r"1 instance ids appear more than once: \['q'\]"):
        LabelMatrix(csr_array(np.ones((2, 1), bool)), pd.Index(["q", "q"]), pd.Index(["a"]))


def test_scores_of_other_instances_are_refused(given: LabelMatrix, scores: PairScores) -> None:
    other = PairScores(scores.values, scores.instance_ids[::-1], scores.label_ids)
    with pytest.raises(AxisMismatchError, match="the order differs"):
        find_label_issues(given, other, sums=SUMS)


def test_dense_scores_of_another_shape_are_refused(given: LabelMatrix) -> None:
    with pytest.raises(AxisMismatchError, match=r"expected shape \(6, 5\).* found \(5, 6\)"):
        find_label_issues(given, np.zeros((5, 6)))


@pytest.mark.parametrize("sums", [ScoreSums(7, np.ones(5)), ScoreSums(6, np.ones(4))])
def test_sums_of_other_axes_are_refused(
    given: LabelMatrix, scores: PairScores, sums: ScoreSums
) -> None:
    with pytest.raises(AxisMismatchError, match="6 instances and 5 labels, found"):
        find_label_issues(given, scores, sums=sums)


def test_sums_smaller_than_the_given_pairs_alone_are_refused(
    given: LabelMatrix, scores: PairScores
) -> None:
    with pytest.raises(InputError, match=r"1 labels sum to less .* positions \[0\]"):
        find_label_issues(given, scores, sums=ScoreSums(6, np.array([1.0, 1.2, 1.9, 1.3, 0.9])))


def test_sums_of_another_length_are_refused(given: LabelMatrix, scores: PairScores) -> None:
    with pytest.raises(InputError, match="expected 5 values"):
        label_thresholds(given, scores, np.ones(4))


def test_histograms_of_another_run_are_refused(given: LabelMatrix, scores: PairScores) -> None:
    zeros = ScoreSums.from_dense(np.zeros((6, 5), np.float32))
    other = ScoreSums(6, SUMS.sums, zeros.histogram)
    with pytest.raises(InputError, match=r"histograms of 5 labels .* from one run"):
        find_label_issues(given, scores, sums=other)


def test_unknown_filter_names_the_known_ones(given: LabelMatrix, scores: PairScores) -> None:
    with pytest.raises(ValueError, match=r"prune_by_noise_rate.*found 'best'"):
        find_label_issues(given, scores, filter_by="best")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frac_noise": 1.2}, r"frac_noise must be in \[0, 1\], found 1.2"),
        ({"min_examples_per_class": -1}, "min_examples_per_class must be 0 or more"),
        ({"unjudged_at_most": 2.0}, "unjudged_at_most must be in"),
        ({"num_to_remove_per_class": [1]}, r"expected numbers of shape \(5,\)"),
        ({"num_to_remove_per_class": [-1] * 5}, "0 or more, found 5 others"),
        ({"num_to_remove_per_class": [0.5] * 5}, "whole numbers"),
        ({"confident_joint": np.ones((5, 2))}, r"expected numbers of shape \(5, 2, 2\)"),
        ({"confident_joint": np.full((5, 2, 2), np.nan)}, "found 20 others"),
        ({"filter_by": "confident_learning", "frac_noise": 0.5}, "frac_noise: has no meaning"),
    ],
)
def test_options_out_of_range_or_without_a_meaning_are_refused(
    given: LabelMatrix, scores: PairScores, options: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        find_label_issues(given, scores, sums=SUMS, **options)


def test_sums_beside_dense_scores_are_refused(given: LabelMatrix) -> None:
    with pytest.raises(ValueError, match="leave them out"):
        find_label_issues(given, np.zeros((6, 5)), sums=SUMS)


@pytest.mark.parametrize("order", [[5, 2, 0, 4, 1, 3]])
@pytest.mark.parametrize("filter_by", FILTERS)
def test_order_of_instances_does_not_matter(filter_by: FilterBy, order: list[int]) -> None:
    rng = np.random.default_rng(0)
    Y, P = rng.random((6, 3)) < 0.5, rng.random((6, 3)).astype(np.float32)
    given = LabelMatrix(csr_array(Y), pd.Index(list("abcdef")), pd.Index(list("xyz")))
    moved: NDArray[np.float32] = P[order]
    one = find_label_issues(given, P, filter_by=filter_by)
    other = find_label_issues(given.take_instances(np.array(order)), moved, filter_by=filter_by)
    assert found(one) == found(other)


def test_compact_scores_can_be_kept_for_later(given: LabelMatrix) -> None:
    P = np.random.default_rng(1).random((6, 5))
    compact = compact_scores(given, P)
    later = find_label_issues(
        given, compact.scores, sums=compact.sums, confident_joint=compact.confident_joint
    )
    pd.testing.assert_frame_equal(later, find_label_issues(given, P))

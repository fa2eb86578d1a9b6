from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.evaluate.detection import detection_report
from workbench.issues import find_label_issues
from workbench.issues.comparison import draw_comparison_pairs
from workbench.issues.ranking import RankedIssues, rank_issues, scores_like
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums


@pytest.fixture(scope="module")
def ranked(shop) -> RankedIssues:
    return rank(shop, below_quality=1.1)


def rank(shop, **options: object) -> RankedIssues:
    return rank_issues(
        shop.noisy.given,
        shop.scores,
        shop.column_sums,
        **({"features": shop.features, "labels": shop.labels, "texts": shop.texts} | options),
    )


def detection(shop, issues: pd.DataFrame) -> pd.DataFrame:
    given = shop.noisy.given
    return detection_report(
        issues,
        wrong=shop.noisy.wrong,
        missing=shop.noisy.missing,
        n_given=given.n_given,
        n_absent=given.values.shape[0] * given.values.shape[1] - given.n_given,
        budgets=(50,),
    )


def test_top_of_the_queue_beats_a_random_one_and_the_score_alone(shop, ranked) -> None:
    ours = detection(shop, ranked.frame)
    by_score = ranked.frame.copy()
    by_score["rank"] = by_score["score"].where(by_score["kind"] == "wrong", -by_score["score"])
    alone = detection(shop, by_score)
    assert ours.loc["wrong", "lift_at_50"] > 6
    assert ours.loc["missing", "lift_at_50"] > 10
    assert (ours["average_precision"] > 1.15 * alone["average_precision"]).all()


def test_frame_has_the_columns_and_types_of_the_issue_table(ranked) -> None:
    assert ranked.frame.dtypes.astype(str).to_dict() == {
        "instance_id": "str",
        "label_id": "str",
        "kind": "str",
        "given": "bool",
        "score": "float32",
        "threshold": "float32",
        "label_quality": "float32",
        "rank": "int64",
        "reason": "str",
        "pattern_id": "str",
    }


@pytest.mark.parametrize("kind", ["wrong", "missing"])
def test_ranks_count_from_one_and_quality_never_falls_with_rank(ranked, kind: str) -> None:
    issues = ranked.frame[ranked.frame["kind"] == kind]
    assert issues["rank"].tolist() == list(range(1, len(issues) + 1))
    assert (np.diff(issues["label_quality"]) >= 0).all()
    assert (issues["given"] == (kind == "wrong")).all()


def test_label_quality_adds_up_to_about_the_injected_noise(shop, ranked) -> None:
    wrong = ranked.frame[ranked.frame["kind"] == "wrong"]
    assert (1 - wrong["label_quality"]).sum() == pytest.approx(len(shop.noisy.wrong), rel=0.5)


def test_issues_are_low_quality_or_flagged_by_confident_learning(shop, ranked) -> None:
    kept = rank(shop, below_quality=0.3).frame
    sums = ScoreSums(len(shop.texts), shop.column_sums)
    flagged = find_label_issues(
        shop.noisy.given, shop.scores, sums=sums, filter_by="confident_learning"
    )
    pairs = pd.MultiIndex.from_frame(flagged[["instance_id", "label_id"]])
    is_flagged = pd.MultiIndex.from_frame(kept[["instance_id", "label_id"]]).isin(pairs)
    assert is_flagged.sum() == len(flagged)
    assert (kept["label_quality"][~is_flagged] < 0.3).all()
    only_low = rank(shop, below_quality=0.3, keep_flagged=False).frame
    assert (only_low["label_quality"] < 0.3).all()


def test_same_seed_gives_the_same_table(shop, ranked) -> None:
    pd.testing.assert_frame_equal(rank(shop, below_quality=1.1).frame, ranked.frame)


def test_scores_alone_are_enough(shop) -> None:
    bare = rank(shop, features=None, labels=None, texts=None, below_quality=1.1)
    assert detection(shop, bare.frame).loc["wrong", "lift_at_50"] > 3
    assert not bare.frame["reason"].str.contains("similar|text|better").any()


def test_scored_comparison_pairs_take_the_place_of_drawn_ones(shop) -> None:
    drawn = draw_comparison_pairs(shop.noisy.given, shop.labels)
    truth = shop.truth.values.toarray()[
        np.repeat(np.arange(drawn.shape[0]), np.diff(drawn.indptr)), drawn.indices
    ]
    noise = np.random.default_rng(0).random(drawn.nnz) * 0.2
    values = csr_array(((truth * 0.5 + noise).astype(np.float32), drawn.indices, drawn.indptr))
    comparison = PairScores(values, shop.truth.instance_ids, shop.truth.label_ids)
    found = detection(shop, rank(shop, comparison=comparison, below_quality=1.1).frame)
    assert found.loc["wrong", "lift_at_50"] > 6


def test_votes_that_know_the_truth_lift_the_wrong_labels(shop, ranked) -> None:
    truth = np.where(shop.truth.values.toarray(), 3.0, -1.0)
    votes = truth + np.random.default_rng(1).normal(0, 1, truth.shape)
    helped = rank(shop, votes_log_odds=csr_array(votes.astype(np.float32)), below_quality=1.1)
    before, after = detection(shop, ranked.frame), detection(shop, helped.frame)
    assert (after["average_precision"] > before["average_precision"]).all()
    assert helped.frame["reason"].str.contains("the weak signals give it").all()


def test_rare_labels_are_not_ranked_but_counted(shop) -> None:
    ranked = rank(shop, min_support=60, below_quality=1.1)
    support = pd.Series(shop.noisy.given.support(), index=shop.noisy.given.label_ids)
    assert (support[ranked.frame["label_id"]] >= 60).all()
    assert ranked.coverage.unjudged["n_pairs"].sum() == support[support < 60].sum()


def test_tiny_data_is_ranked_by_the_score(given: LabelMatrix, scores: PairScores) -> None:
    sums = np.full(5, 2.0)
    frame = rank_issues(given, scores, sums, min_support=1, below_quality=1.1).frame
    wrong = frame[frame["kind"] == "wrong"]
    assert wrong["score"].is_monotonic_increasing
    assert wrong["instance_id"].iloc[0] == "blue bag"
    assert len(frame) == 10


def test_nothing_judged_gives_an_empty_table(given: LabelMatrix) -> None:
    nothing = PairScores(csr_array((6, 5), dtype=np.float32), given.instance_ids, given.label_ids)
    ranked = rank_issues(given, nothing, np.zeros(5))
    assert ranked.frame.empty
    assert ranked.coverage.unjudged["n_pairs"].sum() == 8


def test_progress_counts_up_to_the_end(shop) -> None:
    seen: list[tuple[int, int]] = []
    rank(shop, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_where_all_scores_are_equal_the_other_views_make_the_order(shop, score: float) -> None:
    equal = scores_like(shop.scores, np.full(shop.scores.n_judged, score))
    sums = np.full(len(shop.labels), score * len(shop.texts))
    parts = {"features": shop.features, "labels": shop.labels, "texts": shop.texts}
    found = rank_issues(shop.noisy.given, equal, sums, below_quality=1.1, **parts).frame
    assert found.drop(columns="pattern_id").notna().all(axis=None)
    assert (detection(shop, found)["lift_at_50"] > 6).all()


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_where_no_view_tells_pairs_apart_the_score_is_the_probability(score: float) -> None:
    given = LabelMatrix(
        csr_array(np.arange(60)[:, None] < 30), pd.RangeIndex(60).astype(str), pd.Index(["a"])
    )
    dense = csr_array((np.full(60, score, np.float32), (np.arange(60), np.zeros(60, int))))
    scores = PairScores(dense, given.instance_ids, given.label_ids)
    found = rank_issues(given, scores, np.array([60 * score]), below_quality=1.1).frame
    wrong, missing = (found["label_quality"][found["kind"] == k] for k in ("wrong", "missing"))
    np.testing.assert_allclose(wrong, score, atol=1e-5)
    np.testing.assert_allclose(missing, 1 - score, atol=1e-5)


def odd_pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Which pairs are given and which of them are judged, by what is odd about them."""
    given = np.random.default_rng(0).random((12, 3)) < 0.4
    every, some, bare = np.ones_like(given), given.copy(), given.copy()
    every_label = given.copy()
    every_label[:, 0], every_label[:, 1] = True, False
    some[0] = bare[0] = False
    return {
        "labels given to all and to none": (every_label, every),
        "no label given": (np.zeros_like(given), every),
        "all labels given": (every, every),
        "nothing but given pairs judged": (given, given),
        "an instance without labels and candidates": (bare, bare),
        "an instance of which nothing is judged": (given, some),
        "one instance": (np.array([[True, False]]), np.array([[True, True]])),
        "one pair": (np.array([[True]]), np.array([[True]])),
        "no instance": (given[:0], given[:0]),
        "no label": (given[:, :0], given[:, :0]),
    }


@pytest.mark.parametrize("with_all", [False, True])
@pytest.mark.parametrize("odd", odd_pairs().values(), ids=odd_pairs())
def test_odd_pairs_are_all_ranked_or_counted(odd, with_all: bool) -> None:
    (Y, judged), (n, n_labels) = odd, odd[0].shape
    ids = pd.Index([f"i{i}" for i in range(n)], dtype="str")
    names = pd.Index([f"l{j}" for j in range(n_labels)], dtype="str")
    dense = np.random.default_rng(1).random(Y.shape).astype(np.float32)
    values = csr_array((dense[judged], np.nonzero(judged)), shape=Y.shape)
    given, scores = LabelMatrix(csr_array(Y), ids, names), PairScores(values, ids, names)
    parts = {
        "features": csr_array(np.eye(n, 4, dtype=np.float32) + 0.1),
        "labels": pd.DataFrame({"label_id": names, "attribute": "Color", "value": names}),
        "texts": ["l0"] * n,
    }
    ranked = rank_issues(
        given, scores, dense.sum(axis=0), min_support=1, below_quality=1.1,
        **(parts if with_all else {}),
    )  # fmt: skip
    support = given.support()[values.indices]
    assert len(ranked.frame) == (support >= 1).sum()
    assert ranked.frame.drop(columns="pattern_id").notna().all(axis=None)
    assert ranked.coverage.unjudged["n_pairs"].sum() == (Y & ~judged).sum()
    assert ranked.presence.n_judged == judged.sum()

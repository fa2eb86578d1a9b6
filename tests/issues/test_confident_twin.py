"""Confident learning on sparse scores flags what cleanlab flags on dense ones."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from cleanlab.multilabel_classification import filter as cleanlab_filter
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues import compact_scores, find_label_issues, rank_instances
from workbench.issues.filters import FilterBy
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums

# Where the scores of most pairs are not stored, as here, it warns.
pytestmark = pytest.mark.filterwarnings("ignore:filter_by=.* lists")
FILTERS = get_args(FilterBy)
PRUNING, OTHERS = FILTERS[:3], FILTERS[3:]
QUICK = range(8)
SLOW = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 60)]


def problem(seed: int) -> tuple[LabelMatrix, NDArray[np.float32]]:
    """Return random given labels and scores; no label is given to none or to all."""
    rng = np.random.default_rng(seed)
    n_instances, n_labels = int(rng.integers(20, 200)), int(rng.integers(2, 9))
    Y = rng.random((n_instances, n_labels)) < rng.uniform(0.02, 0.7, n_labels)
    Y[0], Y[1] = True, False
    sharpness, centre = rng.uniform(0.5, 6), rng.uniform(0.2, 0.8)
    P = 1 / (1 + np.exp(-sharpness * (Y - centre + rng.normal(0, 0.6, Y.shape))))
    return label_matrix(Y), P.astype(np.float32)


def label_matrix(Y: NDArray[np.bool_]) -> LabelMatrix:
    instances = pd.Index([f"i{i}" for i in range(len(Y))])
    return LabelMatrix(csr_array(Y), instances, pd.Index([f"l{j}" for j in range(Y.shape[1])]))


def options(seed: int, filter_by: str) -> dict[str, Any]:
    """Return the defaults for every other seed, random options of pruning for the rest."""
    rng = np.random.default_rng(seed)
    if seed % 2 == 0 or filter_by not in PRUNING:
        return {}
    return {
        "frac_noise": float(rng.choice([0.1, 0.25, 0.5, 0.9])),
        "min_examples_per_class": int(rng.integers(1, 15)),
    }


def theirs(given: LabelMatrix, P: NDArray[np.float32], **told: Any) -> Any:
    """Return what cleanlab flags; it is told the scores in double precision."""
    labels = [row.tolist() for row in np.split(given.values.indices, given.values.indptr[1:-1])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cleanlab_filter.find_multilabel_issues_per_class(
            labels=labels, pred_probs=P.astype(np.float64), n_jobs=1, **told
        )


@cache
def solved(
    seed: int, filter_by: str
) -> tuple[LabelMatrix, NDArray[np.float32], dict[str, Any], NDArray[np.bool_]]:
    """Return a problem, the options and what cleanlab flags, which takes longest; not changed."""
    given, P = problem(seed)
    told = options(seed, filter_by)
    return given, P, told, theirs(given, P, filter_by=filter_by, **told)


def coarse(sums: ScoreSums, n_bins: int) -> ScoreSums:
    """Return the sums with all of the lower bins in one."""
    assert sums.histogram is not None
    below = sums.histogram[:, : 1 - n_bins].sum(axis=1, keepdims=True)
    histogram = np.concatenate([below, sums.histogram[:, 1 - n_bins :]], axis=1)
    return ScoreSums(sums.n_instances, sums.sums, histogram)


def flags(given: LabelMatrix, issues: pd.DataFrame) -> NDArray[np.bool_]:
    found = np.zeros(given.values.shape, bool)
    rows = given.instance_ids.get_indexer(issues["instance_id"])
    found[rows, given.label_ids.get_indexer(issues["label_id"])] = True
    return found


def all_stored(given: LabelMatrix, P: NDArray[np.float32]) -> PairScores:
    columns = np.tile(np.arange(P.shape[1]), len(P))
    indptr = np.arange(len(P) + 1) * P.shape[1]
    values = csr_array((P.ravel(), columns, indptr), shape=P.shape)
    return PairScores(values, given.instance_ids, given.label_ids)


@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("seed", [*QUICK, *SLOW])
def test_pairs_equal_those_of_cleanlab(seed: int, filter_by: FilterBy) -> None:
    given, P, told, expected = solved(seed, filter_by)
    for scores in (P, all_stored(given, P)):
        issues = find_label_issues(given, scores, filter_by=filter_by, **told)
        assert issues["exact"].all()
        np.testing.assert_array_equal(flags(given, issues), expected)


@pytest.mark.parametrize("knows", ["nothing", "sums", "coarse histogram", "histogram"])
@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("seed", [*QUICK, *SLOW])
def test_exact_pairs_are_among_those_of_cleanlab_and_these_among_all(
    seed: int, filter_by: FilterBy, knows: str
) -> None:
    given, P, told, expected = solved(seed, filter_by)
    compact = compact_scores(given, P)
    known = {
        "nothing": None,
        "sums": compact.sums,
        "coarse histogram": coarse(ScoreSums.from_dense(P), n_bins=12),
        "histogram": ScoreSums.from_dense(P),
    }
    issues = find_label_issues(
        given, compact.scores, sums=known[knows], filter_by=filter_by, **told
    )
    certain, possible = flags(given, issues[issues["exact"]]), flags(given, issues)
    assert not (certain & ~expected).any()
    assert not (expected & ~possible).any()
    if knows != "nothing" and filter_by in OTHERS:
        assert issues["exact"].all()


def test_the_more_is_known_of_the_unstored_scores_the_fewer_pairs_are_in_doubt() -> None:
    in_doubt = np.zeros(3)
    for seed in QUICK:
        given, P = problem(seed)
        compact = compact_scores(given, P)
        for i, sums in enumerate((None, compact.sums, ScoreSums.from_dense(P))):
            issues = find_label_issues(given, compact.scores, sums=sums)
            in_doubt[i] += (~issues["exact"]).sum()
    assert in_doubt[1] < 0.8 * in_doubt[0]
    assert in_doubt[2] < 0.2 * in_doubt[1]


@pytest.mark.parametrize("top_k", [1, 3])
@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("seed", QUICK)
def test_bounds_hold_for_the_best_candidates_alone(
    seed: int, filter_by: FilterBy, top_k: int
) -> None:
    given, P = problem(seed)
    kept = given.values.toarray()
    np.put_along_axis(kept, np.argsort(-P, axis=1)[:, :top_k], True, axis=1)
    rows, columns = np.nonzero(kept)
    values = csr_array((P[rows, columns], (rows, columns)), shape=P.shape)
    scores = PairScores(values, given.instance_ids, given.label_ids)
    expected = theirs(given, P, filter_by=filter_by)
    for sums, at_most in ((ScoreSums.from_dense(P), 0.5), (None, 1.0)):
        issues = find_label_issues(
            given, scores, sums=sums, filter_by=filter_by, unjudged_at_most=at_most
        )
        assert not (flags(given, issues[issues["exact"]]) & ~expected).any()
        assert not (expected & kept & ~flags(given, issues)).any()


@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("seed", QUICK)
def test_with_many_equal_scores_as_many_pairs_a_label_are_flagged(
    seed: int, filter_by: FilterBy
) -> None:
    given, P = problem(seed)
    P = np.round(P * 8) / np.float32(8)
    ours = flags(given, find_label_issues(given, P, filter_by=filter_by))
    expected = theirs(given, P, filter_by=filter_by)
    confidence = np.where(given.values.toarray(), P, 1 - P)
    for label in range(P.shape[1]):
        assert sorted(confidence[ours[:, label], label]) == sorted(
            confidence[expected[:, label], label]
        )


@pytest.mark.parametrize("filter_by", PRUNING)
def test_a_joint_of_ones_own_takes_as_many_as_in_cleanlab(filter_by: FilterBy) -> None:
    given, P = problem(4)
    joint = np.random.default_rng(4).integers(0, 30, (P.shape[1], 2, 2))
    issues = find_label_issues(given, P, filter_by=filter_by, confident_joint=joint)
    expected = theirs(given, P, filter_by=filter_by, confident_joint=joint)
    np.testing.assert_array_equal(flags(given, issues), expected)


@pytest.mark.parametrize("seed", QUICK)
def test_number_to_remove_is_that_of_the_filter_of_cleanlab_that_has_it_right(seed: int) -> None:
    given, P = problem(seed)
    number = np.random.default_rng(seed).integers(0, 9, P.shape[1])
    expected = theirs(given, P, num_to_remove_per_class=number.tolist())
    for filter_by in PRUNING:
        issues = find_label_issues(given, P, filter_by=filter_by, num_to_remove_per_class=number)
        assert issues["exact"].all()
        np.testing.assert_array_equal(flags(given, issues), expected)


def test_cleanlabs_prune_by_class_removes_pairs_that_are_not_given() -> None:
    given, P = problem(2)
    number = [3] * P.shape[1]
    told = {"filter_by": "prune_by_class", "num_to_remove_per_class": number}
    assert not (theirs(given, P, **told) & given.values.toarray()).any()
    assert find_label_issues(given, P, **told)["given"].all()


@pytest.mark.parametrize(
    "rank_by", ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]
)
def test_all_orders_of_cleanlab_are_ours(rank_by: str) -> None:
    given, P = problem(6)
    issues = find_label_issues(given, P)
    ranked, _, _ = theirs(given, P, return_indices_ranked_by=rank_by)
    for label, rows in zip(given.label_ids, ranked, strict=True):
        ours = issues.loc[issues["label_id"] == label, "instance_id"]
        assert given.instance_ids.get_indexer(ours).tolist() == rows.tolist()


@pytest.mark.parametrize("filter_by", FILTERS[:5])
def test_instances_with_an_issue_are_those_of_cleanlab(filter_by: FilterBy) -> None:
    given, P = problem(5)
    ours = rank_instances(find_label_issues(given, P, filter_by=filter_by))["instance_id"]
    labels = [row.tolist() for row in np.split(given.values.indices, given.values.indptr[1:-1])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cleanlab_filter.find_label_issues(
            labels, P.astype(np.float64), filter_by=filter_by, n_jobs=1
        )
    assert sorted(ours) == sorted(given.instance_ids[expected])

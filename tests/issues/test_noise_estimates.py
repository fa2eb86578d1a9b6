from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit

from workbench.errors import InputError
from workbench.issues.noise_estimates import (
    MODEL_ERROR,
    REPAIRED,
    UNKNOWN,
    JudgedPairs,
    Scope,
    estimate_noise,
)
from workbench.issues.pairs import Pairs


def judged(error, given, reviewed=None, drawn=None, drawable=None) -> JudgedPairs:
    n = len(error)
    return JudgedPairs(
        Pairs(np.arange(n), np.zeros(n, np.int64), np.asarray(given, bool)),
        np.asarray(error, float),
        np.full(n, UNKNOWN, np.int8) if reviewed is None else np.asarray(reviewed, np.int8),
        np.zeros(n) if drawn is None else np.asarray(drawn, float),
        np.ones(n, bool) if drawable is None else np.asarray(drawable, bool),
    )


def everything(pairs: JudgedPairs, n_unjudged: int = 0) -> Scope:
    n = len(pairs)
    n_given = np.array([int(pairs.pairs.given.sum()) + n_unjudged])
    return Scope("all", ["all"], np.arange(n), np.zeros(n, np.int64), n_given)


def test_estimates_are_sums_of_probabilities_and_known_errors() -> None:
    pairs = judged([0.2, 0.5, 0.9, 0.1, 0.6], [1, 1, 1, 0, 0], [UNKNOWN, UNKNOWN, 1, 0, UNKNOWN])
    row = estimate_noise(pairs, [everything(pairs, n_unjudged=4)]).iloc[0]
    assert row["estimated_wrong"] == pytest.approx(0.2 + 0.5 + 1)
    assert row["estimated_missing"] == pytest.approx(0.6)
    assert (row["n_given"], row["n_judged"], row["n_unjudged"]) == (3 + 4, 3, 4)
    assert row["n_reviewed"] == 2
    assert 1 <= row["wrong_low"] < 1.7 < row["wrong_high"] <= 3


def test_what_contradicts_another_pair_is_at_least_as_likely_an_error() -> None:
    pairs = judged([0.2, 0.5, 0.9], [1, 1, 0])
    contradicted = csr_array((np.float32([0.75, 0.25]), ([0, 1], [0, 0])), shape=(3, 1))
    raised = pairs.at_least(contradicted)
    row = estimate_noise(raised, [everything(raised)]).iloc[0]
    assert row["estimated_wrong"] == pytest.approx(0.75 + 0.5)
    assert row["estimated_missing"] == pytest.approx(0.9)


def test_a_sample_corrects_what_no_verdict_has_touched() -> None:
    # Drawn pairs that are called wrong contradict others for certain, those like them hardly.
    n, n_drawn = 1000, 100
    said, drawn = np.full(n, UNKNOWN), np.zeros(n)
    drawn[:n_drawn], said[:n_drawn] = n / n_drawn, np.arange(n_drawn) % 10 == 0
    pairs = judged(np.full(n, 0.1), np.ones(n), said, drawn)
    wrong = np.flatnonzero(said == 1)
    certain = csr_array((np.ones(len(wrong)), (wrong, wrong * 0)), shape=(n, 1))
    before, after = (
        estimate_noise(each, [everything(each)]).iloc[0]
        for each in (pairs, pairs.at_least(certain))
    )
    assert after["wrong_basis"] == "random sample"
    assert after["estimated_wrong"] == before["estimated_wrong"] == pytest.approx(n / 10)


def test_a_pair_counts_in_every_part_that_it_belongs_to() -> None:
    pairs = judged([0.25, 0.5], [1, 1])
    scope = Scope("source", ["a", "b"], np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([2, 1]))
    found = estimate_noise(pairs, [scope])
    assert found["estimated_wrong"].tolist() == [0.25 + 0.5, 0.5]
    assert found["wrong_basis"].tolist() == ["model", "model"]


def test_settled_pairs_leave_no_doubt() -> None:
    pairs = judged([0.9, 0.1, 0.5], [1, 1, 1], [0, 1, 0])
    row = estimate_noise(pairs, [everything(pairs)]).iloc[0]
    assert (row["wrong_low"], row["estimated_wrong"], row["wrong_high"]) == (1, 1, 1)


def test_what_was_repaired_is_no_error_and_no_given_pair_any_more() -> None:
    pairs = judged([0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0], [REPAIRED, 1, 0, REPAIRED])
    scope = Scope("all", ["all"], np.arange(4), np.zeros(4, np.int64), np.array([3]))
    row = estimate_noise(pairs, [scope]).iloc[0]
    assert (row["wrong_low"], row["estimated_wrong"], row["wrong_high"]) == (1, 1, 1)
    assert row["estimated_missing"] == row["missing_high"] == 0
    # Two are given still, and the one that was missing is given now.
    assert (row["n_judged"], row["n_unjudged"], row["n_reviewed"]) == (2 + 1, 0, 4)


def test_a_sample_whose_errors_were_repaired_still_speaks_for_the_others() -> None:
    n, n_drawn = 1000, 100
    said = np.full(n, UNKNOWN)
    said[:n_drawn] = np.where(np.arange(n_drawn) < 20, 1, 0)
    drawn = np.where(said == UNKNOWN, 0, n / n_drawn)
    kept, mended = (
        estimate_noise(pairs, [everything(pairs)]).iloc[0]
        for pairs in (
            judged(np.full(n, 0.1), np.ones(n), reviewed, drawn)
            for reviewed in (said, np.where(said == 1, REPAIRED, said))
        )
    )
    assert kept["wrong_basis"] == mended["wrong_basis"] == "random sample"
    assert kept["estimated_wrong"] == pytest.approx(n * 20 / 100)
    assert mended["estimated_wrong"] == pytest.approx(n * 20 / 100 - 20)


def test_bounds_of_the_model_allow_for_its_measured_error() -> None:
    pairs = judged(np.full(40_000, 0.1), np.ones(40_000))
    row = estimate_noise(pairs, [everything(pairs)]).iloc[0]
    assert row["wrong_high"] == pytest.approx(4000 * MODEL_ERROR["wrong"], rel=0.05)
    assert row["wrong_low"] == pytest.approx(4000 / MODEL_ERROR["wrong"], rel=0.05)


@pytest.mark.parametrize(("rate", "bias"), [(0.03, 0.0), (0.1, 1.5), (0.3, -1.5)])
def test_bounds_of_a_random_sample_cover_whatever_the_model_is_worth(rate, bias) -> None:
    rng, covered, n, n_rounds = np.random.default_rng(0), 0, 3000, 200
    for _ in range(n_rounds):
        z = rng.normal(np.log(rate / (1 - rate)) - 1, 1.5, n)
        is_error = rng.random(n) < expit(z)
        reviewed, drawn = np.full(n, UNKNOWN), np.zeros(n)
        top, sample = np.argsort(-z)[:100], rng.choice(n, 200, replace=False)
        reviewed[top], reviewed[sample] = is_error[top], is_error[sample]
        drawn[sample] = n / 200
        pairs = judged(expit(z + bias), np.ones(n), reviewed, drawn)
        row = estimate_noise(pairs, [everything(pairs)]).iloc[0]
        assert row["wrong_basis"] == "random sample"
        covered += row["wrong_low"] <= is_error.sum() <= row["wrong_high"]
    # 95 % of 200, less three standard errors.
    assert covered >= 200 * (0.95 - 3 * np.sqrt(0.95 * 0.05 / 200))


def test_no_scope_gives_an_empty_table() -> None:
    assert estimate_noise(judged([], []), []).empty


@pytest.mark.parametrize(
    ("error", "drawn", "message"),
    [
        (
            [0.1, np.nan],
            None,
            r"error: 1 of 2 values are NaN or outside \[0, 1\], at positions \[1\]",
        ),
        ([1.5, 0.1], None, r"at positions \[0\]: \[1.5\]"),
        ([0.1, 0.1], [0, np.nan], r"drawn: .* found 1 others, at positions \[1\]: \[nan\]"),
        ([0.1, 0.1], [-1, np.inf], r"drawn: .* found 2 others"),
    ],
)
def test_numbers_that_cannot_be_are_refused(error, drawn, message) -> None:
    pairs = judged(error, [1, 1], drawn=drawn)
    with pytest.raises(InputError, match=message):
        estimate_noise(pairs, [everything(pairs)])


def test_a_sample_says_nothing_of_pairs_that_it_was_not_drawn_among() -> None:
    drawable = np.arange(100) < 60
    reviewed, drawn = np.where(np.arange(100) < 40, 0, UNKNOWN), np.arange(100) < 40
    pairs = judged(np.full(100, 0.5), np.zeros(100), reviewed, 1.5 * drawn, drawable)
    row = estimate_noise(pairs, [everything(pairs)]).iloc[0]
    assert (row["missing_basis"], row["wrong_basis"]) == ("random sample", "model")
    assert row["estimated_missing"] == pytest.approx(40 * 0.5)
    assert row["missing_low"] <= 40 * 0.5 / MODEL_ERROR["missing"]
    assert row["missing_high"] >= min(40 * 0.5 * MODEL_ERROR["missing"], 100 - 40)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_equal_probabilities_have_a_sound_estimate(p: float) -> None:
    pairs = judged([p] * 4, [1, 1, 1, 0])
    row = estimate_noise(pairs, [everything(pairs)]).iloc[0]
    assert (row["estimated_wrong"], row["estimated_missing"]) == (3 * p, p)
    assert 0 <= row["wrong_low"] <= 3 * p <= row["wrong_high"] <= 3


@pytest.mark.parametrize("given", [[], [1], [0]])
def test_one_pair_or_none_and_a_part_without_pairs_have_bounds(given) -> None:
    pairs = judged([0.25] * len(given), given)
    nothing = Scope("label", ["unused"], np.arange(0), np.arange(0), np.array([2]))
    found = estimate_noise(pairs, [everything(pairs), nothing])
    assert found.notna().all(axis=None)
    assert found["estimated_wrong"].tolist() == [0.25 * sum(given), 0]
    assert found["n_unjudged"].tolist() == [0, 2]


def test_a_sample_that_is_all_alike_corrects_the_model() -> None:
    pairs = judged([0.5] * 60, [1] * 60, [0] * 40 + [UNKNOWN] * 20, [1.5] * 40 + [0] * 20)
    row = estimate_noise(pairs, [everything(pairs)]).iloc[0]
    assert (row["estimated_wrong"], row["wrong_basis"]) == (0, "random sample")
    assert 0 == row["wrong_low"] < row["wrong_high"] < 60 * 0.1

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from workbench.errors import InputError
from workbench.evaluate.detection import (
    average_precision,
    average_precision_by_segment,
    calibration_report,
    detection_report,
    hits_in_order,
    lift_at,
    precision_at,
    recall_at,
)


def frame(*pairs: str) -> pd.DataFrame:
    return pd.DataFrame([pair.split() for pair in pairs], columns=["instance_id", "label_id"])


def test_hits_follow_the_order_of_the_queue() -> None:
    hits = hits_in_order(frame("q1 red", "q2 red", "q1 shoe"), frame("q1 shoe", "q1 red", "q3 red"))
    assert hits.tolist() == [True, False, True]


def test_same_label_of_another_instance_is_no_hit() -> None:
    assert not hits_in_order(frame("q1 red"), frame("q2 red", "q1 shoe")).any()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=60).filter(any))
def test_average_precision_is_that_of_scikit_learn(hits: list[bool]) -> None:
    descending = -np.arange(len(hits))
    assert average_precision(np.array(hits), sum(hits)) == pytest.approx(
        average_precision_score(hits, descending)
    )


def test_pairs_that_were_never_ranked_count_as_not_found() -> None:
    hits = np.array([True, True, False])
    assert average_precision(hits, n_true=8) == pytest.approx(2 / 8)
    assert recall_at(hits, 3, n_true=8) == pytest.approx(2 / 8)


def test_short_queue_is_judged_by_what_it_holds() -> None:
    assert precision_at(np.array([True, False]), 500) == pytest.approx(1 / 2)


def test_lift_compares_with_a_random_queue() -> None:
    hits = np.array([True, True, False, False])
    assert lift_at(hits, 4, n_true=10, n_candidates=200) == pytest.approx((2 / 4) / (10 / 200))


def test_nothing_to_find_has_no_value() -> None:
    hits = np.zeros(3, bool)
    assert np.isnan(
        [average_precision(hits, 0), recall_at(hits, 1, 0), lift_at(hits, 1, 0, 9)]
    ).all()


def test_report_keeps_the_kinds_apart() -> None:
    issues = frame("a x", "b x", "a y", "b y").assign(
        kind=["wrong", "wrong", "missing", "missing"], rank=[2, 1, 1, 2]
    )
    report = detection_report(
        issues, wrong=frame("a x"), missing=frame("a y"), n_given=10, n_absent=100, budgets=(1,)
    )
    assert report.loc["wrong", "average_precision"] == pytest.approx(1 / 2)
    assert report.loc["wrong", "precision_at_1"] == 0
    assert report.loc["missing", "lift_at_1"] == pytest.approx(1 / (1 / 100))


def test_pair_ranked_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="1 ranked pairs appear more than once"):
        hits_in_order(frame("q1 red", "q1 red"), frame("q1 red"))


def test_impossible_numbers_are_refused() -> None:
    hits = np.array([True, True])
    with pytest.raises(ValueError, match="2 hits among 1 true pairs"):
        average_precision(hits, 1)
    with pytest.raises(ValueError, match="k must be 1 or more, found 0"):
        precision_at(hits, 0)
    with pytest.raises(ValueError, match="3 true pairs cannot lie among 2 candidates"):
        lift_at(hits, 1, 3, 2)


def test_honest_probabilities_have_little_calibration_error_and_add_up() -> None:
    rng = np.random.default_rng(0)
    error = rng.random(20_000)
    report = calibration_report(error, rng.random(20_000) < error)
    assert report["calibration_error"] < 0.02
    assert report["estimated_errors"] == pytest.approx(report["found_errors"], rel=0.03)


def test_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    report = calibration_report(
        np.array([0.8, 0.8, 0.2, 0.0]), np.array([True, False, False, False]), n_bins=2
    )
    assert report["calibration_error"] == pytest.approx((2 * abs(0.8 - 0.5) + 2 * 0.1) / 4)
    assert report["brier"] == pytest.approx((0.2**2 + 0.8**2 + 0.2**2 + 0) / 4)


def test_calibration_needs_a_probability_a_pair() -> None:
    with pytest.raises(ValueError, match="found 1 for 2"):
        calibration_report(np.array([0.5]), np.array([True, False]))


def test_labels_of_a_segment_are_ranked_among_themselves():
    support = pd.Series({"often": 4, "seldom": 2, "once": 1})
    pairs = [("i1", "often"), ("i1", "once"), ("i2", "often"), ("i2", "once")]
    ranked = pd.DataFrame(pairs, columns=["instance_id", "label_id"])
    found = average_precision_by_segment(ranked, ranked.iloc[[2, 3]], support)
    assert found["average_precision_head"] == 1 / 2
    assert np.isnan(found["average_precision_torso"])
    assert found["average_precision_tail"] == 1 / 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": ["wrong", "Missing"]}, r"one of .*, found 1 others: \['Missing'\]"),
        ({"rank": [1, None]}, "1 of 2 have no rank"),
        (
            {"label_id": ["x", "x"], "instance_id": ["a", "a"]},
            "1 ranked pairs appear more than once",
        ),
    ],
)
def test_issues_that_could_not_all_be_counted_are_refused(change, message) -> None:
    issues = frame("a x", "b x").assign(**({"kind": "wrong", "rank": [1, 2]} | change))
    with pytest.raises(ValueError, match=message):
        detection_report(issues, wrong=frame("a x"), missing=frame(), n_given=9, n_absent=9)


def test_missing_columns_are_named() -> None:
    with pytest.raises(ValueError, match=r"true pairs: columns \['label_id'\] are missing"):
        hits_in_order(frame("a x"), frame("a x").drop(columns="label_id"))


@pytest.mark.parametrize("value", [np.nan, -0.5, 1.5])
def test_probabilities_that_are_none_have_no_calibration(value: float) -> None:
    with pytest.raises(InputError, match=r"error: 1 of 2 values are NaN or outside .* \[1\]"):
        calibration_report(np.array([0.5, value]), np.array([True, False]))


@pytest.mark.parametrize("n", [1, 4])
def test_equal_probabilities_are_calibrated_as_far_as_they_hold(n: int) -> None:
    report = calibration_report(np.full(n, 0.5), np.ones(n, bool))
    assert report["brier"] == 0.5**2
    assert report["calibration_error"] == 1 - 0.5

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from workbench.evaluate.probabilities import (
    MEASURES,
    ValueCounts,
    area_under_curve,
    average_precision_of,
    calibration_error,
    log_loss,
    reliability_table,
)

PAIRS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.95, 1.0]), st.booleans()), min_size=2
).filter(lambda pairs: len({true for _, true in pairs}) == 2)


def counts_of(pairs: list[tuple[float, bool]]) -> ValueCounts:
    probabilities, truth = zip(*pairs, strict=True)
    return ValueCounts.of(np.array(probabilities), np.array(truth))


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_measures_are_those_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    probabilities, truth = map(np.array, zip(*pairs, strict=True))
    counts = ValueCounts.of(probabilities, truth)
    assert area_under_curve(counts) == pytest.approx(metrics.roc_auc_score(truth, probabilities))
    assert average_precision_of(counts) == pytest.approx(
        metrics.average_precision_score(truth, probabilities)
    )
    kept = probabilities.clip(1e-6, 1 - 1e-6)
    assert log_loss(counts) == pytest.approx(metrics.log_loss(truth, kept, labels=[False, True]))


def test_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    counts = counts_of([(0.9, True), (0.9, False), (0.95, True), (0.2, False)])
    # Three pairs of mean 2.75 / 3, two of them present; one pair of .2, absent.
    assert calibration_error(counts) == pytest.approx(((2.75 - 2) + 0.2) / 4)


def test_what_holds_as_often_as_it_is_said_is_calibrated() -> None:
    counts = counts_of([(0.25, True)] + [(0.25, False)] * 3)
    assert calibration_error(counts) == 0


def test_the_last_bin_holds_what_is_certain() -> None:
    table = reliability_table(counts_of([(1.0, True), (0.95, False), (0.0, False)]))
    assert table["low"].tolist() == [0.0, 0.9]
    assert table["n_pairs"].tolist() == [1, 2]
    assert table["present"].tolist() == [0, 1 / 2]


def test_a_certain_slip_costs_much_but_not_everything() -> None:
    counts = counts_of([(1.0, False), (1.0, True)])
    assert log_loss(counts) == pytest.approx((-np.log(1e-6) - np.log(1 - 1e-6)) / 2)


@pytest.mark.parametrize("name", list(MEASURES))
def test_resamples_are_measured_as_if_each_stood_alone(name: str) -> None:
    rng = np.random.default_rng(0)
    values = np.array([0.1, 0.4, 0.45, 0.9])
    present, absent = rng.integers(1, 4, (5, 4)) * 1.0, rng.integers(0, 4, (5, 4)) * 1.0
    together = MEASURES[name](ValueCounts(values, present, absent))
    alone = [
        float(MEASURES[name](ValueCounts(values, p, a)))
        for p, a in zip(present, absent, strict=True)
    ]
    assert together == pytest.approx(alone, nan_ok=True)


def test_without_present_pairs_there_is_nothing_to_rank() -> None:
    counts = counts_of([(0.1, False), (0.9, False)])
    assert np.isnan([area_under_curve(counts), average_precision_of(counts)]).all()


def test_a_number_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\], found 2 others: \[1.5, nan\]"):
        ValueCounts.of(np.array([0.5, 1.5, np.nan]), np.zeros(3, bool))


def test_truth_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 probabilities, but 3 pairs of truth"):
        ValueCounts.of(np.array([0.5, 0.5]), np.zeros(3, bool))

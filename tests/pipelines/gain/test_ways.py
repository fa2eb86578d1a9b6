"""The ways to spend decisions."""

from __future__ import annotations

import pytest

from pipelines.gain.measuring import measure_ways
from pipelines.gain.orders import RANDOM
from pipelines.gain.summary import PRECISIONS, gap_of, recovered
from pipelines.gain.ways import LOOP, OURS, PATTERNS, WAYS, spend


@pytest.mark.parametrize("way", WAYS)
def test_no_way_asks_more_often_than_the_budget_says(look, way):
    tallies = [tally for tally, _ in spend(way, look, [60, 150])]
    assert [tally.asked for tally in tallies] == [60, 150]


def test_our_queue_finds_several_times_the_errors_of_a_random_one(look):
    found = {way: next(iter(spend(way, look, [150])))[0].found for way in (OURS, RANDOM)}
    assert found[OURS] > 3 * found[RANDOM]


def test_by_pattern_more_is_corrected_than_was_asked(look):
    tally, _ = next(iter(spend(PATTERNS, look, [150])))
    assert tally.found + tally.unseen > tally.asked
    assert tally.spoilt <= tally.unseen / 5  # a sample promises four of five


def test_reviewed_labels_train_better_models_than_noisy_ones(lesson, tools):
    points = measure_ways(lesson, tools, [LOOP], [0.2], seed=0).assign(seed=0)
    assert gap_of(points).loc["gap", PRECISIONS].sum() > 1
    assert recovered(points)["recovered"].iloc[0] > 0.2


def test_an_unknown_way_is_refused(look):
    with pytest.raises(ValueError, match="unknown way 'best'; choose among our queue"):
        next(iter(spend("best", look, [10])))

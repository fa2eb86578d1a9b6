import numpy as np
import pytest

from workbench.evaluate.stratified import Cells, allocate, estimate_sum, needed_for

NONE = np.zeros(3)
SIZES = np.array([200, 2000, 20000])
WEIGHT = SIZES / SIZES.sum()


def cells(present, absent, n_open=NONE, sizes=SIZES):
    return Cells(np.array(sizes), *(np.array(one, float) for one in (present, absent, n_open)))


@pytest.mark.parametrize(("outside", "n"), [(0.002, 60), (0.02, 60), (0.02, 200), (0.2, 200)])
def test_intervals_hold_the_truth_as_often_as_they_say(outside, n):
    rng = np.random.default_rng(0)
    n_true = np.round(np.array([0.6, 0.2, outside]) * SIZES).astype(int)
    drawn, truth = allocate(SIZES, np.array([0.5, 0.4, 0.2]), np.full(3, 8), n), n_true.sum()
    held = 0
    for _ in range(800):
        present = rng.hypergeometric(n_true, SIZES - n_true, drawn)
        found = estimate_sum(cells(present, drawn - present), WEIGHT)
        held += found.low <= truth / SIZES.sum() <= found.high
    assert held / 800 >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 800)


def test_a_sample_of_all_pairs_knows_the_share_exactly():
    found = estimate_sum(
        cells([3, 5, 2], [7, 5, 18], sizes=[10, 10, 20]), np.array([0.25, 0.25, 0.5])
    )
    assert found.low == found.value == found.high == pytest.approx(10 / 40)


def test_a_pair_nobody_is_sure_of_moves_both_ends():
    known = estimate_sum(cells([9, 5, 2], [9, 30, 40]), WEIGHT)
    unsure = estimate_sum(cells([9, 5, 2], [9, 30, 40], [2, 3, 8]), WEIGHT)
    assert unsure.low <= known.low
    assert unsure.high > known.high
    assert unsure.n_open == 13


def test_of_a_stratum_without_a_review_nothing_is_claimed():
    found = estimate_sum(cells([9, 5, 0], [9, 30, 0]), WEIGHT)
    assert np.isnan(found.value)
    assert found.high - found.low > 0.9


def test_what_is_subtracted_turns_the_interval_round():
    counts = cells([9, 5, 2], [9, 30, 40])
    share, rest = estimate_sum(counts, WEIGHT), estimate_sum(counts, -WEIGHT, 1.0)
    assert rest.value == pytest.approx(1 - share.value)
    assert rest.low == pytest.approx(1 - share.high)


def test_allocation_draws_most_where_most_is_unknown_and_keeps_what_is_drawn():
    wanted = allocate(
        np.array([1000, 1000, 20]), np.array([0.5, 0.1, 0.5]), np.array([10, 40, 5]), 200
    )
    assert wanted.sum() == 200
    assert wanted[1] == 40
    assert wanted[0] > 100
    assert wanted[2] <= 20


def test_so_many_more_reviews_make_the_interval_as_narrow_as_asked():
    counts = cells([12, 10, 2], [8, 40, 58])
    wanted = needed_for(counts, WEIGHT, 0.05)
    share = (counts.n_present + 0.5) / (counts.n_drawn + 1)
    more = wanted - counts.n_drawn
    assert (more >= 0).all()
    grown = cells(counts.n_present + more * share, counts.n_absent + more * (1 - share))
    found = estimate_sum(grown, WEIGHT)
    assert 0.045 < found.high - found.low <= 0.05


def test_no_number_of_reviews_removes_what_nobody_is_sure_of():
    assert needed_for(cells([0] * 3, [9] * 3, [190, 0, 0]), np.array([1.0, 0, 0]), 0.1) is None

import numpy as np
import pytest

from workbench.signals.intervals import ClusterSums, cases_worth, wilson_interval


def mean_by_group(values, group, cluster, n_groups):
    sums = ClusterSums.of(values, group, cluster, n_groups)
    return sums.n, *sums.mean()


def test_wilson_solves_its_equation():
    low, high = wilson_interval(np.array([0.3]), np.array([40.0]))
    for end in (low, high):
        assert abs(0.3 - end) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) / 40))


def test_nothing_is_known_without_cases():
    low, high = wilson_interval(np.array([np.nan, 0.5]), np.array([0.0, 0.0]))
    assert np.isnan([low, high]).all()


def test_cases_alone_in_their_clusters_are_worth_their_number():
    values = np.array([1.0, 0.0, 1.0, 1.0])
    n, mean, worth = mean_by_group(values, np.zeros(4, int), np.arange(4), 1)
    assert (n.tolist(), mean.tolist()) == ([4], [3 / 4])
    # The unbiased variance has n - 1 below: 3 cases of such a variance.
    assert worth.tolist() == pytest.approx([4 - 1])


def test_clusters_that_agree_in_themselves_count_once():
    values = np.repeat([1.0, 0.0, 1.0, 1.0], 5)
    _, mean, worth = mean_by_group(values, np.zeros(20, int), np.repeat(np.arange(4), 5), 1)
    assert mean.tolist() == [3 / 4]
    assert worth.tolist() == pytest.approx([4 - 1])


def test_doubtful_cases_are_worth_less_than_their_spread_says():
    # All probabilities are .5: they do not differ, yet each state is a coin.
    _, _, worth = mean_by_group(np.full(8, 0.5), np.zeros(8, int), np.arange(8), 1)
    assert worth.tolist() == [8]


def test_one_cluster_is_worth_one_case():
    _, _, worth = mean_by_group(np.array([1.0, 0.0]), np.zeros(2, int), np.zeros(2, int), 2)
    assert worth.tolist() == [1, 0]


def test_a_share_of_one_is_worth_its_clusters():
    worth = cases_worth(np.array([1.0]), np.array([12]), np.array([3]), np.array([0.0]))
    assert worth.tolist() == [3]


@pytest.mark.parametrize("n_clusters", [2, 3, 7, 100])
@pytest.mark.parametrize("size", [5, 10])
def test_clusters_that_are_all_alike_are_worth_their_number(size, n_clusters):
    # One case of each cluster: shares such as 1 / 5 that are no binary fraction.
    cluster = np.repeat(np.arange(n_clusters), size)
    values = (np.arange(n_clusters * size) % size == 0).astype(float)
    _, _, worth = mean_by_group(values, np.zeros_like(cluster), cluster, 1)
    assert worth.tolist() == [n_clusters]


def test_intervals_of_clusters_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(300):
        chance = np.repeat(rng.beta(3, 2, 80), 6)
        values = (rng.random(480) < chance).astype(float)
        _, mean, worth = mean_by_group(values, np.zeros(480, int), np.repeat(np.arange(80), 6), 1)
        low, high = wilson_interval(mean, worth)
        held.append(low[0] <= 3 / 5 <= high[0])
    assert 0.92 <= np.mean(held) <= 0.98


def test_sums_of_parts_that_share_no_cluster_are_those_of_the_whole():
    rng = np.random.default_rng(5)
    values, group, cluster = rng.random(1000), rng.integers(0, 6, 1000), rng.integers(0, 90, 1000)
    first = cluster < 40
    parts = [
        ClusterSums.of(values[here], group[here], cluster[here], 6) for here in (first, ~first)
    ]
    whole = ClusterSums.of(values, group, cluster, 6)
    for in_parts, at_once in zip((parts[0] + parts[1]).mean(), whole.mean(), strict=True):
        np.testing.assert_allclose(in_parts, at_once, rtol=1e-12)

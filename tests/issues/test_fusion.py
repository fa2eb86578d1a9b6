from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from workbench.issues.fusion import ViewFusion


def views(
    n_pairs: int, means: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float32]:
    return (rng.normal(size=(n_pairs, len(means[0]))) + means).astype(np.float32)


def test_fused_log_odds_of_independent_views_are_their_sum() -> None:
    rng = np.random.default_rng(0)
    up, down = np.full((20_000, 2), 0.7), np.full((30_000, 2), -0.7)
    present, absent = views(20_000, up, rng), views(30_000, down, rng)
    groups = np.zeros(30_000, np.int64)
    fusion = ViewFusion([True, True]).fit(present, absent, groups[:20_000], groups, 1)
    points = np.float32([[0, 0], [1, 0], [1, 1], [-1, -1]])
    # Each view's log density ratio is 2 * 0.7 x.
    expected = 1.4 * points.sum(axis=1)
    np.testing.assert_allclose(fusion.predict(points, groups[:4]), expected, atol=0.2)


def test_view_that_knows_nothing_about_a_group_weighs_little_there() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat([0, 1], 4000)
    knows = np.stack([np.ones(8000), np.where(groups == 0, 1.0, 0.0)], axis=1)
    fusion = ViewFusion([True, True]).fit(
        views(8000, knows, rng), views(8000, -knows, rng), groups, groups, 2
    )
    assert fusion.weights_[1, 1] < 0.1 * fusion.weights_[0, 1]


def test_group_with_few_pairs_stays_near_the_pooled_weights() -> None:
    rng = np.random.default_rng(2)
    groups = np.append(np.zeros(4000, np.int64), [1, 1])
    ones = np.ones((4002, 1))
    fusion = ViewFusion([True]).fit(
        views(4002, ones, rng), views(4002, -ones, rng), groups, groups, 2
    )
    np.testing.assert_allclose(fusion.weights_[1], fusion.weights_[0], rtol=0.2, atol=0.1)


def test_evidence_never_weighs_less_than_nothing_and_a_context_may() -> None:
    rng = np.random.default_rng(3)
    against = np.tile([1.0, -1.0], (3000, 1))
    sample = (views(3000, against, rng), views(3000, -against, rng))
    groups = np.zeros(3000, np.int64)
    assert ViewFusion([True, True]).fit(*sample, groups, groups, 1).weights_[0, 1] == 0
    assert ViewFusion([True, False]).fit(*sample, groups, groups, 1).weights_[0, 1] < -0.5


def test_constant_view_has_no_say() -> None:
    rng = np.random.default_rng(4)
    up = views(500, np.ones((500, 1)), rng)
    present, absent = np.c_[up, np.ones(500, np.float32)], np.c_[-up, np.ones(500, np.float32)]
    groups = np.zeros(500, np.int64)
    fusion = ViewFusion([True, False]).fit(present, absent, groups, groups, 1)
    seven = fusion.predict(np.float32([[0.3, 7.0]]), groups[:1])
    assert seven == fusion.predict(np.float32([[0.3, 1.0]]), groups[:1])


@pytest.mark.parametrize("n_groups", [1, 2])
def test_views_that_are_all_alike_tell_no_pairs_apart(n_groups: int) -> None:
    alike, groups = np.full((40, 2), 0.5, np.float32), np.arange(40) % n_groups
    fusion = ViewFusion([True, False])
    assert not fusion.fit(alike, alike, groups, groups, n_groups).tells_apart()
    higher = alike + np.float32([1, 0])
    assert fusion.fit(higher, alike, groups, groups, n_groups).tells_apart()


def test_prediction_before_fit_is_refused() -> None:
    with pytest.raises(NotFittedError, match="call fit"):
        ViewFusion([True]).predict(np.zeros((1, 1), np.float32), np.zeros(1, np.int64))

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
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


def bounded_weights(
    design: NDArray[np.float64],
    target: NDArray[np.float64],
    pooled: NDArray[np.float64],
    shrinkage: float,
) -> NDArray[np.float64]:
    """Return one group's weights by scipy's solver for bounds, all but the constant 0 or more."""

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin, away = design @ w, w - pooled
        value = np.sum(np.logaddexp(0, margin) - target * margin)
        slope = design.T @ (expit(margin) - target)
        return value + shrinkage / 2 * away @ away, slope + shrinkage * away

    bounds = [(0, None)] * (len(pooled) - 1) + [(None, None)]
    tight = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000}
    return minimize(loss, pooled, jac=True, method="L-BFGS-B", bounds=bounds, options=tight).x


@pytest.mark.parametrize("seed", range(5))
def test_weights_of_groups_are_those_of_a_solver_for_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, n_pairs = np.repeat(np.arange(6), 300), 6 * 300
    # What a view says of a group goes up to its contrary, and one state is more frequent there.
    means = rng.uniform(-0.8, 1.2, (6, 3))[groups]
    present, absent = views(n_pairs, means + 0.5, rng), views(n_pairs, 0.5 - means, rng)
    fusion = ViewFusion([True] * 3).fit(present, absent, groups, groups, 6)
    pooled = ViewFusion([True] * 3).fit(present, absent, groups * 0, groups * 0, 1).weights_[0]
    calibrated = fusion.calibrated(np.concatenate([present, absent]))
    design = np.c_[(calibrated - fusion.means_) / fusion.scales_, np.ones(2 * n_pairs)]
    target, both = np.repeat([1.0, 0.0], n_pairs), np.tile(groups, 2)
    assert (fusion.weights_[:, :3] == 0).any()
    for group, found in enumerate(fusion.weights_):
        mine = both == group
        twin = bounded_weights(design[mine], target[mine], pooled, fusion.shrinkage)
        np.testing.assert_allclose(found, twin, atol=1e-4)


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

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.svm import LinearSVC

from workbench.model.lane_type import N_LANES
from workbench.model.rows import as_rows
from workbench.model.solver import BlockRows, Costs, gather_rows, solve_lanes, visit_rows


def solve(X, positive, **settings):
    """Return weights, biases and passes for up to 16 columns of ``positive``."""
    return solve_with_dual(X, positive, **settings)[:3]


def solve_with_dual(X, positive, *, C=1.0, weight=1.0, max_passes=3000, tolerance=1e-4):
    """Return weights, biases, passes and dual variables, shape (n_rows, 16)."""
    every = np.arange(X.shape[0], dtype=np.int32)
    *parts, features = gather_rows(as_rows(X), every, np.full(X.shape[1], -1, np.int32))
    rows = BlockRows(*parts)
    classes = np.zeros((X.shape[0], N_LANES), bool)
    classes[:, : positive.shape[1]] = positive
    ridge = 1 / (2 * C * np.broadcast_to(weight, (X.shape[0], 1)))
    costs = Costs(np.float32(ridge) * np.ones((1, N_LANES), np.float32), every.astype(np.uint32))
    dual = np.where(classes, np.float32(0), np.float32(-0.0))
    local = np.zeros((len(features) + 1, N_LANES), np.float32)
    n_passes = solve_lanes(rows, costs, local, dual, max_passes, tolerance, np.uint64(3))
    weights = np.zeros((X.shape[1], N_LANES), np.float32)
    weights[features] = local[:-1]
    return weights, local[-1], n_passes, np.abs(dual)


@pytest.mark.parametrize("C", [0.1, 1.0, 10.0])
def test_weights_agree_with_liblinear(world, C):
    X, Y = world
    positive = Y[:, :N_LANES].toarray()
    weights, bias, _ = solve(X, positive, C=C)
    for lane in range(N_LANES):
        svc = LinearSVC(C=C, tol=1e-8, max_iter=100_000).fit(X, positive[:, lane])
        np.testing.assert_allclose(weights[:, lane], svc.coef_[0], atol=1e-2)
        np.testing.assert_allclose(bias[lane], svc.intercept_[0], atol=1e-2)


def test_weighted_rows_agree_with_liblinear(world):
    X, Y = world
    positive = Y[:, [3]].toarray()
    weight = np.random.default_rng(0).uniform(0.1, 1, X.shape[0])
    weights, _, _ = solve(X, positive, weight=weight[:, np.newaxis])
    svc = LinearSVC(tol=1e-8, max_iter=100_000).fit(X, positive[:, 0], sample_weight=weight)
    np.testing.assert_allclose(weights[:, 0], svc.coef_[0], atol=1e-2)


def test_a_lane_does_not_depend_on_its_neighbours(world):
    X, Y = world
    positive = Y[:, :8].toarray()
    alone, _, _ = solve(X, positive[:, [2]])
    together, _, _ = solve(X, positive)
    np.testing.assert_allclose(alone[:, 0], together[:, 2], atol=1e-3)


def test_passes_stop_at_the_limit(world):
    X, Y = world
    assert solve(X, Y[:, :N_LANES].toarray(), max_passes=2, tolerance=0.0)[2] == 2


def test_a_partial_pass_visits_the_rows_that_moved_more_than_the_mean(world):
    X, Y = world
    positive = Y[:, :N_LANES].toarray()
    duals = [solve_with_dual(X, positive, max_passes=n, tolerance=0.0)[3] for n in (1, 2, 3, 4, 5)]
    moves = [abs(after - before).max(axis=1) for before, after in pairwise(duals)]
    many_moved = moves[0] > moves[0].mean()
    for partial in moves[1:3]:
        assert partial.any()
        assert not partial[~many_moved].any()
    assert moves[3][~many_moved].any()


def test_a_loose_tolerance_comes_near_in_fewer_passes(world):
    X, Y = world
    positive = Y[:, :N_LANES].toarray()
    few, _, n_few = solve(X, positive, tolerance=0.5)
    many, _, n_many = solve(X, positive, tolerance=1e-5)
    assert n_few < n_many
    np.testing.assert_allclose(few, many, atol=0.1)


def test_taken_rows_are_the_rows_over_fewer_features(world):
    X, _ = world
    chosen = np.array([5, 17, 0], np.int32)
    local = np.full(X.shape[1], -1, np.int32)
    *parts, features = gather_rows(as_rows(X), chosen, local)
    taken = BlockRows(*parts)
    dense = np.zeros((3, X.shape[1]), np.float32)
    for i in range(3):
        entries = slice(int(taken.indptr[i]), int(taken.indptr[i + 1]))
        dense[i, features[taken.indices[entries]]] = taken.data[entries]
    np.testing.assert_array_equal(dense, X[chosen].toarray())
    np.testing.assert_allclose(taken.norm, 1 + (dense**2).sum(axis=1), rtol=1e-6)
    assert len(features) == len(np.unique(X[chosen].indices))
    assert (local == -1).all()


def test_rows_without_features_leave_only_the_bias():
    weights, bias, _ = solve(csr_array((4, 3), dtype=np.float32), np.zeros((4, 1), bool))
    assert not weights.any()
    # Least b^2 / 2 + 4 (1 + b)^2: b + 8 (1 + b) = 0.
    assert bias[0] == pytest.approx(-8 / 9, abs=1e-3)


def test_a_visit_of_one_lane_does_what_it_does_among_sixteen(world):
    X, Y = world
    every = np.arange(X.shape[0], dtype=np.int32)
    *parts, features = gather_rows(as_rows(X), every, np.full(X.shape[1], -1, np.int32))
    of_row = np.zeros(len(every), np.uint32)
    of_row[[7, 30]] = 1  # which have a cost of their own
    costs = Costs(np.float32([[0.5] * N_LANES, np.linspace(1, 2, N_LANES)]), of_row)
    dual = np.where(Y[:, :N_LANES].toarray(), np.float32(0), np.float32(-0.0))
    weights = np.zeros((len(features) + 1, N_LANES), np.float32)
    moves, step = np.zeros(len(every), np.float32), np.full(len(every), 0.5, np.float32)
    one_dual, one_weights, one_moves = dual[:, 5].copy(), weights[:, 5].copy(), moves.copy()
    one_costs = Costs(costs.table[:, 5].copy(), costs.of_row)
    for _ in range(3):
        visit_rows(BlockRows(*parts), costs, every, weights, dual, moves, step)
        spread = visit_rows(
            BlockRows(*parts), one_costs, every, one_weights, one_dual, one_moves, step
        )
    assert 0 < spread < 2
    np.testing.assert_allclose(one_dual, dual[:, 5], rtol=1e-5)
    np.testing.assert_allclose(one_weights, weights[:, 5], rtol=1e-5, atol=1e-6)
    assert (one_moves <= moves * np.float32(1 + 1e-5)).all()

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from workbench.model.checks import as_rows
from workbench.model.solver import N_LANES, Rows, keep_best, solve_lanes, take_rows


def solve(X, positive, *, C=1.0, weight=1.0, n_lanes=1, seed=3):
    ridge = np.where(positive, 1, -1) / (2 * C * np.broadcast_to(weight, positive.shape))
    padded = np.full((X.shape[0], N_LANES), 1.0, np.float32)
    padded[:, : positive.shape[1]] = ridge
    return solve_lanes(as_rows(X), padded, n_lanes, 3000, 1e-4, seed)


@pytest.mark.parametrize("C", [0.1, 1.0, 10.0])
def test_weights_agree_with_liblinear(world, C):
    X, Y = world
    positive = Y[:, :N_LANES].toarray()
    weights, bias, _ = solve(X, positive, C=C, n_lanes=N_LANES)
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


def test_idle_lanes_stay_zero(world):
    X, Y = world
    weights, bias, _ = solve(X, Y[:, :5].toarray(), n_lanes=5)
    assert not weights[:, 5:].any()
    assert not bias[5:].any()


def test_a_lane_does_not_depend_on_its_neighbours(world):
    X, Y = world
    positive = Y[:, :8].toarray()
    alone, _, _ = solve(X, positive[:, [2]])
    together, _, _ = solve(X, positive, n_lanes=8)
    np.testing.assert_allclose(alone[:, 0], together[:, 2], atol=1e-3)


def test_passes_stop_at_the_limit(world):
    X, Y = world
    ridge = np.where(Y[:, :N_LANES].toarray(), 0.5, -0.5).astype(np.float32)
    assert solve_lanes(as_rows(X), ridge, N_LANES, 2, 0.0, 1)[2] == 2


def test_taken_rows_are_the_rows_over_fewer_features(world):
    X, _ = world
    chosen = np.array([5, 17, 0])
    taken, features = take_rows(as_rows(X), chosen)
    dense = np.zeros((3, X.shape[1]), np.float32)
    for i in range(3):
        entries = slice(taken.indptr[i], taken.indptr[i + 1])
        dense[i, features[taken.indices[entries]]] = taken.data[entries]
    np.testing.assert_array_equal(dense, X[chosen].toarray())
    assert taken.n_features == len(features) == len(np.unique(X[chosen].indices))


def test_rows_without_features_leave_only_the_bias():
    empty = Rows(np.zeros(5, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), 3)
    ridge = np.full((4, N_LANES), -0.5, np.float32)
    weights, bias, _ = solve_lanes(empty, ridge, 1, 1000, 1e-5, 1)
    assert not weights.any()
    # Least b^2 / 2 + 4 (1 + b)^2: b + 8 (1 + b) = 0.
    assert bias[0] == pytest.approx(-8 / 9, abs=1e-3)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, -np.inf]), max_size=6), min_size=1),
    st.integers(1, 7),
)
def test_the_best_of_a_row_are_kept(rows, k):
    row_ptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    scores = np.array([score for row in rows for score in row], np.float32)
    kept_ptr, kept = keep_best(row_ptr, scores, k)
    for i, row in enumerate(rows):
        best = sorted((j for j in range(len(row)) if row[j] > -np.inf), key=lambda j: (-row[j], j))
        found = kept[kept_ptr[i] : kept_ptr[i + 1]] - row_ptr[i]
        assert sorted(found) == sorted(best[:k])


def run_python(code, **environment):
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result


def test_without_a_cache_folder_kernels_work_and_the_log_says_so_once():
    code = """
import numpy as np
from workbench.model import solver
solver.warn_if_not_cached()
solver.warn_if_not_cached()
print(solver.keep_best(np.array([0, 2]), np.float32([1, 2]), 1)[1])
"""
    locator = "UserProvidedCacheLocator"  # and NUMBA_CACHE_DIR provides no folder
    result = run_python(code, NUMBA_CACHE_LOCATOR_CLASSES=locator, NUMBA_CACHE_DIR="")
    assert result.stdout.split() == ["[1]"]
    assert result.stderr.count("NUMBA_CACHE_DIR") == 1


def test_importing_the_package_does_not_import_the_compiler():
    run_python("import workbench, sys; assert 'numba' not in sys.modules")

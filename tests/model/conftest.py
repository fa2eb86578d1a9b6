"""A small world whose labels can be told from their words."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.base import clone
from sklearn.preprocessing import normalize

from workbench.model import ClusteredOVR, OneVsRest

MODELS = {
    "one tree": ClusteredOVR(branching=4, leaf_size=5, beam=3, n_jobs=1),
    "three trees": ClusteredOVR(branching=4, leaf_size=5, beam=3, n_trees=3, n_jobs=1),
    "one-vs-rest": OneVsRest(n_jobs=1),
}
READ_WORLD = """
import sys
import numpy as np
from scipy.sparse import csr_array
from workbench.model import ClusteredOVR, OneVsRest, leave_one_out, out_of_fold
parts = np.load(sys.argv[1])
X, Y = (csr_array(tuple(parts[n + p] for p in ("data", "indices", "indptr"))) for n in "XY")
model = ClusteredOVR(branching=4, leaf_size=5, n_jobs=1)
"""
N_ROWS, N_LABELS, N_FEATURES = 240, 40, 120


@pytest.fixture(scope="session")
def world() -> tuple[csr_array, csr_array]:
    """X and Y: a row has one to three labels, the three words of each, and five words of noise."""
    rng = np.random.default_rng(7)
    labels = [rng.choice(N_LABELS, rng.integers(1, 4), replace=False) for _ in range(N_ROWS)]
    rows = np.repeat(np.arange(N_ROWS), [len(chosen) for chosen in labels])
    Y = csr_array(
        (np.ones(len(rows), bool), (rows, np.concatenate(labels))), shape=(N_ROWS, N_LABELS)
    )
    words = csr_array(
        (np.ones(N_FEATURES), (np.arange(N_FEATURES) // 3, np.arange(N_FEATURES))),
        shape=(N_LABELS, N_FEATURES),
    )
    noise = random_array((N_ROWS, N_FEATURES), density=5 / N_FEATURES, rng=rng, format="csr")
    X = normalize(Y.astype(np.float32) @ words + noise).astype(np.float32)
    X.sort_indices()
    Y.sort_indices()
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)  # for liblinear
    return X, Y


@pytest.fixture(scope="session")
def world_file(
    world: tuple[csr_array, csr_array], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The world as arrays on disk, for tests in a process of their own."""
    parts = ("data", "indices", "indptr")
    named = zip("XY", world, strict=True)
    arrays = {name + part: getattr(matrix, part) for name, matrix in named for part in parts}
    path = tmp_path_factory.mktemp("world") / "world.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="session")
def run_in_world(
    run_python: Callable[..., subprocess.CompletedProcess[str]], world_file: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a process of its own, with X, Y and a model; ``sys.argv[2:]`` are the rest."""

    def run(code: str, *arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
        return run_python(READ_WORLD + code, world_file, *arguments, **settings)

    return run


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> ClusteredOVR | OneVsRest:
    """An unfitted model of each kind."""
    return clone(MODELS[request.param])

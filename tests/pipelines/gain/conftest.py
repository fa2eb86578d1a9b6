"""A small world whose words tell its labels, disturbed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.preprocessing import normalize

from pipelines.gain.first_look import FirstLook
from pipelines.gain.lesson import Lesson, Tools, make_lesson
from workbench.matrices import LabelMatrix
from workbench.model import ClusteredOVR, leave_one_out


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """900 instances with some of 40 labels, each told by three words now and then."""
    rng = np.random.default_rng(0)
    truth = rng.random((1200, 40)) < np.where(np.arange(40) < 4, 0.3, 0.03)
    truth[np.arange(1200), rng.integers(0, 40, 1200)] = True
    said = np.repeat(truth, 3, axis=1) & (rng.random((1200, 120)) < 0.5)
    words = np.hstack([said, rng.random((1200, 60)) < 0.05])
    texts = [" ".join(f"word{j}" for j in np.flatnonzero(row)) for row in words]
    clean = LabelMatrix(
        csr_array(truth),
        pd.Index([f"q{i}" for i in range(1200)]),
        pd.Index([f"label {j}" for j in range(40)]),
    )
    X = csr_array(normalize(csr_array(words.astype(np.float32))))
    train, test = np.arange(900), np.arange(900, 1200)
    return make_lesson(X, clean, train, test, noise=0.3, seed=0, texts=texts)


@pytest.fixture(scope="module")
def tools() -> Tools:
    """The model at its defaults, scored by leaving one out, one training a point."""

    def make_model(seed: int) -> ClusteredOVR:
        return ClusteredOVR(random_state=seed, n_jobs=1)

    def score(X, given, also, seed):
        Y = given.values.astype(np.float32)
        return leave_one_out(make_model(seed), X, Y, top_k=10, also=also)

    return Tools(make_model, score)


@pytest.fixture(scope="module")
def look(lesson: Lesson, tools: Tools) -> FirstLook:
    """What all ways rank alike, ranked once."""
    return FirstLook(lesson, tools, seed=0)

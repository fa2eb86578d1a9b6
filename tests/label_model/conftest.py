"""Tables of votes made from arrays of levels, and sources whose accuracies are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def table_of():
    return _table_of


@pytest.fixture(scope="session")
def simulate():
    return _simulate


def _table_of(levels: np.ndarray, attribute: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Votes and labels of pairs given as levels, shape (n_pairs, n_sources), -1 to abstain."""
    pair, source = np.nonzero(levels >= 0)
    votes = pd.DataFrame(
        {
            "instance_id": pd.Series([f"q{i:06}" for i in pair], dtype="str"),
            "label_id": pd.Series([f"label {a}" for a in attribute[pair]], dtype="str"),
            "source": pd.Series([f"s{j}" for j in source], dtype="str"),
            "level": levels[pair, source],
        }
    )
    known = sorted(set(attribute))
    labels = {"label_id": [f"label {a}" for a in known], "attribute": [str(a) for a in known]}
    return votes, pd.DataFrame(labels, dtype="str")


def _simulate(random_state, *, accuracy, covers_present, covers_absent, n_pairs=20_000, prior=0.4):
    """Levels 0, 1 or -1 of sources that err independently, and the truth of the pairs."""
    rng = np.random.default_rng(random_state)
    truth = rng.random(n_pairs) < prior
    coverage = np.where(truth[:, None], covers_present, covers_absent)
    right = rng.random((n_pairs, len(accuracy))) < accuracy
    said = np.where(right, truth[:, None], ~truth[:, None]).astype(int)
    levels = np.where(rng.random(said.shape) < coverage, said, -1)
    voted = (levels >= 0).any(axis=1)
    return levels[voted], truth[voted]

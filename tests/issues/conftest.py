"""A shop of 300 offers with noise on purpose, for the tests of the ranking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit

from workbench.evaluate.noise import NoisyLabels, inject_noise, siblings_by_attribute
from workbench.matrices import LabelMatrix, PairScores

N_INSTANCES, N_KINDS, N_COLORS = 300, 6, 8


@dataclass(frozen=True)
class Shop:
    """Offers of some kinds of goods, each with a kind, two features of the kind and a colour."""

    truth: LabelMatrix
    noisy: NoisyLabels
    scores: PairScores
    column_sums: NDArray[np.float64]
    features: csr_array
    labels: pd.DataFrame
    texts: list[str]


@pytest.fixture(scope="session")
def shop() -> Shop:
    rng = np.random.default_rng(7)
    kind = rng.integers(0, N_KINDS, N_INSTANCES)
    color = rng.integers(0, N_COLORS, N_INSTANCES)
    values = [
        *[("Kind", f"kind{i}") for i in range(N_KINDS)],
        *[("Feature", f"feature{i}") for i in range(2 * N_KINDS)],
        *[("Color", f"color{i}") for i in range(N_COLORS)],
    ]
    labels = pd.DataFrame(values, columns=["attribute", "value"])
    labels.insert(0, "label_id", labels["attribute"] + ": " + labels["value"])
    columns = [kind, N_KINDS + 2 * kind, N_KINDS + 2 * kind + 1, 3 * N_KINDS + color]
    truth = LabelMatrix.from_positions(
        np.tile(np.arange(N_INSTANCES), 4),
        np.concatenate(columns),
        instance_ids=pd.Index([f"offer {i}" for i in range(N_INSTANCES)]),
        label_ids=pd.Index(labels["label_id"]),
    )
    noisy = inject_noise(truth, siblings=siblings_by_attribute(labels["attribute"]), random_state=1)
    scores, sums = _scores(truth, noisy.given, rng)
    words = rng.random((N_INSTANCES, 40)) < 0.05
    features = np.hstack([np.eye(N_KINDS)[kind], words]).astype(np.float32)
    texts = [
        f"kind{k} in color{c}" if i % 3 else ""
        for i, (k, c) in enumerate(zip(kind, color, strict=True))
    ]
    return Shop(truth, noisy, scores, sums, csr_array(features), labels, texts)


def _scores(
    truth: LabelMatrix, given: LabelMatrix, rng: np.random.Generator
) -> tuple[PairScores, NDArray[np.float64]]:
    """Return scores that know the truth a little: all given pairs and six candidates each."""
    dense = expit(2.5 * truth.values.toarray() - 2 + rng.normal(0, 1.2, truth.values.shape))
    kept = given.values.toarray()
    np.put_along_axis(kept, np.argsort(-dense, axis=1)[:, :6], True, axis=1)
    values = csr_array(np.where(kept, dense, 0).astype(np.float32))
    return PairScores(values, truth.instance_ids, truth.label_ids), dense.sum(axis=0)

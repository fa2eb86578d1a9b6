"""Clean labels, of which a part is disturbed to be cleaned again, and a part measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.evaluate.noise import (
    NoisyLabels,
    inject_noise,
    siblings_by_attribute,
    siblings_by_similarity,
)
from workbench.matrices import LabelMatrix
from workbench.model import OutOfSample
from workbench.workspace.trained_models import Model


@dataclass(frozen=True, eq=False)
class Lesson:
    """Noisy labels to clean, what is true of them, and instances that no model learns from.

    Parameters
    ----------
    X, X_test : csr_array of float32, shape (n_instances, n_features)
    truth, truth_test : LabelMatrix
    given : LabelMatrix
        The noisy labels, on the axes of ``truth``.
    labels : pd.DataFrame, optional
        ``label_id, attribute, value`` and, in a taxonomy, ``parent_id``.
    texts : list of str, optional
        Of the instances to clean.
    """

    X: csr_array
    truth: LabelMatrix
    X_test: csr_array
    truth_test: LabelMatrix
    given: LabelMatrix
    labels: pd.DataFrame | None = None
    texts: list[str] | None = None


@dataclass(frozen=True)
class Tools:
    """What the loop works with, as it is configured.

    Parameters
    ----------
    make_model : callable
        The unfitted model of a random state.
    score : callable
        Out-of-sample scores from X, given labels, pairs to score besides, and a random state.
    tail_weight : float
        See :func:`workbench.issues.gain.gain_ranks`.
    """

    make_model: Callable[[int], Model]
    score: Callable[[csr_array, LabelMatrix, csr_array, int], OutOfSample]
    tail_weight: float = 0.5


def disturb(truth: LabelMatrix, siblings: csr_array, noise: float, seed: int) -> NoisyLabels:
    """Return labels of which a share is disturbed, in four equal parts.

    Labels are added, swapped for a similar one, dropped at random, and dropped the rarer the
    sooner.

    Parameters
    ----------
    truth : LabelMatrix
    siblings : csr_array
        See :func:`siblings_of`.
    noise : float
        Share of the given pairs, in (0, 1).
    seed : int
    """
    return inject_noise(
        truth,
        siblings=siblings,
        added=noise / 4,
        swapped=noise / 4,
        dropped=noise / 4,
        dropped_by_propensity=noise / 4,
        random_state=seed,
    )


def siblings_of(truth: LabelMatrix, X: csr_array, labels: pd.DataFrame | None) -> csr_array:
    """Return the labels that each may be swapped for: of its attribute, else on similar instances.

    Parameters
    ----------
    truth : LabelMatrix
    X : csr_array of float32, shape (n_instances, n_features)
    labels : pd.DataFrame, optional
        ``label_id, attribute``.
    """
    if labels is not None:
        attributes = labels.set_index("label_id")["attribute"].reindex(truth.label_ids)
        if attributes.notna().any():
            return siblings_by_attribute(attributes.reset_index(drop=True))
    return siblings_by_similarity(X, truth)


def make_lesson(
    X: csr_array,
    clean: LabelMatrix,
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    *,
    noise: float,
    seed: int,
    labels: pd.DataFrame | None = None,
    texts: Sequence[str] | None = None,
) -> Lesson:
    """Return the lesson of clean labels: ``train`` disturbed, ``test`` as it is.

    Parameters
    ----------
    X : csr_array of float32, shape (n_instances, n_features)
    clean : LabelMatrix
    train, test : ndarray of int64
        Positions of instances.
    noise : float
    seed : int
    labels : pd.DataFrame, optional
    texts : sequence of str, length n_instances, optional
    """
    truth, X_train = clean.take_instances(train), csr_array(X[train])
    return Lesson(
        X=X_train,
        truth=truth,
        X_test=csr_array(X[test]),
        truth_test=clean.take_instances(test),
        given=disturb(truth, siblings_of(truth, X_train, labels), noise, seed).given,
        labels=labels,
        texts=None if texts is None else [texts[row] for row in train],
    )

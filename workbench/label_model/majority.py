"""Majority vote, the baseline."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from workbench.label_model.base import LabelModel
from workbench.label_model.patterns import VotePatterns


class MajorityVote(LabelModel):
    """Posterior of every pair from a weighted majority of its votes.

    The log-odds of a pair are the weights of the sources that vote for it less those of the
    sources that vote against it; abstaining says nothing, a higher level no more than a lower one.
    Nothing is learnt from the votes but which sources there are.

    Parameters
    ----------
    weights : mapping from source to weight, optional
        Log-odds that a vote adds, 1 unless named. 0 or more.

    Attributes
    ----------
    sources_ : tuple of str

    Examples
    --------
    >>> import pandas as pd
    >>> votes = pd.DataFrame({
    ...     "instance_id": ["q1", "q1", "q2"], "label_id": ["red"] * 3,
    ...     "source": ["clicks", "text", "clicks"], "level": [2, 1, 0]})
    >>> labels = pd.DataFrame({"label_id": ["red"], "attribute": ["Color"]})
    >>> MajorityVote().fit_predict(votes, labels)["posterior"].astype(float).round(2).tolist()
    [0.88, 0.27]
    """

    def __init__(self, *, weights: Mapping[str, float] | None = None) -> None:
        self.weights = weights

    def fit_patterns(self, patterns: VotePatterns) -> MajorityVote:
        """Learn which sources there are.

        Raises
        ------
        ValueError
            If a weight is negative.
        """
        self._check_weights()
        self.sources_ = patterns.sources
        return self

    def log_odds(self, patterns: VotePatterns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the prior, shape (n_patterns,), and the evidence, (n_patterns, n_sources)."""
        weights = self.weights or {}
        weight = np.array([weights.get(source, 1.0) for source in patterns.sources])
        direction = np.where(patterns.levels > 0, 1, np.where(patterns.levels == 0, -1, 0))
        return np.zeros(len(patterns.counts)), direction * weight

    def _check_weights(self) -> None:
        bad = {s: w for s, w in (self.weights or {}).items() if not 0 <= w < np.inf}
        if bad:
            raise ValueError(f"weights must be finite and 0 or more, found {bad}")

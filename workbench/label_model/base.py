"""What every label model offers: tables of votes in, a table of posteriors out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.label_model.patterns import VotePatterns

Floats = NDArray[np.float64]


class LabelModel(ABC):
    """A model of votes: it learns from grouped votes and gives every pattern its log-odds.

    A model is fitted once it knows its sources, ``sources_``.
    """

    sources_: tuple[str, ...]

    @abstractmethod
    def fit_patterns(self, patterns: VotePatterns) -> Self:
        """Do what `fit` does, on votes that are grouped already."""

    @abstractmethod
    def log_odds(self, patterns: VotePatterns) -> tuple[Floats, Floats]:
        """Return the prior, shape (n_patterns,), and the evidence, (n_patterns, n_sources).

        The sources of the patterns are those of the fit, in the same order.
        """

    def fit(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> Self:
        """Learn from the votes and the reviewed pairs.

        Parameters
        ----------
        votes : DataFrame with instance_id, label_id, source, level
            Level 0 speaks against the pair, higher levels for it; no row: the source abstains.
        labels : DataFrame with label_id, attribute
        reviewed : DataFrame with instance_id, label_id, verdict and, optional, weight
            Pairs whose state is certain; ``weight`` is how many pairs one stands for, where some
            were likelier to be asked for. Without a vote a pair is no candidate and plays no part.

        Raises
        ------
        InputError
            If a table breaks its contract, see `VotePatterns.from_votes`, or the model cannot
            learn from it.
        ValueError
            If a parameter is out of range.
        """
        return self.fit_patterns(VotePatterns.from_votes(votes, labels, reviewed))

    def predict(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Return the posterior table, see `VotePatterns.to_posterior`; reviewed pairs get 0 or 1.

        Raises
        ------
        NotFittedError
        InputError
            If a table breaks its contract or a source was not there in the fit.
        """
        if not hasattr(self, "sources_"):
            from sklearn.exceptions import NotFittedError

            name = type(self).__name__
            raise NotFittedError(f"{name} has learnt nothing yet: call fit before predict")
        patterns = VotePatterns.from_votes(votes, labels, reviewed, sources=self.sources_)
        return patterns.to_posterior(*self.log_odds(patterns))

    def fit_predict(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Return what fit and then predict on the same tables would, reading them once."""
        patterns = VotePatterns.from_votes(votes, labels, reviewed)
        return patterns.to_posterior(*self.fit_patterns(patterns).log_odds(patterns))

"""Majority vote, the baseline, and how far each source agrees with a posterior."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from workbench.errors import InputError
from workbench.label_model.codes import sorted_codes
from workbench.label_model.patterns import VotePatterns, attributes_of_labels


class MajorityVote:
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
    >>> votes = pd.DataFrame({
    ...     "instance_id": ["q1", "q1", "q2"], "label_id": ["red"] * 3,
    ...     "source": ["clicks", "text", "clicks"], "level": [2, 1, 0]})
    >>> labels = pd.DataFrame({"label_id": ["red"], "attribute": ["Color"]})
    >>> MajorityVote().fit_predict(votes, labels)["posterior"].astype(float).round(2).tolist()
    [0.88, 0.27]
    """

    def __init__(self, *, weights: Mapping[str, float] | None = None) -> None:
        self.weights = weights

    def fit(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> MajorityVote:
        """Learn which sources there are.

        Raises
        ------
        InputError
            If a table breaks its contract, see `VotePatterns.from_votes`.
        ValueError
            If a weight is negative.
        """
        self._check_weights()
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
            raise NotFittedError("MajorityVote knows no sources yet: call fit before predict")
        patterns = VotePatterns.from_votes(votes, labels, reviewed, sources=self.sources_)
        return patterns.to_posterior(*self.log_odds(patterns))

    def fit_predict(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Return what fit and then predict on the same tables would, reading them once."""
        self._check_weights()
        patterns = VotePatterns.from_votes(votes, labels, reviewed)
        return patterns.to_posterior(*self.fit_patterns(patterns).log_odds(patterns))

    def fit_patterns(self, patterns: VotePatterns) -> MajorityVote:
        """Do what `fit` does, on votes that are grouped already."""
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


def source_accuracy(votes: pd.DataFrame, posterior: pd.DataFrame) -> pd.DataFrame:
    """Return how many votes each source cast and the share of them that the posterior expects.

    A vote for a pair agrees with probability ``posterior``, a vote against it with one minus that.

    Returns
    -------
    DataFrame
        source, n_votes, accuracy; sorted by source.

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior does not hold.
    """
    return _agreement(votes, posterior, ["source"])


def source_accuracy_by_attribute(
    votes: pd.DataFrame, posterior: pd.DataFrame, labels: pd.DataFrame
) -> pd.DataFrame:
    """Return the same as `source_accuracy`, a row each source and attribute it votes on.

    Returns
    -------
    DataFrame
        source, attribute, n_votes, accuracy; sorted. Labels without an attribute count as "".

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior, or on labels that ``labels`` does not hold.
    """
    label, label_ids = sorted_codes(votes["label_id"])
    attribute_of_label, attributes = attributes_of_labels(label_ids, labels)
    names = pd.Index(attributes, dtype="str").take(attribute_of_label[label])
    return _agreement(votes.assign(attribute=names), posterior, ["source", "attribute"])


def _agreement(votes: pd.DataFrame, posterior: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    pair = ["instance_id", "label_id"]
    joined = votes[[*pair, "level", *keys]].merge(posterior[[*pair, "posterior"]], "left", on=pair)
    unknown = joined["posterior"].isna()
    if unknown.any():
        examples = joined.loc[unknown, pair].head(5).to_numpy().tolist()
        raise InputError(
            f"{int(unknown.sum())} of {len(votes)} votes are on pairs without a posterior: "
            f"{examples}; predict the posterior from these votes first"
        )
    belief = joined["posterior"].astype(np.float64)
    joined["accuracy"] = belief.where(joined["level"] > 0, 1 - belief)
    table = joined.groupby(keys, observed=True)["accuracy"].agg(["size", "mean"]).reset_index()
    return table.rename(columns={"size": "n_votes", "mean": "accuracy"})

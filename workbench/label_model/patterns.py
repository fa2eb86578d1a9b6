"""The votes on pairs as a short table of vote patterns, and the posterior table made from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from workbench.label_model.codes import distinct_keys, distinct_rows, sorted_codes
from workbench.label_model.verdicts import NOT_REVIEWED, PairVerdicts, settled_verdicts
from workbench.label_model.vote_columns import (
    ABSTAINS,
    check_columns,
    check_levels,
    levels_of_pairs,
    stacked,
)
from workbench.signals.label_attributes import attributes_of_labels


@dataclass(frozen=True, eq=False)
class VotePatterns:
    """What the sources said about the pairs: few distinct patterns, each shared by many pairs.

    A pattern is the attribute of the pair's label, the level of every source (or its abstention)
    and the reviewed verdict. The pairs are those that at least one source voted on.

    Parameters
    ----------
    sources : tuple of str, length n_sources
    attributes : tuple of str, length n_attributes
        Sorted; labels without an attribute form the one named "".
    levels : ndarray of int8, shape (n_patterns, n_sources)
        ``ABSTAINS`` where a source has no vote.
    attribute_index : ndarray of int64, shape (n_patterns,)
    verdicts : ndarray of int8, shape (n_patterns,)
        1 present, 0 absent, ``NOT_REVIEWED`` where nobody was asked or the reviewer was unsure.
    counts : ndarray of int64, shape (n_patterns,)
        Number of pairs with this pattern.
    verdict_weights : ndarray of float64, shape (n_patterns,)
        How many pairs the reviewed ones of this pattern stand for; 0 where none is reviewed.
    pairs : DataFrame with instance_id and label_id, length n_pairs
        Sorted by instance, then label.
    pattern_index : ndarray of int64, shape (n_pairs,)
        The pattern of each pair.

    Examples
    --------
    >>> votes = pd.DataFrame({
    ...     "instance_id": ["q1", "q2", "q3", "q3"], "label_id": ["red"] * 4,
    ...     "source": ["clicks", "clicks", "clicks", "text"], "level": [1, 1, 0, 1]})
    >>> labels = pd.DataFrame({"label_id": ["red"], "attribute": ["Color"]})
    >>> patterns = VotePatterns.from_votes(votes, labels)
    >>> patterns.levels.tolist(), patterns.counts.tolist()
    ([[0, 1], [1, -1]], [1, 2])
    """

    sources: tuple[str, ...]
    attributes: tuple[str, ...]
    levels: NDArray[np.int8]
    attribute_index: NDArray[np.int64]
    verdicts: NDArray[np.int8]
    counts: NDArray[np.int64]
    verdict_weights: NDArray[np.float64]
    pairs: pd.DataFrame
    pattern_index: NDArray[np.int64]

    @classmethod
    def from_votes(
        cls,
        votes: pd.DataFrame,
        labels: pd.DataFrame,
        reviewed: pd.DataFrame | None = None,
        *,
        sources: Sequence[str] | None = None,
    ) -> VotePatterns:
        """Return the patterns of a votes table.

        Parameters
        ----------
        votes : DataFrame with instance_id, label_id, source, level
        labels : DataFrame with label_id, attribute
        reviewed : DataFrame with instance_id, label_id, verdict and, optional, weight
            Pairs without a vote are no candidates and have no part in the patterns.
        sources : sequence of str, optional
            The sources to expect, in this order; by default those that vote, sorted.

        Raises
        ------
        InputError
            If a column is missing, a key is null, a level is negative, a source votes twice on a
            pair, a label or source is unknown, or a pair has two verdicts.
        """
        check_columns(votes, ("instance_id", "label_id", "source", "level"), "votes")
        check_columns(labels, ("label_id", "attribute"), "labels")
        check_levels(votes["level"])
        instance, instance_ids = sorted_codes(votes["instance_id"])
        label, label_ids = sorted_codes(votes["label_id"])
        keys, pair = distinct_keys(instance * max(len(label_ids), 1) + label)
        pairs = pd.DataFrame(
            {
                "instance_id": instance_ids.take(keys // max(len(label_ids), 1)),
                "label_id": label_ids.take(keys % max(len(label_ids), 1)),
            }
        )
        attribute_of_label, attributes = attributes_of_labels(label_ids, labels)
        names, levels = levels_of_pairs(votes, pair, len(keys), sources)
        attribute = attribute_of_label[keys % max(len(label_ids), 1)]
        first, pattern_index, counts = distinct_rows([attribute, *levels])
        patterns = cls._unreviewed(
            names,
            attributes,
            stacked([column[first] for column in levels], len(first)),
            attribute[first],
            counts,
            pairs,
            pattern_index,
        )
        return patterns if reviewed is None else patterns.review(settled_verdicts(reviewed, pairs))

    @classmethod
    def from_levels(
        cls,
        levels: NDArray[np.int8],
        pairs: pd.DataFrame,
        *,
        sources: Sequence[str],
        attribute_index: NDArray[np.integer] | None = None,
        attributes: Sequence[str] = ("",),
    ) -> VotePatterns:
        """Return the patterns of votes that are a matrix already.

        Parameters
        ----------
        levels : ndarray of int8, shape (n_pairs, n_sources)
            ``ABSTAINS`` where a source has no vote; every pair has one.
        pairs : DataFrame with instance_id, label_id, length n_pairs
            In any order, each once.
        sources : sequence of str, length n_sources
        attribute_index : ndarray of int, shape (n_pairs,), optional
            Position of each pair's attribute in ``attributes``; all have the first if left out.
        attributes : sequence of str

        Raises
        ------
        ValueError
            If shapes differ, a level is below -1, or an attribute is not there.
        """
        n_pairs = len(pairs)
        if levels.shape != (n_pairs, len(sources)) or levels.dtype != np.int8:
            raise ValueError(
                f"levels must be int8 of shape {(n_pairs, len(sources))} (pairs, sources), found "
                f"{levels.dtype} of shape {levels.shape}"
            )
        if levels.min(initial=ABSTAINS) < ABSTAINS:
            raise ValueError(f"levels must be {ABSTAINS} or more, found {levels.min()}")
        attribute = np.zeros(n_pairs, np.int64) if attribute_index is None else attribute_index
        if len(attribute) != n_pairs or not (
            (attribute >= 0).all() and (attribute < len(attributes)).all()
        ):
            raise ValueError(
                f"attribute_index must name one of {len(attributes)} attributes for each of "
                f"{n_pairs} pairs"
            )
        first, pattern_index, counts = distinct_rows([attribute, *levels.T])
        return cls._unreviewed(
            tuple(sources),
            tuple(attributes),
            levels[first],
            attribute[first].astype(np.int64),
            counts,
            pairs,
            pattern_index,
        )

    @classmethod
    def _unreviewed(
        cls,
        sources: tuple[str, ...],
        attributes: tuple[str, ...],
        levels: NDArray[np.int8],
        attribute_index: NDArray[np.int64],
        counts: NDArray[np.int64],
        pairs: pd.DataFrame,
        pattern_index: NDArray[np.int64],
    ) -> VotePatterns:
        return cls(
            sources=sources,
            attributes=attributes,
            levels=levels,
            attribute_index=attribute_index,
            verdicts=np.full(len(levels), NOT_REVIEWED, np.int8),
            counts=counts,
            verdict_weights=np.zeros(len(levels)),
            pairs=pairs,
            pattern_index=pattern_index,
        )

    def with_rare_attributes_as_one(self, min_pairs: int) -> VotePatterns:
        """Return the patterns with all attributes of fewer pairs than this taken for one.

        Far fewer patterns where there are many attributes; the pairs stay the same.
        """
        n_pairs = np.bincount(self.attribute_index, self.counts, len(self.attributes))
        large = np.flatnonzero(n_pairs >= min_pairs)
        if len(large) >= len(self.attributes) - 1:
            return self
        place = np.full(len(self.attributes), len(large))
        place[large] = np.arange(len(large))
        first, number, _ = distinct_rows(
            [place[self.attribute_index], *self.levels.T, self.verdicts]
        )
        return replace(
            self,
            attributes=(*(self.attributes[i] for i in large), "other attributes"),
            levels=self.levels[first],
            attribute_index=place[self.attribute_index[first]],
            verdicts=self.verdicts[first],
            counts=np.bincount(number, self.counts).astype(np.int64),
            verdict_weights=np.bincount(number, self.verdict_weights).astype(np.float64),
            pattern_index=number[self.pattern_index],
        )

    def review(self, verdicts: PairVerdicts | None) -> VotePatterns:
        """Return the patterns of the same votes with these verdicts in place of any others."""
        said = np.full(len(self.pairs), NOT_REVIEWED, np.int8)
        weight = np.zeros(len(self.pairs))
        if verdicts is not None:
            said[verdicts.position] = verdicts.present
            weight[verdicts.position] = verdicts.weight
        first, index, counts = distinct_rows(
            [
                self.attribute_index[self.pattern_index],
                *(column[self.pattern_index] for column in self.levels.T),
                said,
            ]
            if (self.verdicts != NOT_REVIEWED).any()
            else [self.pattern_index, said]
        )
        old = self.pattern_index[first]
        return replace(
            self,
            levels=self.levels[old],
            attribute_index=self.attribute_index[old],
            verdicts=said[first],
            counts=counts,
            verdict_weights=np.bincount(index, weight, len(first)).astype(np.float64),
            pattern_index=index,
        )

    def probabilities(
        self, prior: NDArray[np.float64], evidence: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Return the posterior of every pair, shape (n_pairs,), as in `to_posterior`."""
        return self._posterior(prior, evidence).astype(np.float32)[self.pattern_index]

    def _posterior(
        self, prior: NDArray[np.float64], evidence: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        posterior = expit(prior + evidence.sum(axis=1))
        settled: NDArray[np.float64] = np.where(
            self.verdicts == NOT_REVIEWED, posterior, self.verdicts
        )
        return settled

    def to_posterior(
        self, prior: NDArray[np.float64], evidence: NDArray[np.float64]
    ) -> pd.DataFrame:
        """Return the posterior table, one row a pair, from the log-odds of every pattern.

        Parameters
        ----------
        prior : ndarray of float64, shape (n_patterns,)
        evidence : ndarray of float64, shape (n_patterns, n_sources)
            Log-odds that each source adds; abstaining may add some too.

        Returns
        -------
        DataFrame
            instance_id, label_id, posterior, prior, votes_for, votes_against, one
            ``evidence_<source>`` a source, reviewed (a person settled the pair), unanimous (no two
            votes on the pair contradict each other), overturned (they do not, and the posterior
            says the opposite). The logit of the posterior is the prior plus the evidence, except
            for a reviewed pair: there it is the verdict, 0 or 1.
        """
        posterior = self._posterior(prior, evidence)
        votes_for = (self.levels > 0).sum(axis=1)
        votes_against = (self.levels == 0).sum(axis=1)
        columns: dict[str, NDArray[np.generic]] = {
            "posterior": posterior.astype(np.float32),
            "prior": prior.astype(np.float32),
            "votes_for": votes_for.astype(np.int8),
            "votes_against": votes_against.astype(np.int8),
        }
        for j, source in enumerate(self.sources):
            columns[f"evidence_{source}"] = evidence[:, j].astype(np.float32)
        columns["reviewed"] = self.verdicts != NOT_REVIEWED
        columns["unanimous"] = (votes_for == 0) | (votes_against == 0)
        columns["overturned"] = overturned(votes_for, votes_against, posterior)
        taken = {name: column[self.pattern_index] for name, column in columns.items()}
        return self.pairs.assign(**taken)


def overturned(
    votes_for: NDArray[np.integer],
    votes_against: NDArray[np.integer],
    posterior: NDArray[np.floating],
) -> NDArray[np.bool_]:
    """Return where all votes of a pair say the same and its posterior the opposite.

    Examples
    --------
    >>> overturned(np.array([2, 2, 0]), np.array([0, 1, 0]), np.array([0.4, 0.4, 0.9])).tolist()
    [True, False, False]
    """
    doubted = (votes_for > 0) & (votes_against == 0) & (posterior < 0.5)
    restored = (votes_for == 0) & (votes_against > 0) & (posterior > 0.5)
    opposite: NDArray[np.bool_] = doubted | restored
    return opposite

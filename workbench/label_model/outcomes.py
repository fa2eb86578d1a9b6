"""What the sources of a group may say of a pair together, as a short list of outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.label_model.codes import distinct_rows
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.vote_columns import ABSTAINS


@dataclass(frozen=True, eq=False)
class JointOutcomes:
    """What the sources of one group may say together.

    Parameters
    ----------
    group : str
    columns : ndarray of int64, shape (n_sources of the group,)
        Positions of its sources in ``VotePatterns.levels``.
    levels : ndarray of int8, shape (n_outcomes, n_sources of the group)
        The first outcome is that all abstain.

    Examples
    --------
    >>> clicks = JointOutcomes("clicks", np.array([0]), np.int8([[-1], [3], [0]]))
    >>> clicks.names(["clicks", "text"])
    ['clicks abstains', 'clicks 3', 'clicks 0']
    >>> clicks.encode(np.int8([[0, 1], [2, -1]])).tolist()
    [2, 1]
    """

    group: str
    columns: NDArray[np.int64]
    levels: NDArray[np.int8]

    def encode(self, levels: NDArray[np.int8]) -> NDArray[np.int64]:
        """Return the nearest outcome of every pattern, the more frequent one on a tie.

        Against is as far from abstaining as the weakest vote for; level differs from level by 1.

        Parameters
        ----------
        levels : ndarray of int8, shape (n_patterns, n_sources)
            Of all sources, not only those of the group.

        Returns
        -------
        ndarray of int64, shape (n_patterns,)
            Positions of the outcomes.
        """
        said, kept = _strength(levels[:, self.columns]), _strength(self.levels)
        distance = np.abs(said[:, None, :] - kept[None, :, :]).sum(axis=2)
        nearest: NDArray[np.int64] = distance.argmin(axis=1)
        return nearest

    def directions(self, *, is_finder: bool = False) -> NDArray[np.int64]:
        """Return -1 for outcomes that may not speak for a pair, 1 for those not against, else 0.

        All against may not speak for a pair. Strong ones, none against, may not speak against it;
        strong means that some source votes at its highest level. Lower levels may well: where most
        candidates are clicked often, few clicks are a bad sign. The silence of a finder may not
        speak for a pair either, unless it never votes for one: who only forbids allows by silence.
        """
        strongest = ((self.levels > 0) & (self.levels == self.levels.max(axis=0))).any(axis=1)
        favour, against = (self.levels > 0).any(axis=1), (self.levels == 0).any(axis=1)
        silent = is_finder & ~favour & ~against & favour.any()
        return np.select([(against & ~favour) | silent, strongest & ~against], [-1, 1], 0).astype(
            np.int64
        )

    def ladder(self) -> NDArray[np.int64]:
        """Return the positions of the outcomes from weak to strong, those that have an order.

        The votes of a single source are ordered by level; how the levels of several sources
        compare is for the data to say.
        """
        if len(self.columns) > 1:
            return np.empty(0, np.int64)
        level = self.levels[:, 0]
        return np.argsort(level)[np.count_nonzero(level == ABSTAINS) :]

    def names(self, sources: Sequence[str]) -> list[str]:
        """Return each outcome in words, such as "clicks 2, text abstains"."""
        own = [sources[column] for column in self.columns]
        return [
            ", ".join(
                f"{source} {'abstains' if level == ABSTAINS else level}"
                for source, level in zip(own, outcome, strict=True)
            )
            for outcome in self.levels.tolist()
        ]


def find_joint_outcomes(
    patterns: VotePatterns, groups: Mapping[str, str], max_outcomes: int
) -> tuple[JointOutcomes, ...]:
    """Return the outcomes of each group of sources, sorted by group.

    A group keeps its ``max_outcomes`` most frequent outcomes, and always that all abstain.

    Parameters
    ----------
    patterns : VotePatterns
    groups : mapping from source to group
        A source it does not name belongs to the group of its own name.
    max_outcomes : int
        1 or more; that all abstain counts as one.
    """
    columns: dict[str, list[int]] = {}
    for column, source in enumerate(patterns.sources):
        columns.setdefault(groups.get(source, source), []).append(column)
    found = []
    for group, own in sorted(columns.items()):
        first, outcome, _ = distinct_rows(list(patterns.levels[:, own].T))
        distinct = patterns.levels[first][:, own]
        n_pairs = np.bincount(outcome, weights=patterns.counts, minlength=len(distinct))
        votes = (distinct != ABSTAINS).any(axis=1)
        order = np.flatnonzero(votes)[np.argsort(-n_pairs[votes], kind="stable")]
        silent = np.full((1, len(own)), ABSTAINS, np.int8)
        levels = np.concatenate([silent, distinct[order[: max_outcomes - 1]]])
        found.append(JointOutcomes(group, np.array(own, np.int64), levels))
    return tuple(found)


def _strength(levels: NDArray[np.int8]) -> NDArray[np.int64]:
    return np.where(levels == ABSTAINS, 0, np.where(levels == 0, -2, levels + np.int64(1)))

"""The steps of EM on vote patterns, and what they pass on: parameters and counts of pairs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from workbench.label_model.codes import distinct_rows
from workbench.label_model.monotone import in_order
from workbench.label_model.outcomes import JointOutcomes
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.verdicts import NOT_REVIEWED

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Theta:
    """Log-frequencies of the outcomes and log-odds of the prior.

    A row is an attribute or a pool of them; the cells are the outcomes of all groups in turn.

    Parameters
    ----------
    present, absent : ndarray of float64, shape (n_rows, n_cells)
        Log-frequency of each outcome among the pairs of either state; within a group the
        frequencies add up to 1.
    prior : ndarray of float64, shape (n_rows,)
        Log-odds.

    Examples
    --------
    >>> theta = Theta(np.log([[0.2, 0.8]]), np.log([[0.5, 0.5]]), np.array([0.7]))
    >>> theta.append(theta.repeat(2)).prior.tolist()
    [0.7, 0.7, 0.7]
    """

    present: Floats
    absent: Floats
    prior: Floats

    def repeat(self, n_rows: int) -> Theta:
        """Return these parameters with each row ``n_rows`` times."""
        parts = (self.present, self.absent, self.prior)
        return Theta(*(np.repeat(part, n_rows, axis=0) for part in parts))

    def append(self, other: Theta) -> Theta:
        """Return these parameters with the rows of the other below them."""
        mine = (self.present, self.absent, self.prior)
        theirs = (other.present, other.absent, other.prior)
        return Theta(*(np.concatenate(parts) for parts in zip(mine, theirs, strict=True)))


@dataclass(frozen=True, eq=False)
class PairCounts:
    """How many pairs of either state show each outcome, and how many there are at all.

    Rows and cells are those of `Theta`; the counts need not be whole numbers.

    Parameters
    ----------
    present, absent : ndarray of float64, shape (n_rows, n_cells)
    n_present, n_absent : ndarray of float64, shape (n_rows,)

    Examples
    --------
    >>> counts = PairCounts(np.ones((1, 2)), np.zeros((1, 2)), np.array([2.0]), np.array([0.0]))
    >>> counts.plus(counts).present.tolist()
    [[2.0, 2.0]]
    """

    present: Floats
    absent: Floats
    n_present: Floats
    n_absent: Floats

    def plus(self, other: PairCounts) -> PairCounts:
        """Return the counts of these pairs and the others together."""
        return PairCounts(
            self.present + other.present,
            self.absent + other.absent,
            self.n_present + other.n_present,
            self.n_absent + other.n_absent,
        )

    def log_density(self, theta: Theta) -> float:
        """Return the log-likelihood of these pairs, their states being known."""
        outcomes = (self.present * theta.present).sum() + (self.absent * theta.absent).sum()
        states = self.n_present @ log_expit(theta.prior) + self.n_absent @ log_expit(-theta.prior)
        return float(outcomes + states)


@dataclass(frozen=True, eq=False)
class Problem:
    """The vote patterns as EM sees them: which parameters each of them speaks of.

    Parameters
    ----------
    row : ndarray of int64, shape (n_patterns,)
        The row of `Theta` each pattern belongs to.
    n_rows : int
    cells : ndarray of int64, shape (n_patterns, n_groups)
        The cell of `Theta` with the outcome of each group.
    starts : ndarray of int64, shape (n_groups,)
        The first cell of each group, where it abstains.
    n_cells : int
    directions, ladders : tuple of ndarray of int64, length n_groups
        See `JointOutcomes.directions` and `JointOutcomes.ladder`.
    has_unvoted : bool
        Whether there are pairs without a vote to allow for.
    counts : ndarray of float64, shape (n_patterns,)
        Number of pairs with each pattern.
    verdicts : ndarray of int8, shape (n_patterns,)
        1 present, 0 absent, ``NOT_REVIEWED`` where EM is to find out.

    Examples
    --------
    One source: three pairs it votes against, one it votes for.

    >>> problem = Problem(
    ...     row=np.array([0, 0]), n_rows=1, cells=np.array([[1], [2]]), starts=np.array([0]),
    ...     n_cells=3, directions=(np.array([0, -1, 1]),), ladders=(np.array([1, 2]),),
    ...     has_unvoted=True, counts=np.array([3.0, 1.0]), verdicts=np.int8([-1, -1]))
    >>> problem.voted(np.array([0.0, 0.5])).absent.tolist()
    [[0.0, 3.0, 0.5]]
    """

    row: Positions
    n_rows: int
    cells: Positions
    starts: Positions
    n_cells: int
    directions: tuple[Positions, ...]
    ladders: tuple[Positions, ...]
    has_unvoted: bool
    counts: Floats
    verdicts: NDArray[np.int8]

    @classmethod
    def of(
        cls,
        patterns: VotePatterns,
        outcomes: tuple[JointOutcomes, ...],
        *,
        impute_unvoted: bool,
        finders: Collection[str] = (),
    ) -> Problem:
        """Return the problem with a row an attribute.

        With ``impute_unvoted`` it allows for unvoted pairs, unless some group votes on every pair.
        That one of the ``finders`` is silent never speaks for a pair.
        """
        sizes = [len(group.levels) for group in outcomes]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        cells = np.empty((len(patterns.counts), len(outcomes)), np.int64)
        for g, group in enumerate(outcomes):
            cells[:, g] = starts[g] + group.encode(patterns.levels)
        every_group_abstains = bool((cells == starts[:-1]).any(axis=0).all())
        return cls(
            row=patterns.attribute_index,
            n_rows=len(patterns.attributes),
            cells=cells,
            starts=starts[:-1],
            n_cells=int(starts[-1]),
            directions=tuple(
                group.directions(is_finder=group.group in finders) for group in outcomes
            ),
            ladders=tuple(group.ladder() for group in outcomes),
            has_unvoted=impute_unvoted and every_group_abstains and len(outcomes) > 0,
            counts=patterns.counts.astype(np.float64),
            verdicts=patterns.verdicts,
        )

    def pooled(self, posterior: Floats) -> tuple[Problem, Floats]:
        """Return the problem of all attributes as one, and the posterior of its patterns.

        Patterns that differ in nothing else become one: the sums of an M step stay the same.
        """
        first, number, _ = distinct_rows([*self.cells.T, self.verdicts])
        counts: Floats = np.bincount(number, self.counts).astype(np.float64)
        present = np.bincount(number, self.counts * posterior)
        problem = replace(
            self,
            row=np.zeros(len(first), np.int64),
            n_rows=1,
            cells=self.cells[first],
            counts=counts,
            verdicts=self.verdicts[first],
        )
        return problem, present / counts

    @cached_property
    def n_pairs(self) -> float:
        """Number of pairs in the table."""
        return float(self.counts.sum())

    @cached_property
    def sizes(self) -> Positions:
        """Number of cells of each group, shape (n_groups,)."""
        return np.diff(self.starts, append=self.n_cells)

    @cached_property
    def _places(self) -> Positions:
        """The place of each pattern's cells in the raveled parameters, (n_groups, n_patterns)."""
        return np.ascontiguousarray((self.row[:, None] * self.n_cells + self.cells).T)

    def certain(self, posterior: Floats) -> Floats:
        """Return the posterior, shape (n_patterns,), with the reviewed verdicts in place."""
        settled: Floats = np.where(self.verdicts == NOT_REVIEWED, posterior, self.verdicts)
        return settled

    def e_step(self, theta: Theta) -> tuple[Floats, float]:
        """Return the posterior of every pattern, and the log-likelihood of all votes."""
        present = log_expit(theta.prior)[self.row] + theta.present.take(self._places).sum(axis=0)
        absent = log_expit(-theta.prior)[self.row] + theta.absent.take(self._places).sum(axis=0)
        seen = np.where(self.verdicts == 1, present, absent)
        seen = np.where(self.verdicts == NOT_REVIEWED, np.logaddexp(present, absent), seen)
        voted = np.log1p(-self._unvoted_share(theta).sum(axis=0))[self.row]
        return self.certain(expit(present - absent)), float(self.counts @ (seen - voted))

    def m_step(self, counts: PairCounts, *, monotone: bool) -> Theta:
        """Return the parameters of highest likelihood for pairs whose states are known.

        The counts must be above 0. With ``monotone`` the levels are evidence in their order.
        """
        present, absent = counts.present, counts.absent
        if monotone:
            present, absent = self._ordered(present, absent)
        return Theta(
            self._log_frequencies(present),
            self._log_frequencies(absent),
            np.log(counts.n_present) - np.log(counts.n_absent),
        )

    def voted(self, posterior: Floats) -> PairCounts:
        """Return the expected counts of the pairs in the table, by the patterns' posterior."""
        present, absent = self.counts * posterior, self.counts * (1 - posterior)
        return PairCounts(
            self._per_cell(present),
            self._per_cell(absent),
            self._per_row(present),
            self._per_row(absent),
        )

    def unvoted(self, theta: Theta) -> PairCounts:
        """Return the expected counts of the pairs that no source voted on."""
        share = self._unvoted_share(theta)
        n_voted = self._per_row(self.counts)
        n_present, n_absent = n_voted / (1 - share.sum(axis=0)) * share
        cells = np.zeros((2, self.n_rows, self.n_cells))
        cells[0][:, self.starts] = n_present[:, None]
        cells[1][:, self.starts] = n_absent[:, None]
        return PairCounts(cells[0], cells[1], n_present, n_absent)

    def _unvoted_share(self, theta: Theta) -> Floats:
        """Return how probable unvoted pairs are, present and absent, shape (2, n_rows)."""
        if not self.has_unvoted:
            return np.zeros((2, self.n_rows))
        present = log_expit(theta.prior) + theta.present[:, self.starts].sum(axis=1)
        absent = log_expit(-theta.prior) + theta.absent[:, self.starts].sum(axis=1)
        share: Floats = np.exp(np.stack([present, absent]))
        return share

    def _per_row(self, weight: Floats) -> Floats:
        """Return the weight of the patterns in each row, shape (n_rows,)."""
        return np.bincount(self.row, weight, self.n_rows).astype(np.float64)

    def _per_cell(self, weight: Floats) -> Floats:
        """Return the weight of the patterns in each cell, shape (n_rows, n_cells)."""
        repeated = np.tile(weight, len(self._places))
        total = np.bincount(self._places.ravel(), repeated, self.n_rows * self.n_cells)
        return total.astype(np.float64).reshape(self.n_rows, self.n_cells)

    def _log_frequencies(self, counts: Floats) -> Floats:
        totals = np.add.reduceat(counts, self.starts, axis=1)
        frequencies: Floats = np.log(counts) - np.repeat(np.log(totals), self.sizes, axis=1)
        return frequencies

    def _ordered(self, present: Floats, absent: Floats) -> tuple[Floats, Floats]:
        """Return the counts with the share of present pairs as the levels demand."""
        present, absent = present.copy(), absent.copy()
        for first, direction, ladder in zip(
            self.starts, self.directions, self.ladders, strict=True
        ):
            cells = slice(first, first + len(direction))
            total = present[:, cells] + absent[:, cells]
            share = in_order(present[:, cells] / total, total, direction, ladder)
            present[:, cells], absent[:, cells] = share * total, (1 - share) * total
        return present, absent

"""Dawid-Skene on vote patterns: how likely a pair is, and which source says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit
from sklearn.exceptions import NotFittedError

from workbench.label_model.patterns import (
    NOT_REVIEWED,
    JointOutcomes,
    VotePatterns,
    find_joint_outcomes,
)

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

# What the strongest vote adds to the log-odds of the start: alone it makes a probability of .9.
_START_LOG_ODDS = 2.2
# Nothing is impossible: no pseudo-pair is surer than this, and unseen outcomes get this share.
_LEAST = 1e-6
_BISECTIONS = 50


class DawidSkene:
    r"""Posterior of every pair from the votes, with the accuracies of the sources learnt by EM.

    A pair has a hidden state :math:`y \in \{0, 1\}`, present or not. Sources that copy each other
    form one group :math:`g`; what a group says of a pair, :math:`v_g`, is one outcome: the levels
    of its sources, where abstaining is a level of its own. Given the state, groups speak
    independently, per attribute :math:`a`:

    .. math:: \operatorname{logit} P(y = 1 | v) = \operatorname{logit} \pi_a
              + \sum_g \log \frac{\theta_{a,g}(v_g | 1)}{\theta_{a,g}(v_g | 0)}

    The summands are the evidence columns of the posterior table. EM alternates between the
    posterior of every vote pattern (E) and the frequencies of the outcomes among present and
    absent pairs (M). It runs on the distinct patterns with their counts, so after one grouping its
    cost does not depend on the number of pairs. First one model for all attributes is fitted,
    started from a majority vote; then one for each attribute, shrunk towards the first.

    Parameters
    ----------
    groups : mapping from source to group, optional
        A source it does not name belongs to the group of its own name.
    shrinkage : float, default 200
        How many voted pairs the pooled accuracies weigh in each attribute. Above 0.
    smoothing : float, default 1000
        How many voted pairs the majority vote weighs in the pooled accuracies. Above 0.
    prior_shrinkage : float, default 20
        How many voted pairs the pooled base rate weighs in the prior of each attribute. Above 0.
    monotone : bool, default True
        Never let a higher level of a source be weaker evidence than a lower one, nor let votes
        against or at the highest level count as the opposite of what they say.
    impute_unvoted : bool, default True
        Allow for the pairs that are not in the table because no source voted on them.
    max_outcomes : int, default 32
        Most outcomes a group may have. A rarer one counts as the nearest that is kept.
    max_iter : int, default 200
        Most EM iterations, for the pooled model and for the attributes.
    tolerance : float, default 1e-6
        EM stops when an iteration raises the bound by no more than this a pair.

    Attributes
    ----------
    sources_ : tuple of str
    attributes_ : tuple of str
        Labels without an attribute form the one named "".
    prior_ : Series of float64, indexed by attribute
        :math:`\operatorname{logit} \pi_a`. An attribute unknown to the fit has the pooled prior.
    theta_ : DataFrame
        attribute, group, outcome (such as "clicks 2, text abstains"), present and absent
        (the frequency of the outcome among the pairs of either state) and log_odds (the evidence).
    pooled_theta_ : DataFrame
        The same without attribute: what the attributes were shrunk towards.
    lower_bounds_ : ndarray of float64, shape (n_iter_,)
        Log-likelihood of the votes plus the log-density of the pseudo-pairs; it never falls.
    n_iter_ : int
        Iterations on the attributes.

    Notes
    -----
    Dawid and Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
    Algorithm", Applied Statistics 28, 1979. Here it differs as follows.

    *Unvoted pairs.* The table holds the pairs with a vote. Since "all abstain" never occurs in it,
    sources seem to abstain when others speak, and plain EM splits the pairs by who speaks instead
    of by their state. So the unvoted pairs are missing data: with :math:`p_0` the probability that
    all abstain, the E step adds :math:`n \, p_0 / (1 - p_0)` of them, and the likelihood is
    that of votes given that there is one. The prior is therefore the base rate among all these
    pairs, voted or not, and mostly lies below the share of present pairs in the table. Where some
    group votes on every pair nothing is imputed.

    *Shrinkage.* Pseudo-pairs follow the pooled accuracies at the outcome frequencies and base rate
    of the attribute, because coverage differs between attributes much more than accuracy does.

    *Order.* Levels are ordered within the M step. Of a single source the share of present pairs
    rises from level to level (isotonic regression weighted by pairs). An outcome that is all
    against is at most as frequent among present as among absent pairs, one with a source at its
    highest level and none against at least. Where they are not, they become neutral.
    This is the maximum of the M step under these constraints, so the bound still never falls.
    Abstaining has no place in the order. Without it EM may take a source that rarely meets the
    others for its opposite.

    Examples
    --------
    >>> votes = pd.DataFrame({
    ...     "instance_id": ["q1", "q1", "q2", "q2"], "label_id": ["red"] * 4,
    ...     "source": ["clicks", "text"] * 2, "level": [1, 1, 0, 0]})
    >>> labels = pd.DataFrame({"label_id": ["red"], "attribute": ["Color"]})
    >>> DawidSkene().fit_predict(votes, labels)["posterior"].astype(float).round(2).tolist()
    [1.0, 0.0]
    """

    def __init__(
        self,
        *,
        groups: Mapping[str, str] | None = None,
        shrinkage: float = 200.0,
        smoothing: float = 1000.0,
        prior_shrinkage: float = 20.0,
        monotone: bool = True,
        impute_unvoted: bool = True,
        max_outcomes: int = 32,
        max_iter: int = 200,
        tolerance: float = 1e-6,
    ) -> None:
        self.groups = groups
        self.shrinkage = shrinkage
        self.smoothing = smoothing
        self.prior_shrinkage = prior_shrinkage
        self.monotone = monotone
        self.impute_unvoted = impute_unvoted
        self.max_outcomes = max_outcomes
        self.max_iter = max_iter
        self.tolerance = tolerance

    def fit(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> DawidSkene:
        """Learn the priors and the accuracies of the sources.

        Parameters
        ----------
        votes : DataFrame with instance_id, label_id, source, level
            Level 0 speaks against the pair, higher levels for it; no row: the source abstains.
        labels : DataFrame with label_id, attribute
        reviewed : DataFrame with instance_id, label_id, verdict, optional
            Pairs whose state is certain. Without a vote a pair is no candidate and plays no part.

        Raises
        ------
        InputError
            If a table breaks its contract, see `VotePatterns.from_votes`.
        ValueError
            If a parameter is out of range.
        """
        self._check_parameters()
        return self._fit(VotePatterns.from_votes(votes, labels, reviewed))

    def predict(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Return the posterior table, see `VotePatterns.to_posterior`; reviewed pairs get 0 or 1.

        The evidence of a group is divided among its sources: each gets what it would say alone,
        and the difference to the whole is shared in proportion to the size of that.

        Raises
        ------
        NotFittedError
        InputError
            If a table breaks its contract or a source was not there in the fit.
        """
        if not hasattr(self, "prior_"):
            raise NotFittedError("DawidSkene has learnt nothing yet: call fit before predict")
        return self._predict(
            VotePatterns.from_votes(votes, labels, reviewed, sources=self.sources_)
        )

    def fit_predict(
        self, votes: pd.DataFrame, labels: pd.DataFrame, reviewed: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Return what fit and then predict on the same tables would, reading them once."""
        self._check_parameters()
        patterns = VotePatterns.from_votes(votes, labels, reviewed)
        return self._fit(patterns)._predict(patterns)

    def _check_parameters(self) -> None:
        for name in ("shrinkage", "smoothing", "prior_shrinkage"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, found {getattr(self, name)}")
        for name in ("max_outcomes", "max_iter"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, found {getattr(self, name)}")

    def _fit(self, patterns: VotePatterns) -> DawidSkene:
        self.sources_ = patterns.sources
        self.attributes_ = patterns.attributes
        self._outcomes = find_joint_outcomes(patterns, self.groups or {}, self.max_outcomes)
        start = _majority(patterns, self._outcomes)
        problem = _Problem.of(patterns, self._outcomes, impute_unvoted=self.impute_unvoted)
        pooled = replace(problem, row=np.zeros_like(problem.row), n_rows=1)
        pseudo = _majority_pairs(pooled, start, self.smoothing, self.prior_shrinkage)
        whole, _ = self._run(pooled, pseudo, start)
        pseudo = _pooled_pairs(problem, whole, self.shrinkage, self.prior_shrinkage)
        start, _ = problem.e_step(whole.repeat(problem.n_rows))
        each, self.lower_bounds_ = self._run(problem, pseudo, start)
        self.n_iter_ = len(self.lower_bounds_)
        self._theta = each.append(whole)
        attributes = pd.Index(self.attributes_, dtype="str", name="attribute")
        self.prior_ = pd.Series(each.prior, index=attributes, name="prior")
        self.theta_ = _theta_table(each, self._outcomes, self.sources_)
        self.theta_.insert(0, "attribute", attributes.repeat(problem.n_cells))
        self.pooled_theta_ = _theta_table(whole, self._outcomes, self.sources_)
        return self

    def _run(
        self, problem: _Problem, pseudo: _PairCounts, posterior: Floats
    ) -> tuple[_Theta, Floats]:
        """Return the parameters where EM stops and the bound after each iteration."""
        counts = problem.voted(problem.certain(posterior))
        bounds: list[float] = []
        for _ in range(self.max_iter):
            theta = problem.m_step(counts.plus(pseudo), monotone=self.monotone)
            posterior, log_likelihood = problem.e_step(theta)
            bounds.append(log_likelihood + pseudo.log_density(theta))
            if len(bounds) > 1 and bounds[-1] - bounds[-2] <= self.tolerance * problem.n_pairs:
                break
            counts = problem.voted(posterior).plus(problem.unvoted(theta))
        return theta, np.array(bounds)

    def _predict(self, patterns: VotePatterns) -> pd.DataFrame:
        known = pd.Index(self.attributes_, dtype="str")
        row = known.get_indexer(pd.Index(patterns.attributes, dtype="str"))
        # An attribute the fit did not see takes the last row, the pooled one.
        row = np.where(row < 0, len(known), row)[patterns.attribute_index]
        evidence = np.zeros((len(row), len(patterns.sources)))
        first = 0
        for group in self._outcomes:
            cells = slice(first, first + len(group.levels))
            shares = _source_evidence(
                group, np.exp(self._theta.present[:, cells]), np.exp(self._theta.absent[:, cells])
            )
            evidence[:, group.columns] = shares[row, group.encode(patterns.levels)]
            first = cells.stop
        return patterns.to_posterior(self._theta.prior[row], evidence)


@dataclass(frozen=True, eq=False)
class _Theta:
    """Log-frequencies of the outcomes and log-odds of the prior; a row is a pool of attributes."""

    present: Floats  # (n_rows, n_cells); the cells are the outcomes of all groups in turn
    absent: Floats  # (n_rows, n_cells)
    prior: Floats  # (n_rows,)

    def repeat(self, n_rows: int) -> _Theta:
        parts = (self.present, self.absent, self.prior)
        return _Theta(*(np.repeat(part, n_rows, axis=0) for part in parts))

    def append(self, other: _Theta) -> _Theta:
        mine = (self.present, self.absent, self.prior)
        theirs = (other.present, other.absent, other.prior)
        return _Theta(*(np.concatenate(parts) for parts in zip(mine, theirs, strict=True)))


@dataclass(frozen=True, eq=False)
class _PairCounts:
    """How many pairs of either state show each outcome, and how many there are at all."""

    present: Floats  # (n_rows, n_cells)
    absent: Floats  # (n_rows, n_cells)
    n_present: Floats  # (n_rows,)
    n_absent: Floats  # (n_rows,)

    def plus(self, other: _PairCounts) -> _PairCounts:
        return _PairCounts(
            self.present + other.present,
            self.absent + other.absent,
            self.n_present + other.n_present,
            self.n_absent + other.n_absent,
        )

    def log_density(self, theta: _Theta) -> float:
        """Return the log-likelihood of these pairs, their states being known."""
        outcomes = (self.present * theta.present).sum() + (self.absent * theta.absent).sum()
        states = self.n_present @ log_expit(theta.prior) + self.n_absent @ log_expit(-theta.prior)
        return float(outcomes + states)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The vote patterns as EM sees them: which parameters each of them speaks of."""

    row: Positions  # (n_patterns,)
    n_rows: int
    cells: Positions  # (n_patterns, n_groups)
    starts: Positions  # (n_groups,): the first cell of each group, where it abstains
    n_cells: int
    directions: tuple[Positions, ...]  # of the outcomes of each group
    ladders: tuple[Positions, ...]  # outcomes of each group from weak to strong
    has_unvoted: bool
    counts: Floats  # (n_patterns,)
    verdicts: NDArray[np.int8]  # (n_patterns,)

    @classmethod
    def of(
        cls, patterns: VotePatterns, outcomes: tuple[JointOutcomes, ...], *, impute_unvoted: bool
    ) -> _Problem:
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
            directions=tuple(group.directions() for group in outcomes),
            ladders=tuple(group.ladder() for group in outcomes),
            has_unvoted=impute_unvoted and every_group_abstains and len(outcomes) > 0,
            counts=patterns.counts.astype(np.float64),
            verdicts=patterns.verdicts,
        )

    @property
    def n_pairs(self) -> float:
        return float(self.counts.sum())

    def certain(self, posterior: Floats) -> Floats:
        """Return the posterior with the reviewed verdicts in their places."""
        settled: Floats = np.where(self.verdicts == NOT_REVIEWED, posterior, self.verdicts)
        return settled

    def e_step(self, theta: _Theta) -> tuple[Floats, float]:
        """Return the posterior of every pattern, and the log-likelihood of all votes."""
        at = (self.row[:, None], self.cells)
        present = log_expit(theta.prior)[self.row] + theta.present[at].sum(axis=1)
        absent = log_expit(-theta.prior)[self.row] + theta.absent[at].sum(axis=1)
        seen = np.where(self.verdicts == 1, present, absent)
        seen = np.where(self.verdicts == NOT_REVIEWED, np.logaddexp(present, absent), seen)
        voted = np.log1p(-self._unvoted_share(theta).sum(axis=0))[self.row]
        return self.certain(expit(present - absent)), float(self.counts @ (seen - voted))

    def m_step(self, counts: _PairCounts, *, monotone: bool) -> _Theta:
        """Return the parameters of highest likelihood for pairs whose states are known."""
        present, absent = counts.present, counts.absent
        if monotone:
            present, absent = self._ordered(present, absent)
        return _Theta(
            self._log_frequencies(present),
            self._log_frequencies(absent),
            np.log(counts.n_present) - np.log(counts.n_absent),
        )

    def voted(self, posterior: Floats) -> _PairCounts:
        """Return the expected counts of the pairs in the table."""
        present, absent = self.counts * posterior, self.counts * (1 - posterior)
        return _PairCounts(
            self._per_cell(present),
            self._per_cell(absent),
            self._per_row(present),
            self._per_row(absent),
        )

    def unvoted(self, theta: _Theta) -> _PairCounts:
        """Return the expected counts of the pairs that no source voted on."""
        share = self._unvoted_share(theta)
        n_voted = self._per_row(self.counts)
        n_present, n_absent = n_voted / (1 - share.sum(axis=0)) * share
        cells = np.zeros((2, self.n_rows, self.n_cells))
        cells[0][:, self.starts] = n_present[:, None]
        cells[1][:, self.starts] = n_absent[:, None]
        return _PairCounts(cells[0], cells[1], n_present, n_absent)

    def _unvoted_share(self, theta: _Theta) -> Floats:
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
        cell = (self.row[:, None] * self.n_cells + self.cells).ravel()
        repeated = np.repeat(weight, self.cells.shape[1])
        total = np.bincount(cell, repeated, self.n_rows * self.n_cells)
        return total.astype(np.float64).reshape(self.n_rows, self.n_cells)

    def _log_frequencies(self, counts: Floats) -> Floats:
        totals = np.add.reduceat(counts, self.starts, axis=1)
        sizes = np.diff(self.starts, append=self.n_cells)
        frequencies: Floats = np.log(counts) - np.repeat(np.log(totals), sizes, axis=1)
        return frequencies

    def _ordered(self, present: Floats, absent: Floats) -> tuple[Floats, Floats]:
        """Return the counts with the share of present pairs as the levels demand."""
        present, absent = present.copy(), absent.copy()
        for first, direction, ladder in zip(
            self.starts, self.directions, self.ladders, strict=True
        ):
            cells = slice(first, first + len(direction))
            total = present[:, cells] + absent[:, cells]
            share = _in_order(present[:, cells] / total, total, direction, ladder)
            present[:, cells], absent[:, cells] = share * total, (1 - share) * total
        return present, absent


def _in_order(share: Floats, weights: Floats, direction: Positions, ladder: Positions) -> Floats:
    """Return the nearest shares of present pairs that keep to the order of the outcomes.

    They rise along the ladder, and where an outcome has a direction it is not on the other side of
    the neutral share: the share at which an outcome is as frequent among present as among absent
    pairs. That is the mean share of all outcomes that are not themselves held there, so it is
    sought as the root of a falling function.
    """
    rising = share.copy()
    rising[:, ladder] = _rising(share[:, ladder], weights[:, ladder])
    mean = (weights * share).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
    wrong = np.flatnonzero((direction * (rising - mean) < 0).any(axis=1))
    if not len(wrong):
        return rising
    lower, upper = ladder[:-1], ladder[1:]
    without_top = _rising(share[np.ix_(wrong, lower)], weights[np.ix_(wrong, lower)])
    without_bottom = _rising(share[np.ix_(wrong, upper)], weights[np.ix_(wrong, upper)])

    def held(neutral: Floats) -> Floats:
        outside = direction * (rising[wrong] - neutral) < 0
        fitted = np.where(outside, neutral, rising[wrong])
        # Once an end of the ladder is held, the rest need not give way to it any more.
        top, bottom = outside[:, ladder[-1:]], outside[:, ladder[:1]]
        fitted[:, lower] = np.where(top, np.minimum(without_top, neutral), fitted[:, lower])
        fitted[:, upper] = np.where(bottom, np.maximum(without_bottom, neutral), fitted[:, upper])
        return fitted

    low = share[wrong].min(axis=1, keepdims=True)
    high = share[wrong].max(axis=1, keepdims=True)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        excess = (weights[wrong] * (held(middle) - middle)).sum(axis=1, keepdims=True)
        low, high = np.where(excess > 0, middle, low), np.where(excess > 0, high, middle)
    rising[wrong] = held(high)
    return rising


def _rising(values: Floats, weights: Floats) -> Floats:
    """Return the isotonic regression of each row: max over starts of min over ends of the mean."""
    fitted = np.full(values.shape, -np.inf)
    for start in range(values.shape[1]):
        total = np.cumsum(weights[:, start:], axis=1)
        mean = np.cumsum(values[:, start:] * weights[:, start:], axis=1) / total
        lowest = np.minimum.accumulate(mean[:, ::-1], axis=1)[:, ::-1]
        fitted[:, start:] = np.maximum(fitted[:, start:], lowest)
    return fitted


def _majority(patterns: VotePatterns, outcomes: tuple[JointOutcomes, ...]) -> Floats:
    """Return the posterior of every pattern if each group had one graded vote."""
    top = np.maximum(patterns.levels.max(axis=0, initial=1), 1)
    strength = np.where(patterns.levels == 0, -1.0, patterns.levels / top)
    votes = patterns.levels >= 0
    total = np.zeros(len(patterns.counts))
    for group in outcomes:
        n_votes = votes[:, group.columns].sum(axis=1)
        said = np.where(votes, strength, 0)[:, group.columns].sum(axis=1)
        total += said / np.maximum(n_votes, 1)
    return np.clip(expit(_START_LOG_ODDS * total), _LEAST, 1 - _LEAST)


def _majority_pairs(
    problem: _Problem, start: Floats, n_pairs: float, n_pairs_prior: float
) -> _PairCounts:
    """Return the pseudo-pairs that show the outcomes as the majority vote sees them."""
    counts = problem.voted(start)
    n_voted = max(problem.n_pairs, 1.0)
    base_rate = counts.n_present / n_voted if problem.n_pairs else np.array([0.5])
    return _PairCounts(
        n_pairs * (counts.present / n_voted + _LEAST * base_rate),
        n_pairs * (counts.absent / n_voted + _LEAST * (1 - base_rate)),
        n_pairs_prior * base_rate,
        n_pairs_prior * (1 - base_rate),
    )


def _pooled_pairs(
    problem: _Problem, whole: _Theta, n_pairs: float, n_pairs_prior: float
) -> _PairCounts:
    """Return the pseudo-pairs of each attribute: its own outcomes, at the pooled accuracies."""
    theta = whole.repeat(problem.n_rows)
    counts = problem.voted(problem.e_step(theta)[0]).plus(problem.unvoted(theta))
    n_voted = np.bincount(problem.row, problem.counts, problem.n_rows)[:, None]
    seen = counts.present + counts.absent
    everywhere = seen.sum(axis=0) / max(problem.n_pairs, 1.0) + _LEAST
    frequency = (seen + n_pairs_prior * everywhere) / (n_voted + n_pairs_prior)
    base_rate = expit(theta.prior)
    own = (counts.n_present + n_pairs_prior * base_rate) / (
        counts.n_present + counts.n_absent + n_pairs_prior
    )
    share = expit(logit(own)[:, None] + theta.present - theta.absent).clip(_LEAST, 1 - _LEAST)
    return _PairCounts(
        n_pairs * frequency * share,
        n_pairs * frequency * (1 - share),
        n_pairs_prior * base_rate,
        n_pairs_prior * (1 - base_rate),
    )


def _source_evidence(group: JointOutcomes, present: Floats, absent: Floats) -> Floats:
    """Return what each source of a group adds, shape (n_rows, n_outcomes, n_sources of it)."""
    whole = np.log(present / absent)
    alone = np.empty((*whole.shape, len(group.columns)))
    for s, levels in enumerate(group.levels.T):
        for level in np.unique(levels):
            same = levels == level
            odds = present[:, same].sum(axis=1) / absent[:, same].sum(axis=1)
            alone[:, same, s] = np.log(odds)[:, None]
    size = np.abs(alone) + np.finfo(np.float64).tiny
    rest = whole - alone.sum(axis=2)
    evidence: Floats = alone + rest[:, :, None] * size / size.sum(axis=2, keepdims=True)
    return evidence


def _theta_table(
    theta: _Theta, outcomes: tuple[JointOutcomes, ...], sources: tuple[str, ...]
) -> pd.DataFrame:
    names = [(group.group, name) for group in outcomes for name in group.names(sources)]
    n_rows = len(theta.prior)
    return pd.DataFrame(
        {
            "group": pd.Series([group for group, _ in names] * n_rows, dtype="str"),
            "outcome": pd.Series([name for _, name in names] * n_rows, dtype="str"),
            "present": np.exp(theta.present).ravel(),
            "absent": np.exp(theta.absent).ravel(),
            "log_odds": (theta.present - theta.absent).ravel(),
        }
    )

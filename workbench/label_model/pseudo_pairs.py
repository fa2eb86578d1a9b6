"""Where EM starts, and the pseudo-pairs that its parameters are shrunk towards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from workbench.label_model.em import PairCounts, Problem, Theta
from workbench.label_model.outcomes import JointOutcomes
from workbench.label_model.patterns import VotePatterns

Floats = NDArray[np.float64]

# What the strongest vote adds to the log-odds of the start: alone it makes a probability of .9.
_START_LOG_ODDS = 2.2
# Nothing is impossible: no pseudo-pair is surer than this, and unseen outcomes get this share.
_LEAST = 1e-6


def majority_posterior(patterns: VotePatterns, outcomes: tuple[JointOutcomes, ...]) -> Floats:
    """Return the posterior of every pattern, shape (n_patterns,), if groups had one graded vote.

    A level is worth its share of the source's highest, against is worth as much as that; the vote
    of a group is the mean of its sources that do not abstain.
    """
    top = np.maximum(patterns.levels.max(axis=0, initial=1), 1)
    strength = np.where(patterns.levels == 0, -1.0, patterns.levels / top)
    votes = patterns.levels >= 0
    total = np.zeros(len(patterns.counts))
    for group in outcomes:
        n_votes = votes[:, group.columns].sum(axis=1)
        said = np.where(votes, strength, 0)[:, group.columns].sum(axis=1)
        total += said / np.maximum(n_votes, 1)
    return np.clip(expit(_START_LOG_ODDS * total), _LEAST, 1 - _LEAST)


def majority_pairs(
    problem: Problem, start: Floats, n_pairs: float, n_pairs_prior: float
) -> PairCounts:
    """Return the pseudo-pairs that show the outcomes as the majority vote sees them.

    Parameters
    ----------
    problem : Problem
        With a single row, the pool of all attributes.
    start : ndarray of float64, shape (n_patterns,)
        What `majority_posterior` returns.
    n_pairs, n_pairs_prior : float
        How many pseudo-pairs to spread over the outcomes, and how many over the states.
    """
    counts = problem.voted(start)
    n_voted = max(problem.n_pairs, 1.0)
    base_rate = counts.n_present / n_voted if problem.n_pairs else np.array([0.5])
    return PairCounts(
        n_pairs * (counts.present / n_voted + _LEAST * base_rate),
        n_pairs * (counts.absent / n_voted + _LEAST * (1 - base_rate)),
        n_pairs_prior * base_rate,
        n_pairs_prior * (1 - base_rate),
    )


def pooled_pairs(
    problem: Problem, whole: Theta, n_pairs: float, n_pairs_prior: float
) -> PairCounts:
    """Return the pseudo-pairs of each attribute: its own outcomes, at the pooled accuracies.

    Parameters
    ----------
    problem : Problem
        With a row an attribute.
    whole : Theta
        The pooled parameters, a single row.
    n_pairs, n_pairs_prior : float
        How many pseudo-pairs of each attribute to spread over its outcomes, and over the states.
    """
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
    return PairCounts(
        n_pairs * frequency * share,
        n_pairs * frequency * (1 - share),
        n_pairs_prior * base_rate,
        n_pairs_prior * (1 - base_rate),
    )

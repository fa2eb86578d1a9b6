"""How far groups of sources depend on each other given the state, and what is done about it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from workbench.label_model.em import Problem, Theta

Floats = NDArray[np.float64]

# The misfit, in nats a pair, at which evidence counts half.
HALVING_MISFIT = 0.01
# Evidence never counts for less.
LEAST_WEIGHT = 0.4


def pairwise_misfit(problem: Problem, theta: Theta) -> float:
    """Return how much what two groups say where both vote differs from what the model expects.

    The sum over all two groups of the share of the pairs on which both vote, times the
    Kullback-Leibler divergence of their joint outcomes there from those under the model, in nats
    a pair, less what chance alone brings on average (Miller and Madow, 1955). About 0 if groups
    are independent given the state; 0 if they never meet.
    """
    n_voted = problem.voted(np.zeros_like(problem.counts)).n_absent
    base = expit(theta.prior)
    silent = [np.exp(part[:, problem.starts].sum(axis=1)) for part in (theta.present, theta.absent)]
    unvoted = (base * silent[0] + (1 - base) * silent[1]) * problem.has_unvoted
    # All pairs of each attribute, those that nobody voted on among them.
    n_pairs = n_voted / np.maximum(1 - unvoted, np.finfo(np.float64).tiny)
    sizes = problem.sizes
    misfit = 0.0
    for a, b in combinations(range(len(sizes)), 2):
        present = _joint(theta.present, n_pairs * base, problem, (a, b))
        expected = present + _joint(theta.absent, n_pairs * (1 - base), problem, (a, b))
        outcome = (problem.cells[:, a] - problem.starts[a]) * sizes[b]
        outcome += problem.cells[:, b] - problem.starts[b]
        seen = np.bincount(outcome, problem.counts, sizes[a] * sizes[b]).astype(np.float64)
        # Who is silent where others speak is a matter of the sources' fields, not of dependence.
        meet = seen.reshape(sizes[a], sizes[b])[1:, 1:]
        share = meet.sum() / max(problem.n_pairs, 1.0)
        misfit += share * _divergence(meet.ravel(), expected[1:, 1:].ravel())
    return misfit


def evidence_weight(misfit: float) -> float:
    """Return the factor in (0, 1] for evidence whose groups depend on each other.

    Examples
    --------
    >>> evidence_weight(0.0), evidence_weight(HALVING_MISFIT), evidence_weight(10.0)
    (1.0, 0.5, 0.4)
    """
    return max(1 / (1 + max(misfit, 0.0) / HALVING_MISFIT), LEAST_WEIGHT)


def _joint(
    log_frequency: Floats, n_pairs: Floats, problem: Problem, groups: tuple[int, int]
) -> Floats:
    """Return the expected number of pairs with each outcome of two groups, over all attributes."""
    sizes = problem.sizes
    one, other = (
        np.exp(log_frequency[:, problem.starts[g] : problem.starts[g] + sizes[g]]) for g in groups
    )
    joint: Floats = (one * n_pairs[:, None]).T @ other
    return joint


def _divergence(seen: Floats, expected: Floats) -> float:
    """Return the divergence of numbers of pairs from the expected ones, without its bias."""
    total = seen.sum()
    if not total:
        return 0.0
    known = seen > 0
    # What the model thinks impossible is as rare as one pair in a thousand tables.
    odds = np.maximum(expected, 1e-3) / np.maximum(expected, 1e-3).sum()
    share = seen[known] / total
    divergence = share @ (np.log(share) - np.log(odds[known]))
    return float(divergence - (np.count_nonzero(known) - 1) / (2 * total))

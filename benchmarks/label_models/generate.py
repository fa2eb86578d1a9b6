"""Votes of made-up sources on pairs whose state is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

N_ATTRIBUTES = 4
# How often what a source says of a pair is right, and on which share of the pairs it speaks.
_ACCURACY = (0.88, 0.80, 0.72, 0.84, 0.66)
_COVERAGE = (0.55, 0.80, 0.40, 0.20, 0.65)
# How much the log-odds of speaking differ between present and absent pairs, source by source.
_SPEAKS_OF_PRESENT = (0.6, -0.4, 0.8, 0.5, -0.7)
# Highest level of each source; a level says more about a pair the higher it is.
_TOP = (3, 1, 2, 1, 1)


@dataclass(frozen=True)
class World:
    """What is drawn.

    Parameters
    ----------
    n_pairs : int
        Pairs with a vote or without one; the latter are left out of what is returned.
    base_rate : float
        Share of present pairs.
    copy_rate : float
        How often the last source repeats what the first one says, or its silence.
    telling_silence : float
        How many times stronger than usual silence depends on the state of the pair.
    """

    n_pairs: int = 1_000_000
    base_rate: float = 0.3
    copy_rate: float = 0.0
    telling_silence: float = 1.0


SETTINGS = {
    "independent": World(),
    "copied": World(copy_rate=0.9),
    "rare": World(base_rate=0.05),
    "telling silence": World(telling_silence=3.0),
}


@dataclass(frozen=True, eq=False)
class Drawn:
    """Levels (-1 where a source is silent), attributes and states of pairs with a vote.

    Parameters
    ----------
    levels : ndarray of int8, shape (n_pairs, 5)
    attribute : ndarray of int8, shape (n_pairs,)
    truth : ndarray of bool, shape (n_pairs,)
    """

    levels: NDArray[np.int8]
    attribute: NDArray[np.int8]
    truth: NDArray[np.bool_]


def draw(world: World, seed: int) -> Drawn:
    """Return the votes of a world; accuracies and coverages differ a little by attribute."""
    rng = np.random.default_rng(seed)
    attribute = rng.integers(N_ATTRIBUTES, size=world.n_pairs).astype(np.int8)
    truth = rng.random(world.n_pairs) < world.base_rate
    levels = np.full((world.n_pairs, len(_TOP)), -1, np.int8)
    for source in range(len(_TOP)):
        levels[:, source] = _said(world, source, attribute, truth, rng)
    copies = rng.random(world.n_pairs) < world.copy_rate
    # The copy knows for or against only.
    levels[copies, -1] = np.minimum(levels[copies, 0], 1)
    voted = (levels >= 0).any(axis=1)
    return Drawn(levels[voted], attribute[voted], truth[voted])


def _said(
    world: World,
    source: int,
    attribute: NDArray[np.int8],
    truth: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    n_pairs = len(truth)
    own_accuracy = _logit(_ACCURACY[source]) + rng.normal(0, 0.3, N_ATTRIBUTES)
    own_coverage = _logit(_COVERAGE[source]) + rng.normal(0, 0.5, N_ATTRIBUTES)
    state = np.where(truth, 0.5, -0.5) * _SPEAKS_OF_PRESENT[source] * world.telling_silence
    speaks = rng.random(n_pairs) < _expit(own_coverage[attribute] + state)
    right = rng.random(n_pairs) < _expit(own_accuracy[attribute])
    favours = np.where(right, truth, ~truth)
    # Of two votes for a pair the right one is the stronger more often.
    strength = rng.beta(np.where(right, 2.0, 1.0), np.where(right, 1.0, 2.0))
    level = np.where(favours, 1 + np.floor(strength * _TOP[source]), 0)
    return np.where(speaks, level, -1).astype(np.int64)


def smaller(world: World, n_pairs: int) -> World:
    """Return the same world with fewer pairs."""
    return replace(world, n_pairs=n_pairs)


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _expit(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-log_odds))

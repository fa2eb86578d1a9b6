"""Pairs that do not go together as they are given, and what follows for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from workbench.issues.pairs import Pairs

# A quality of 0 or 1 would let no evidence move it.
_SUREST = 1e-4


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Couples of pairs whose given states contradict each other by one rule.

    Parameters
    ----------
    rule : str
        What is broken, as a report counts it.
    first, second : Pairs
        The two of each couple.
    tolerance : ndarray of float64, shape (n_conflicts,)
        How often both states are right together, against chance: 0 for never, 1 if the rule
        says nothing.
    tell : callable (position, of_first) -> str
        Why one of a couple is in doubt.
    may_doubt : ndarray of bool, shape (n_conflicts, 2)
        Whether the first and the second of each couple may be called an issue.
    second_prior : ndarray of float64, shape (n_conflicts,), optional
        How likely the given state of the second is where nobody has judged it and the first is
        right.
    """

    rule: str
    first: Pairs
    second: Pairs
    tolerance: NDArray[np.float64]
    tell: Callable[[int, bool], str]
    may_doubt: NDArray[np.bool_]
    second_prior: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.tolerance)


@dataclass(frozen=True, eq=False)
class Doubts:
    """The sides of conflicts that are called issues; a pair may stand there several times.

    Parameters
    ----------
    conflict : ndarray of int64, shape (n_doubts,)
        Position in the conflicts.
    of_first : ndarray of bool, shape (n_doubts,)
    quality : ndarray of float64, shape (n_doubts,)
        How likely the given state is, all conflicts of the pair counted.
    """

    conflict: NDArray[np.int64]
    of_first: NDArray[np.bool_]
    quality: NDArray[np.float64]


def weigh_conflicts(
    conflicts: Sequence[Conflicts], qualities: Sequence[NDArray[np.float64]]
) -> list[Doubts]:
    """Return which side of each conflict is the issue, by what else is known of the two.

    With q and r the qualities of the two and t the tolerance, both states are right with the
    weight t q r instead of q r. So a conflict adds log(1 - (1 - t) r) to the log-odds of the
    first, and the conflicts of a pair add up. A conflict is an issue if it is likelier than not
    that one state is wrong: then the less likely side is, and the other one if its quality falls
    below a half.

    Parameters
    ----------
    conflicts : sequence of Conflicts
        All pairs on the same axes.
    qualities : sequence of ndarray of float64, shape (2, n_conflicts)
        How likely the given states of the two are, other things than these rules considered.

    Returns
    -------
    list of Doubts
        In the order of ``conflicts``.
    """
    own = [np.clip(both, _SUREST, 1 - _SUREST) for both in qualities]
    evidence = [
        np.log1p(-(1 - part.tolerance) * both[::-1])
        for part, both in zip(conflicts, own, strict=True)
    ]
    place, n_pairs = _number_pairs(conflicts)
    sums = np.zeros(n_pairs)
    for at, added in zip(place, evidence, strict=True):
        np.add.at(sums, at, added)
    found = []
    for part, both, at in zip(conflicts, own, place, strict=True):
        quality = expit(logit(both) + sums[at])
        right = part.tolerance * both.prod(axis=0)
        no_error = right / (right + 1 - both.prod(axis=0))
        least = quality == np.where(part.may_doubt.T, quality, np.inf).min(axis=0)
        doubted = part.may_doubt.T & (no_error < 0.5) & (least | (quality < 0.5))
        side, conflict = np.nonzero(doubted)
        found.append(Doubts(conflict, side == 0, quality[side, conflict]))
    return found


def _number_pairs(conflicts: Sequence[Conflicts]) -> tuple[list[NDArray[np.int64]], int]:
    """Return the number of the pair of each side, shape (2, n_conflicts), and how many."""
    sides = [side for part in conflicts for side in (part.first, part.second)]
    rows = np.concatenate([np.empty(0, np.int64), *(side.rows for side in sides)])
    columns = np.concatenate([np.empty(0, np.int64), *(side.columns for side in sides)])
    width = int(columns.max(initial=0)) + 1
    distinct, number = np.unique(rows * width + columns, return_inverse=True)
    ends = np.cumsum([2 * len(part) for part in conflicts])
    parts = np.split(number.astype(np.int64), ends[:-1]) if conflicts else []
    return [part.reshape(2, -1) for part in parts], len(distinct)

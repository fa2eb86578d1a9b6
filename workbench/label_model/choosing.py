"""Which label model is best, by its loss on pairs that were drawn at random and reviewed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.label_model.base import LabelModel
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.verdicts import PairVerdicts

Floats = NDArray[np.float64]

# No posterior is so sure that a single wrong pair outweighs all others.
_SUREST_LOG_ODDS = 10.0
_INTERVAL_ERRORS = 1.96


@dataclass(frozen=True)
class Candidate:
    """A label model to choose from.

    Parameters
    ----------
    name : str
    make : callable () -> LabelModel
    learns_from_verdicts : bool
        Whether the verdicts are to be in the patterns that it is fitted on.
    """

    name: str
    make: Callable[[], LabelModel]
    learns_from_verdicts: bool


@dataclass(frozen=True, eq=False)
class Choice:
    """The label model that was chosen.

    Parameters
    ----------
    chosen : Candidate
    table : DataFrame
        A row a candidate, in their order: ``name``; ``log_loss``, the mean over the audit
        sample, weighted; ``low, high``, its interval of 95 %; ``difference``, how much it is above
        that of the lowest candidate; ``standard_error`` of that difference, pair by pair;
        ``n_audit``; ``chosen``.
    """

    chosen: Candidate
    table: pd.DataFrame


def choose_label_model(
    candidates: Sequence[Candidate],
    patterns: VotePatterns,
    audit: PairVerdicts,
    others: PairVerdicts,
    *,
    n_folds: int = 5,
    random_state: int = 0,
) -> Choice:
    """Return the first candidate that the one of the lowest loss does not beat beyond chance.

    A candidate is beaten if its loss is higher by more than 1.96 standard errors of the difference,
    taken pair by pair: what a draw of other pairs explains in one case of twenty does not count.

    The loss of a candidate that learns from verdicts is cross-validated: it is fitted on the other
    folds of the audit sample and all other verdicts. Those other verdicts are never measured on:
    people were shown these pairs because they looked wrong.

    Parameters
    ----------
    candidates : sequence of Candidate
        The one to keep unless another is better first.
    patterns : VotePatterns
        Of all votes; verdicts in them are not looked at.
    audit : PairVerdicts
        A random sample of the pairs; ``weight`` is how many pairs one stands for.
    others : PairVerdicts
        On pairs that are not in the audit sample.
    n_folds : int
    random_state : int

    Raises
    ------
    InputError
        If the audit sample has fewer pairs than folds.

    Notes
    -----
    The lowest loss alone flips with the draw: between two models that are nearly as good, the
    sample decides by chance.
    """
    n_audit = len(audit.position)
    if n_audit < n_folds:
        raise InputError(
            f"the audit sample has {n_audit} reviewed pairs with a vote, at least {n_folds} are "
            "needed; draw more with: workbench audit"
        )
    rng = np.random.default_rng(random_state)
    fold = rng.permutation(np.arange(n_audit) % n_folds)
    losses = [_losses(one, patterns, audit, others, fold) for one in candidates]
    table = pd.DataFrame([_mean_loss(loss, audit.weight) for loss in losses])
    table.insert(0, "name", [one.name for one in candidates])
    lowest = int(table["log_loss"].to_numpy().argmin())
    gaps = [_weighted_mean(loss - losses[lowest], audit.weight) for loss in losses]
    table["difference"] = [gap for gap, _ in gaps]
    table["standard_error"] = [error for _, error in gaps]
    table["n_audit"] = n_audit
    beaten = (table["difference"] > _INTERVAL_ERRORS * table["standard_error"]).to_numpy()
    chosen = int(np.flatnonzero(~beaten)[0])
    table["chosen"] = np.arange(len(table)) == chosen
    return Choice(candidates[chosen], table)


def _losses(
    candidate: Candidate,
    patterns: VotePatterns,
    audit: PairVerdicts,
    others: PairVerdicts,
    fold: NDArray[np.int64],
) -> Floats:
    """Return the log loss of every audit pair by a model that did not see its verdict."""
    if not candidate.learns_from_verdicts:
        return _loss(candidate, patterns.review(None), audit)
    losses = np.empty(len(fold))
    for held_out in np.unique(fold):
        seen = audit.take(fold != held_out).joined_by(others)
        kept = fold == held_out
        losses[kept] = _loss(candidate, patterns.review(seen), audit.take(kept))
    return losses


def _loss(candidate: Candidate, patterns: VotePatterns, asked: PairVerdicts) -> Floats:
    prior, evidence = candidate.make().fit_patterns(patterns).log_odds(patterns)
    log_odds = np.clip(prior + evidence.sum(axis=1), -_SUREST_LOG_ODDS, _SUREST_LOG_ODDS)
    of_pair = log_odds[patterns.pattern_index[asked.position]]
    loss: Floats = np.logaddexp(0, np.where(asked.present == 1, -of_pair, of_pair))
    return loss


def _mean_loss(loss: Floats, weight: Floats) -> dict[str, float]:
    mean, error = _weighted_mean(loss, weight)
    width = _INTERVAL_ERRORS * error
    return {"log_loss": mean, "low": max(mean - width, 0.0), "high": mean + width}


def _weighted_mean(values: Floats, weight: Floats) -> tuple[float, float]:
    """Return the mean and its standard error, by linearisation of the quotient of two sums."""
    share = weight / weight.sum()
    mean = float(share @ values)
    n = len(values)
    variance = float((share**2) @ (values - mean) ** 2) * n / max(n - 1, 1)
    return mean, float(np.sqrt(variance))

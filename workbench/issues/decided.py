"""Reviewed pairs among the judged ones, and what they teach about the others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from workbench.errors import InputError
from workbench.issues.learning import (
    FEWEST_DECISIONS,
    DecisionLearner,
    Suspects,
    error_log_odds,
)
from workbench.issues.noise_estimates import REPAIRED, RIGHT, UNKNOWN, WRONG
from workbench.issues.pairs import Pairs
from workbench.issues.presence import Presence
from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in

_PAIR = ["instance_id", "label_id"]
_VERDICTS = ("present", "absent", "unsure")


@dataclass(frozen=True, eq=False)
class Decided:
    """What reviewers said of the judged pairs.

    A verdict that entered the labels would always find them right. So a settled pair counts with
    the state that it would have without its verdict, which is what the reviewer was to judge.

    Parameters
    ----------
    pairs : Pairs
        The judged pairs; settled ones with their state without a verdict.
    error : ndarray of int8, shape (n_judged,)
        ``WRONG`` if this state is wrong, ``REPAIRED`` if the labels of today no longer hold it,
        ``RIGHT`` if it is right, ``UNKNOWN`` where nobody settled it.
    drawn : ndarray of float64, shape (n_judged,)
        How many pairs one stands for that was drawn at random; 0 for all others.
    drawable : ndarray of bool, shape (n_judged,)
        Pairs that a random sample is drawn among.
    """

    pairs: Pairs
    error: NDArray[np.int8]
    drawn: NDArray[np.float64]
    drawable: NDArray[np.bool_]

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Which judged pairs have a verdict, shape (n_judged,)."""
        return np.asarray(self.error != UNKNOWN)

    def known_presence(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities of being present in which verdicts are certain, (n_judged,)."""
        present = self.pairs.given ^ (self.error >= WRONG)
        return np.where(self.settled, present, probability).astype(np.float64)


def find_decided(
    given: LabelMatrix,
    scores: PairScores,
    judged: Pairs,
    reviewed: pd.DataFrame | None,
    without: LabelMatrix | None = None,
    *,
    voted: NDArray[np.bool_] | None = None,
) -> Decided:
    """Return what reviewers said of the judged pairs; other pairs and unsure ones say nothing.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
    judged : Pairs
        In the stored order of the scores.
    reviewed : pd.DataFrame, optional
        ``instance_id, label_id, verdict`` and, of a random sample, ``audit`` and ``weight``.
    without : LabelMatrix, optional
        The labels as they would be without verdicts; ``given`` if none entered it.
    voted : ndarray of bool, shape (n_judged,), optional
        Judged pairs on which weak signals vote: where there are any, random samples are drawn among
        them. Without it they are drawn among all judged pairs.

    Raises
    ------
    AxisMismatchError
        If both matrices do not share their axes.
    InputError
        If a column is missing, a pair is named twice, a verdict is none of the three, or the
        weight of a pair that was drawn is NaN, infinite or below 0.
    """
    error, drawn = np.full(len(judged), UNKNOWN, np.int8), np.zeros(len(judged))
    drawable = np.ones(len(judged), bool) if voted is None else judged.given | voted
    if reviewed is None:
        return Decided(judged, error, drawn, drawable)
    absent = [name for name in (*_PAIR, "verdict") if name not in reviewed.columns]
    if absent:
        raise InputError(f"reviewed: columns {absent} are missing, found {list(reviewed.columns)}")
    twice = reviewed.loc[reviewed.duplicated(_PAIR), _PAIR]
    if len(twice):
        raise InputError(
            f"reviewed: {len(twice)} pairs appear more than once: "
            f"{twice.head().to_numpy().tolist()}; settle on one verdict a pair"
        )
    other = reviewed.loc[~reviewed["verdict"].isin(_VERDICTS), "verdict"]
    if len(other):
        raise InputError(
            f"reviewed: a verdict must be one of {_VERDICTS}, found {len(other)} others: "
            f"{other.unique()[:5].tolist()}; leave out pairs that nobody has judged yet"
        )
    rows = given.instance_ids.get_indexer(pd.Index(reviewed["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(reviewed["label_id"]))
    known = (rows >= 0) & (columns >= 0) & reviewed["verdict"].isin(["present", "absent"])
    found = np.full(len(reviewed), -1)
    found[known] = pairs_in(scores.values, rows[known], columns[known])
    at, of = found[found >= 0], np.flatnonzero(found >= 0)
    present = (reviewed["verdict"] == "present").to_numpy()[of]
    state = judged.given.copy()
    if without is not None:
        check_aligned(given, without)
        state[at] = pairs_in(without.values, rows[of], columns[of]) >= 0
    found_wrong = np.where(present == judged.given[at], REPAIRED, WRONG)
    error[at] = np.where(present == state[at], RIGHT, found_wrong)
    if {"audit", "weight"} <= set(reviewed.columns):
        weight = reviewed["weight"].to_numpy(np.float64)[of]
        is_drawn = reviewed["audit"].to_numpy(bool)[of]
        bad = is_drawn & ~((weight >= 0) & (weight < np.inf))
        if bad.any():
            raise InputError(
                f"reviewed: the weight of a pair drawn at random must be a number of 0 or more, "
                f"found {int(bad.sum())} others: {weight[bad][:5].tolist()}; it is how many pairs "
                "this one stands for"
            )
        drawn[at] = np.where(is_drawn, weight, 0)
    return Decided(Pairs(judged.rows, judged.columns, state), error, drawn, drawable)


def learn_from_decisions(
    presence: Presence, groups: NDArray[np.int64], decided: Decided
) -> Presence:
    """Return the presence corrected by the decisions, kind by kind.

    A kind with fewer than ``FEWEST_DECISIONS`` decisions stays as it is.

    Parameters
    ----------
    presence : Presence
        Of the judged pairs, each as one of its kind in ``decided``.
    groups : ndarray of int64, shape (n_labels,)
        Code of each label's attribute.
    decided : Decided
    """
    judged = decided.pairs
    probability, order = presence.probability.copy(), presence.order.copy()
    for is_given in (True, False):
        kind = np.flatnonzero(judged.given == is_given)
        reviewed = np.flatnonzero(decided.settled[kind])
        if len(reviewed) < FEWEST_DECISIONS:
            continue
        sign = -1.0 if is_given else 1.0
        error = 1 - probability[kind] if is_given else probability[kind]
        columns = judged.columns[kind]
        suspects = Suspects(
            error_log_odds(error, sign * order[kind]),
            presence.views[kind],
            groups[columns],
            columns,
        )
        learnt = DecisionLearner().fit(suspects, reviewed, decided.error[kind][reviewed] >= WRONG)
        order[kind] = sign * learnt.predict(suspects)
        probability[kind] = expit(order[kind])
    return replace(presence, probability=probability, order=order)

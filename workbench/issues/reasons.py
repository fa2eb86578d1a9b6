"""Why a pair is an issue, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from workbench.issues.cooccurrence import cooccurrence_log_lift
from workbench.issues.neighbours import count_neighbours_with_label
from workbench.issues.pairs import Pairs
from workbench.issues.score_views import Rivals, find_rivals
from workbench.issues.views import PairViews

# From here on the other labels are worth a word.
_NOTABLE_LOG_LIFT = 1.0
# Below, another value does not fit either.
_FITTING = 0.1


@dataclass(frozen=True, eq=False)
class Facts:
    """What the sentences are made of, one entry a pair.

    Parameters
    ----------
    pairs : Pairs
    scores : ndarray of float32
    rivals : Rivals
        The best other value of the attribute; for a pair that is not given, among given values.
    carry, n_neighbours : ndarray of int64
        Similar instances that carry the label, and similar instances.
    log_lift : ndarray of float32
        How the label goes with the instance's other labels.
    literal : ndarray of bool
        Whether the value stands in the text.
    votes : ndarray of float32
        Log-odds of the weak signals, NaN where they abstain.
    """

    pairs: Pairs
    scores: NDArray[np.float32]
    rivals: Rivals
    carry: NDArray[np.int64]
    n_neighbours: NDArray[np.int64]
    log_lift: NDArray[np.float32]
    literal: NDArray[np.bool_]
    votes: NDArray[np.float32]


def collect_facts(
    views: PairViews, pairs: Pairs, scores: NDArray[np.float32], votes: NDArray[np.float32]
) -> Facts:
    """Return the facts about some judged pairs, all of them given or none."""
    n_pairs = len(pairs)
    rivals = Rivals(np.full(n_pairs, -1), np.zeros(n_pairs, np.float32))
    if views.attributes is not None and n_pairs:
        judged, values = views.judged, views.scores.values.data
        if not pairs.given[0]:
            judged, values = judged.take(judged.given), values[judged.given]
        rivals = find_rivals(pairs, judged, values, views.attributes)
    carry = n_neighbours = np.zeros(n_pairs, np.int64)
    if views.neighbours is not None:
        carry = count_neighbours_with_label(views.neighbours, views.given, pairs)
        n_neighbours = np.diff(views.neighbours.indptr)[pairs.rows]
    literal = np.zeros(n_pairs, bool)
    if views.matcher is not None:
        literal = views.matcher.find_pairs(pairs)
    log_lift = cooccurrence_log_lift(views.given, views.together, pairs, views.attributes)
    return Facts(pairs, scores, rivals, carry, n_neighbours, log_lift, literal, votes)


def write_reasons(facts: Facts, label_ids: pd.Index, values: pd.Series | None) -> pd.Series:
    """Return one sentence a pair.

    Parameters
    ----------
    facts : Facts
    label_ids : pd.Index of str
    values : pd.Series of str, length n_labels, optional
        What was looked for in the text.
    """
    votes = expit(facts.votes)
    sentences = []
    for i, (column, given) in enumerate(zip(facts.pairs.columns, facts.pairs.given, strict=True)):
        parts = [_score_part(facts.scores[i], bool(given))]
        if facts.n_neighbours[i]:
            parts.append(f"{facts.carry[i]} of {facts.n_neighbours[i]} similar instances carry it")
        parts.append(_rival_part(facts, i, bool(given), label_ids))
        parts.append(_other_labels_part(float(facts.log_lift[i]), bool(given)))
        if facts.literal[i] and values is not None:
            but = "yet " if given else ""
            parts.append(f"{but}the text says '{values.iloc[column]}'")
        if not np.isnan(votes[i]):
            parts.append(f"the weak signals give it {two_digits(votes[i])}")
        sentences.append("; ".join(part for part in parts if part) + ".")
    return pd.Series(sentences, dtype="str")


def _score_part(score: np.float32, given: bool) -> str:
    if given:
        return f"The model, not having seen this label, gives it {two_digits(score)}"
    return f"Not given, but the model gives it {two_digits(score)}"


def _rival_part(facts: Facts, i: int, given: bool, label_ids: pd.Index) -> str:
    rival, score = facts.rivals.columns[i], facts.rivals.scores[i]
    if rival < 0:
        return ""
    if not given:
        return f"{label_ids[rival]} is given instead ({two_digits(score)})"
    told = two_digits(score)
    if score < _FITTING or score <= facts.scores[i] or told == two_digits(facts.scores[i]):
        return ""
    return f"{label_ids[rival]} fits better ({told})"


def _other_labels_part(log_lift: float, given: bool) -> str:
    if given and log_lift <= -_NOTABLE_LOG_LIFT:
        return "it rarely goes with the other labels here"
    if not given and log_lift >= _NOTABLE_LOG_LIFT:
        return "it often goes with the other labels here"
    return ""


def two_digits(probability: np.floating) -> str:
    """Return the probability, without claiming that something is certain."""
    if probability < 0.005:
        return "less than 0.01"
    return "more than 0.99" if probability > 0.995 else f"{probability:.2f}"

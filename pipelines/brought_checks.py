"""What makes scores that a user brings look wrong though they are well-formed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.matrices import LabelMatrix, PairScores, pairs_in

# Scores of anything that knows the labels reach 0.8 and more on labels half of which are wrong.
_LOWEST_AUC = 0.6
# Of fewer given pairs it is mostly chance.
_FEWEST_GIVEN = 30
# Where lower scores of other pairs are left out, given pairs of the same scores look wrong: with
# those from 0.2 on the number of wrong ones was estimated well, with those from 0.3 on 6 times.
_LOWEST_OF_OTHERS = 0.25


def doubts_about_scores(given: LabelMatrix, scores: PairScores, name: str) -> list[str]:
    """Return in words what the scores leave out, and whether they tell given pairs from others.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
        Aligned with ``given``.
    name : str
        What the sentences call the scores.
    """
    at = pairs_in(scores.values, *given.values.nonzero())
    is_given = np.zeros(scores.n_judged, bool)
    is_given[at[at >= 0]] = True
    return [
        *_of_instances(scores, name),
        *_of_given_pairs(scores, int((at < 0).sum()), given.n_given, name),
        *_of_others(scores, is_given, name),
        *_of_order(given, scores, is_given, name),
    ]


def auc_within_labels(given: LabelMatrix, scores: PairScores, is_given: NDArray[np.bool_]) -> float:
    """Return how often a given pair scores above another pair of its label; a tie counts half.

    Pairs that are not stored score lowest. The mean is over given pairs; NaN if every label is
    given to all instances or none.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
    is_given : ndarray of bool, shape (n_judged,)
        In the order of ``scores.values.data``.
    """
    n_instances, n_labels = given.values.shape
    support = given.support()
    n_stored, n_stored_given = (
        np.bincount(scores.values.indices[of], minlength=n_labels)
        for of in (np.ones(len(is_given), bool), is_given)
    )
    frame = pd.DataFrame({"label": scores.values.indices, "score": scores.values.data})
    ranks = frame.groupby("label")["score"].rank().to_numpy()[is_given]
    mine = frame[is_given]
    ahead = ranks - mine.groupby("label")["score"].rank().to_numpy()
    above_stored = np.bincount(mine["label"], ahead, n_labels)
    n_low = n_instances - support - (n_stored - n_stored_given)
    above_rest = n_low * (n_stored_given + (support - n_stored_given) / 2)
    n_others = n_instances - support
    asked = (support > 0) & (n_others > 0)
    if not asked.any():
        return float("nan")
    wins = (above_stored + above_rest)[asked] / n_others[asked]
    return float(wins.sum() / support[asked].sum())


def _of_instances(scores: PairScores, name: str) -> list[str]:
    n = int((np.diff(scores.values.indptr) == 0).sum())
    if not n:
        return []
    return [
        f"{n:,} of {len(scores.instance_ids):,} instances have no score in {name}: nothing is "
        "found among them"
    ]


def _of_given_pairs(scores: PairScores, n: int, n_given: int, name: str) -> list[str]:
    if not n:
        return []
    without_zeros = scores.n_judged > 0 and float(scores.values.data.min()) > 0
    advice = (
        f"; no score in {name} is 0: if your export drops zeros, write them for given pairs, which "
        "are the most suspicious ones"
        if without_zeros
        else "; write one for each, 0 too"
    )
    return [f"{n:,} of {n_given:,} given pairs have no score in {name}, and are not judged{advice}"]


def _of_others(scores: PairScores, is_given: NDArray[np.bool_], name: str) -> list[str]:
    others, n_instances = scores.values.data[~is_given], len(scores.instance_ids)
    advice = "add the 10 best-scored other pairs of each instance, however low they score"
    if len(is_given) and not len(others):
        return [
            f"only given pairs have a score in {name}, so no missing label can be found; {advice}"
        ]
    if not len(others):
        return []
    told = "which makes the number of wrong labels look far larger than it is"
    if len(others) < n_instances:
        return [
            f"only {len(others):,} pairs that are not given have a score in {name}, fewer than the "
            f"{n_instances:,} instances, {told}; {advice}"
        ]
    lowest = float(others.min())
    all_scored = scores.n_judged == n_instances * len(scores.label_ids)
    if lowest <= _LOWEST_OF_OTHERS or all_scored or lowest == float(scores.values.data.max()):
        return []
    return [
        f"no pair that is not given scores below {lowest:.2g} in {name}: lower ones were left out, "
        f"{told}; {advice}"
    ]


def _of_order(
    given: LabelMatrix, scores: PairScores, is_given: NDArray[np.bool_], name: str
) -> list[str]:
    values = scores.values.data
    if len(values) > 1 and values.min() == values.max():
        return [f"all {len(values):,} scores in {name} are {values[0]:g}: they tell nothing"]
    if given.n_given < _FEWEST_GIVEN:
        return []
    auc = auc_within_labels(given, scores, is_given)
    if not auc < _LOWEST_AUC:
        return []
    return [
        f"given pairs score no higher in {name} than other pairs of the same label: a given one is "
        f"above another in {auc:.0%} of cases, by chance in 50%. Check that each instance_id and "
        "label_id stands beside its own score, and that a high score means present"
    ]

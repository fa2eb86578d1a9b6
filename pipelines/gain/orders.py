"""The orders that our queue is held against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.gain.desk import Desk, Keys
from pipelines.gain.lesson import Lesson
from pipelines.scoring import judged
from workbench.issues.confident import find_label_issues
from workbench.issues.pairs import judged_pairs
from workbench.matrices import PairScores, pairs_in
from workbench.model import OutOfSample

CLEANLAB, UNCERTAIN = "five folds, cleanlab's order", "five folds, uncertainty sampling"
RANDOM = "random"


def order_of(way: str, lesson: Lesson, folds: OutOfSample, seed: int) -> Keys:
    """Return all judged pairs, given ones and each instance's best candidates, in an order.

    Notes
    -----
    cleanlab's is that of ``find_label_issues(..., filter_by="confident_learning",
    return_indices_ranked_by="self_confidence")``, of all labels together: pairs that confident
    learning flags come first, and among each the one whose given state the scores believe least.
    Uncertainty sampling asks for the score that is closest to one half. Ties fall by chance.
    """
    given = lesson.given
    kept = judged(folds.scores, folds.unjudged_pairs)
    scores = PairScores(kept, given.instance_ids, given.label_ids)
    pairs = judged_pairs(given, scores)
    chance = np.random.default_rng(seed).random(len(pairs))
    score = scores.values.data.astype(np.float64)
    if way == RANDOM:
        order = np.argsort(chance)
    elif way == UNCERTAIN:
        order = np.lexsort((chance, np.abs(score - 0.5)))
    else:
        issues = find_label_issues(given, scores, sums=folds.sums, filter_by="confident_learning")
        rows = given.instance_ids.get_indexer(pd.Index(issues["instance_id"]))
        columns = given.label_ids.get_indexer(pd.Index(issues["label_id"]))
        is_flagged = np.zeros(len(pairs), bool)
        is_flagged[pairs_in(scores.values, rows, columns)] = True
        order = np.lexsort((chance, np.where(pairs.given, score, 1 - score), ~is_flagged))
    return Desk(lesson).keys(pairs.rows, pairs.columns)[order]

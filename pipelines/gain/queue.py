"""Our queue of a state of the labels, as the pipeline ranks it, and its patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.candidates import scores_among, with_further, withdrawn_pairs
from pipelines.gain.desk import Desk, Keys
from pipelines.gain.lesson import Lesson, Tools
from pipelines.scoring import judged
from workbench.evaluate.propensity import propensities
from workbench.issues.causes import branches_of_tree, suggested_instead, words_of_texts
from workbench.issues.comparison import draw_comparison_pairs
from workbench.issues.gain import gain_ranks
from workbench.issues.hierarchy import parents_of
from workbench.issues.label_facts import LabelFacts
from workbench.issues.learning import FEWEST_DECISIONS
from workbench.issues.pairs import Pairs, judged_pairs, lowest_candidate
from workbench.issues.patterns import PatternRules, find_patterns
from workbench.issues.ranking import RankedIssues, rank_issues
from workbench.matrices import LabelMatrix, PairScores
from workbench.review.automatic import LEAST_PROBABILITY

# Every pair that is scored is ranked: a large budget asks them all.
_ALL = 2.0
# What the app shows as suspicious, and of which patterns are made.
_SUSPICIOUS = 0.75


@dataclass(frozen=True, eq=False)
class Queue:
    """What there is to review, the most valuable first.

    Parameters
    ----------
    issues : pd.DataFrame
        As of :func:`workbench.issues.ranking.rank_issues`, in the order of review.
    keys : ndarray of int64, shape (n_issues,)
        See :class:`pipelines.gain.desk.Desk`.
    ranked : RankedIssues
    scores : PairScores
    """

    issues: pd.DataFrame
    keys: Keys
    ranked: RankedIssues
    scores: PairScores


def make_queue(desk: Desk, tools: Tools, seed: int) -> Queue:
    """Return the queue of the labels as they are now, taught by the decisions if they are enough.

    Parameters
    ----------
    desk : Desk
    tools : Tools
    seed : int
    """
    lesson, given = desk.lesson, desk.labels()
    axes = given.instance_ids, given.label_ids
    drawn, withdrawn = draw_comparison_pairs(given, lesson.labels), _withdrawn(desk, given)
    also = csr_array(drawn + withdrawn)
    also.sort_indices()
    found = tools.score(lesson.X, given, also, seed)
    best = PairScores(judged(found.scores, found.unjudged_pairs), *axes)
    further = PairScores(judged(found.also, found.unjudged_also), *axes)
    reviewed = desk.reviewed()
    scores = with_further(best, scores_among(further, reviewed))
    ranked = rank_issues(
        given,
        scores,
        found.sums.sums,
        lowest=lowest_candidate(judged_pairs(given, best), best),
        comparison=further,
        features=lesson.X,
        labels=lesson.labels,
        texts=lesson.texts,
        reviewed=reviewed if len(reviewed) >= FEWEST_DECISIONS else None,
        without=lesson.given,
        below_quality=_ALL,
    )
    propensity = pd.Series(propensities(given.values), given.label_ids)
    gain = gain_ranks(ranked.frame, propensity, tail_weight=tools.tail_weight)
    issues = ranked.frame.iloc[np.argsort(gain)].reset_index(drop=True)
    keys = desk.keys(*_positions(issues, given))
    is_open = ~desk.is_decided(keys)
    return Queue(issues[is_open].reset_index(drop=True), keys[is_open], ranked, scores)


def patterns_of(queue: Queue, lesson: Lesson) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the patterns, the largest gain first, and the position of each issue's, -1 for none.

    A pattern is made of a word, a branch of the taxonomy or a swap: there are no clicks here.
    """
    issues, given, labels = queue.issues, lesson.given, lesson.labels
    suspicious = np.flatnonzero(issues["label_quality"].to_numpy() < _SUSPICIOUS)
    shown = issues.iloc[suspicious]
    pairs = Pairs(*_positions(shown, given), shown["given"].to_numpy(bool))
    facts = LabelFacts.of(labels, given.label_ids)
    missing, rules = pairs.take(~pairs.given), PatternRules()
    causes = [suggested_instead(missing, given.values.shape, facts.attributes, given.label_ids)]
    causes.append(branches_of_tree(given, parents_of(labels, given.label_ids)))
    if lesson.texts is not None:
        causes.append(words_of_texts(lesson.texts, np.unique(pairs.rows), fewest=rules.fewest))
    found = find_patterns(
        pairs,
        1 - shown["label_quality"].to_numpy(np.float64),
        queue.ranked.judged.pairs,
        causes,
        given.label_ids,
        rules=rules,
    )
    of_issues = np.full(len(issues), -1)
    of_issues[suspicious] = found.of_issues
    return found.frame, of_issues


def suspects_of(queue: Queue, lesson: Lesson) -> pd.DataFrame:
    """Return the pairs that may be corrected without a look, as ``workbench apply`` knows them."""
    found, given = queue.ranked, lesson.given
    sure = np.flatnonzero(found.judged.error >= LEAST_PROBABILITY)
    pairs = found.judged.pairs.take(sure)
    attributes = pd.Series("", index=given.label_ids)
    if lesson.labels is not None:
        known = lesson.labels.set_index("label_id")["attribute"]
        attributes = known.reindex(given.label_ids).fillna("")
    return pd.DataFrame(
        {
            "instance_id": given.instance_ids.take(pairs.rows),
            "label_id": given.label_ids.take(pairs.columns),
            "kind": pd.Series(np.where(pairs.given, "wrong", "missing"), dtype="str"),
            "attribute": pd.Series(attributes.to_numpy()[pairs.columns], dtype="str"),
            "probability": found.judged.error[sure],
            "suspicion": found.suspicion[sure],
        }
    )


def _withdrawn(desk: Desk, given: LabelMatrix) -> csr_array:
    return withdrawn_pairs(given, desk.lesson.given)


def _positions(
    issues: pd.DataFrame, given: LabelMatrix
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows = given.instance_ids.get_indexer(pd.Index(issues["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(issues["label_id"]))
    return rows.astype(np.int64), columns.astype(np.int64)

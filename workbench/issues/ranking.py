"""The ranked table of issues: every judged pair, most suspicious first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.comparison import comparison_pairs
from workbench.issues.confident import flag_pairs
from workbench.issues.coverage import Coverage, measure_coverage
from workbench.issues.decided import Decided, find_decided, learn_from_decisions
from workbench.issues.issue_table import issue_frame, votes_of
from workbench.issues.label_facts import LabelFacts
from workbench.issues.literal import LiteralMatcher
from workbench.issues.neighbours import nearest_neighbours
from workbench.issues.noise_estimates import JudgedPairs
from workbench.issues.pairs import Pairs, judged_pairs
from workbench.issues.presence import Presence, estimate_presence
from workbench.issues.ranking_checks import check_parts
from workbench.issues.thresholds import label_thresholds
from workbench.issues.views import PairViews
from workbench.matrices import LabelMatrix, PairScores

_N_STEPS = 4


@dataclass(frozen=True, eq=False)
class RankedIssues:
    """Issues, most suspicious first, and what they speak about.

    Parameters
    ----------
    frame : pd.DataFrame
        ``instance_id, label_id, kind, given, score, threshold, label_quality, rank, reason,
        pattern_id``: the kinds one after the other, each by rank. ``score`` is the model's,
        ``threshold`` the score from which confident learning calls the label absent or present,
        ``label_quality`` the probability that the given state is right.
    coverage : Coverage
    presence : PairScores
        Probability that the label is truly present, of every judged pair; 0 or 1 if settled.
    judged : JudgedPairs
        All judged pairs of labels that are frequent enough, flagged or not, with what the views
        and votes alone say: what is learnt from the top of a queue does not hold for all pairs.
    suspicion : ndarray of float64, shape (n_judged,)
        Has the order of their probabilities of being an error, kind by kind, with fewer ties.
    neighbours : csr_array, shape (n_instances, n_instances), optional
        The similar instances that were asked.
    """

    frame: pd.DataFrame
    coverage: Coverage
    presence: PairScores
    judged: JudgedPairs
    suspicion: NDArray[np.float64]
    neighbours: csr_array | None = None


def rank_issues(
    given: LabelMatrix,
    scores: PairScores,
    column_sums: NDArray[np.float64],
    *,
    lowest: NDArray[np.float32] | None = None,
    comparison: PairScores | None = None,
    features: csr_array | None = None,
    neighbours: csr_array | None = None,
    labels: pd.DataFrame | None = None,
    texts: Sequence[str] | None = None,
    votes_log_odds: csr_array | None = None,
    reviewed: pd.DataFrame | None = None,
    without: LabelMatrix | None = None,
    below_quality: float = 0.75,
    keep_flagged: bool = True,
    min_support: int = 2,
    n_neighbours: int = 30,
    random_state: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> RankedIssues:
    """Return the pairs whose given state looks wrong, ranked a kind each.

    Five views tell whether a label is truly present, none of them looking at whether it is given:
    the model's score, the similar instances, the instance's other labels, the other values of the
    attribute, and the text. Each is calibrated, and a logistic regression weighs them for each
    attribute; it learns to tell given pairs from pairs that are not given: from random ones to
    find wrong labels, from the model's candidates to find missing ones. Confident learning's
    flags have no part in the order: putting flagged pairs first was measured to lose.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
        Out-of-sample scores of the given pairs and of each instance's best other labels. A given
        pair that could not be judged is absent.
    column_sums : ndarray of float64, shape (n_labels,)
        Sum of each label's scores over all instances, judged or not.
    lowest : ndarray of float32, shape (n_instances,), optional
        Score of each instance's last candidate (:func:`workbench.issues.pairs.lowest_candidate`),
        where ``scores`` holds pairs beside the given and the best others; inf if there is none.
    comparison : PairScores, optional
        Out-of-sample scores of :func:`workbench.issues.comparison.draw_comparison_pairs`. Without
        them such pairs are drawn here and their scores estimated from the column sums, which
        tells values of one attribute less well apart if the scorer searches a tree.
    features : csr_array of float, shape (n_instances, n_features), optional
        Of them similar instances are found. With neither these nor ``neighbours`` such instances
        have no say.
    neighbours : csr_array of float32, shape (n_instances, n_instances), optional
        Similar instances that are known already, as
        :func:`workbench.issues.neighbours.nearest_neighbours` returns them.
    labels : pd.DataFrame, optional
        ``label_id, attribute, value``; labels that it leaves out have no attribute.
    texts : sequence of str, length n_instances, optional
        Used with ``labels``: a value that stands in the text speaks for its label.
    votes_log_odds : csr_array of float32, shape (n_instances, n_labels), optional
        Posterior log-odds of the label model; an absent pair has no votes. With them the regression
        on the other labels has no say (see Notes).
    reviewed : pd.DataFrame, optional
        ``instance_id, label_id, verdict`` and, of a random sample, ``audit`` and ``weight``.
        Settled pairs leave the table, and 50 of a kind or more correct what is made of the views
        (:class:`workbench.issues.learning.DecisionLearner`).
    without : LabelMatrix, optional
        The labels as they would be without verdicts, against which settled pairs are held;
        ``given`` if none entered it.
    below_quality : float
        A pair is an issue if its label quality is lower than this, or would be had decisions taught
        nothing: these order the queue, they do not empty it.
    keep_flagged : bool
        Keep also every pair that confident learning flags.
    min_support : int
        Pairs of a label that is given to fewer instances are not judged.
    n_neighbours : int
    random_state : int
    progress : callable, optional
        Called with steps done and steps in all.

    Raises
    ------
    AxisMismatchError
        If the parts do not share their axes.
    InputError
        If a sum or a log-odds of the votes is not a number that it can be, a text is no string,
        ``labels`` lacks a column or names a label twice, or ``reviewed`` does so with a pair or
        has a verdict that there is not.
    ValueError
        If a feature is not finite.

    Notes
    -----
    Where labels come from votes, a source errs in the same way in several labels of an instance,
    and a regression on the other labels learns that. On four generated shops of 8,000 queries
    (seeds 7, 101, 201, 202) the queue of missing labels is right in 65, 64, 73 and 68 of the first
    100 without the regression, in 49, 55, 54 and 53 with it; that of wrong ones in 41, 32, 19 and
    42 against 40, 25, 16 and 30. Where labels are disturbed at random it is the other way round
    (``benchmarks/RESULTS_DETECTION.md``).

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning.
    """
    check_parts(
        given,
        scores,
        column_sums,
        lowest,
        comparison,
        features,
        neighbours,
        texts,
        votes_log_odds,
    )
    report = progress or _silent
    facts = LabelFacts.of(labels, given.label_ids)
    exclusive = facts.exclusive_attributes(given)
    views = PairViews(
        given,
        scores,
        column_sums,
        lowest=lowest,
        comparison=comparison,
        neighbours=_neighbours(features, n_neighbours) if neighbours is None else neighbours,
        attributes=exclusive if (exclusive >= 0).any() else None,
        matcher=_matcher(texts, facts),
        with_companions=votes_log_odds is None,
        random_state=random_state,
    )
    report(1, _N_STEPS)
    votes = votes_of(views.judged, votes_log_odds)
    voted = None if votes_log_odds is None else ~np.isnan(votes)
    decided = find_decided(given, scores, views.judged, reviewed, without, voted=voted)
    unlearnt = estimate_presence(
        views,
        facts.groups(),
        votes,
        _noise(given, comparison, exclusive, random_state),
        states=decided.pairs,
        random_state=random_state,
    )
    presence = learn_from_decisions(unlearnt, facts.groups(), decided)
    report(2, _N_STEPS)

    judged, thresholds = decided.pairs, label_thresholds(given, scores, column_sums)
    flagged = flag_pairs(given, scores, thresholds) & keep_flagged
    frequent = (given.support()[judged.columns] >= min_support) | decided.settled
    frames = []
    for kind in ("wrong", "missing"):
        is_wrong = kind == "wrong"
        suspicion = presence.order if is_wrong else -presence.order
        quality, before = (
            one.probability if is_wrong else 1 - one.probability for one in (presence, unlearnt)
        )
        open_pairs = frequent & ~decided.settled & (judged.given == is_wrong)
        suspect = open_pairs & ((np.minimum(quality, before) < below_quality) | flagged)
        found = np.flatnonzero(suspect)
        found = found[np.argsort(suspicion[found], kind="stable")]
        cut = thresholds.absent if is_wrong else thresholds.present
        frames.append(issue_frame(kind, views, found, quality, votes, cut, facts.values))
        report(2 + len(frames), _N_STEPS)
    return RankedIssues(
        pd.concat(frames, ignore_index=True),
        measure_coverage(given, views.judged.take(frequent), min_support),
        scores_like(scores, decided.known_presence(presence.probability)),
        _errors_of(unlearnt, decided).take(frequent),
        np.where(judged.given, -unlearnt.order, unlearnt.order)[frequent],
        views.neighbours,
    )


def scores_like(scores: PairScores, values: NDArray[np.floating]) -> PairScores:
    """Return other values of the same judged pairs, in stored order."""
    matrix = csr_array(
        (values.astype(np.float32), scores.values.indices, scores.values.indptr),
        shape=scores.values.shape,
    )
    return PairScores(matrix, scores.instance_ids, scores.label_ids)


def _errors_of(presence: Presence, decided: Decided) -> JudgedPairs:
    judged = decided.pairs
    error = np.where(judged.given, 1 - presence.probability, presence.probability)
    return JudgedPairs(judged, error, decided.error, decided.drawn, decided.drawable)


def _noise(
    given: LabelMatrix,
    comparison: PairScores | None,
    exclusive: NDArray[np.int64],
    random_state: int,
) -> Pairs:
    if comparison is None:
        return comparison_pairs(given, exclusive, random_state)
    scored = judged_pairs(given, comparison)
    return scored.take(~scored.given)


def _neighbours(features: csr_array | None, n_neighbours: int) -> csr_array | None:
    return None if features is None else nearest_neighbours(features, n_neighbours=n_neighbours)


def _matcher(texts: Sequence[str] | None, facts: LabelFacts) -> LiteralMatcher | None:
    if texts is None or facts.values is None:
        return None
    return LiteralMatcher(texts, facts.values.tolist())


def _silent(done: int, total: int) -> None:
    """Take progress and keep it to itself."""

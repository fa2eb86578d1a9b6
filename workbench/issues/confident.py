"""Confident learning on sparse scores: which pairs contradict their given state.

cleanlab solves one dense binary problem a label. Its flags need much less: the scores of the given
pairs, the scores of the other pairs above 0.5, and per label some sums over the rest.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.issues.compacting import compact_scores
from workbench.issues.contradicted import (
    ContradictedPairs,
    PairsByState,
    least_confident_first,
    take_apart,
)
from workbench.issues.filters import (
    FilterBy,
    Flags,
    contradicts_thresholds,
    flag_all,
    flag_confident,
    flag_least_confident,
    flag_pruned,
)
from workbench.issues.pruning import (
    Pruning,
    bound_joint,
    check_pruning,
    numbers_of_pairs,
    pairs_to_prune,
)
from workbench.issues.thresholds import LabelThresholds, is_given
from workbench.issues.unjudged import ThresholdBounds, bound_thresholds, spread_of_unjudged
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums

_KINDS = pd.Index(["missing", "wrong"], dtype="str")


def find_label_issues(
    given: LabelMatrix,
    scores: PairScores | NDArray[np.floating],
    *,
    sums: ScoreSums | None = None,
    filter_by: FilterBy = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    num_to_remove_per_class: NDArray[np.integer] | list[int] | None = None,
    min_examples_per_class: int = 1,
    confident_joint: NDArray[np.floating] | None = None,
    unjudged_at_most: float = 0.5,
) -> pd.DataFrame:
    """Return the pairs that confident learning flags, those that the score contradicts most first.

    The pairs are those of cleanlab's ``multilabel_classification.filter``
    (``find_multilabel_issues_per_class``, one binary problem a label), as far as the scores that
    are not stored let one know: see ``exact``.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores or ndarray of float, shape (n_instances, n_labels)
        Out-of-sample probabilities. Sparse ones judge every given pair, and all other pairs that
        score above ``unjudged_at_most``: a pair that is not judged is never listed.
    sums : ScoreSums, optional
        Sums over all scores, judged or not, from the scorer. With them wrong labels are exact for
        ``confident_learning``; with their histograms the filters that prune seldom are in doubt.
        Not needed where all pairs are judged.
    filter_by : str
        ``prune_by_noise_rate``: of the given and of the other pairs of each label the least
        confident ones, as many as the confident joint has off its diagonal. ``prune_by_class``: as
        many as it has less than the diagonal. ``both``: what both take.
        ``confident_learning``: pairs that reach the threshold of the opposite state.
        ``predicted_neq_given``: pairs on the other side of 0.5.
        ``low_self_confidence`` and ``low_normalized_margin``: the least confident pairs a label,
        as many as ``confident_learning`` flags. All of them only flag pairs on the other side of
        0.5.
    frac_noise : float
        Share of the estimated wrong pairs to flag, in [0, 1]; for filters that prune.
    num_to_remove_per_class : array of int, shape (n_labels,), optional
        How many given pairs of each label to flag, at most; no other pairs then. For filters that
        prune, which then all flag the same.
    min_examples_per_class : int
        Of a label with no more given pairs none is flagged, and likewise for the pairs that are
        not given; of others so many stay. For filters that prune.
    confident_joint : ndarray of float, shape (n_labels, 2, 2), optional
        Your own estimate, in the order [label, given, truly present]; for filters that prune.
    unjudged_at_most : float
        No pair that is not judged scores more. The lower, the less is in doubt.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, kind, given, score, threshold, exact``: ``kind`` is ``wrong`` or
        ``missing``; ``threshold`` the score from which the label looks absent or present (of one
        that is not known the highest possible); ``exact`` whether the pair is flagged whatever the
        scores that are not stored. All pairs are listed that may be flagged: a filter on ``exact``
        gives those that certainly are.

    Raises
    ------
    AxisMismatchError
        If scores, sums and given labels do not share their axes.
    InputError
        If a score is NaN or outside [0, 1], or the sums do not fit the scores.
    ValueError
        If an option is out of range or has no meaning for the filter.

    Warns
    -----
    UserWarning
        If most of the listed pairs are not ``exact``, with what would make them so.

    Notes
    -----
    Where we differ from cleanlab 2.9 on purpose:

    * A label given to none or to all instances has no issues (but for ``predicted_neq_given``,
      which takes no thresholds); cleanlab then stops for all labels, at one given to none with
      some of the filters.
    * NaN is refused; cleanlab computes on.
    * ``num_to_remove_per_class`` counts given pairs for every filter. cleanlab's
      ``prune_by_class`` takes so many of the pairs that are *not* given, its ``both`` nothing.
    * Options without a meaning for the filter are refused instead of ignored with a warning.
    * Of equal scores the first in the matrix are flagged; cleanlab's sort leaves that open.
    * Scores are float32.

    There is no ``rank_by``: for a single pair the three orders of cleanlab (self-confidence,
    normalised margin, confidence-weighted entropy) are one and the same. For instances see
    :func:`workbench.issues.rank_instances`.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning: Estimating Uncertainty in Dataset
    Labels, sections 3.1 and 3.2.

    Examples
    --------
    >>> ids, labels = pd.Index(["q1", "q2", "q3", "q4"]), pd.Index(["red"])
    >>> given = LabelMatrix.from_pairs(["q1", "q2"], ["red", "red"],
    ...                                instance_ids=ids, label_ids=labels)
    >>> issues = find_label_issues(given, np.array([[0.9], [0.1], [0.8], [0.1]]))
    >>> issues[["instance_id", "kind", "exact"]].to_dict("list")
    {'instance_id': ['q2', 'q3'], 'kind': ['wrong', 'missing'], 'exact': [True, True]}
    """
    if filter_by not in get_args(FilterBy):
        raise ValueError(f"filter_by must be one of {get_args(FilterBy)}, found {filter_by!r}")
    if not 0 <= unjudged_at_most <= 1:
        raise ValueError(f"unjudged_at_most must be in [0, 1], found {unjudged_at_most}")
    pruning = check_pruning(
        filter_by,
        len(given.label_ids),
        frac_noise=frac_noise,
        num_to_remove_per_class=num_to_remove_per_class,
        min_examples_per_class=min_examples_per_class,
        confident_joint=confident_joint,
    )
    present = None
    if not isinstance(scores, PairScores):
        if sums is not None:
            raise ValueError("sums: dense scores are summed here; leave them out")
        compact = compact_scores(given, scores)
        scores, sums, present = compact.scores, compact.sums, compact.is_given
        unjudged_at_most = 0.5
        if pruning.needs_joint():
            pruning = replace(pruning, confident_joint=compact.confident_joint)
    judged = take_apart(scores, is_given(given, scores) if present is None else present)
    thresholds = bound_thresholds(given, scores, judged, sums, unjudged_at_most)
    order = least_confident_first(judged.contradicted)
    problem = _Problem(given, scores, sums, unjudged_at_most, judged, order, thresholds)
    flags = problem.flags(filter_by, pruning)
    issues = _issue_frame(scores, judged.contradicted, order, flags, thresholds)
    _warn_of_doubt(issues, filter_by, sums)
    return issues


def flag_pairs(
    given: LabelMatrix, scores: PairScores, thresholds: LabelThresholds
) -> NDArray[np.bool_]:
    """Return for each judged pair, in stored order, whether ``confident_learning`` flags it.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
        Judges every given pair and every other pair that scores above 0.5.
    thresholds : LabelThresholds
    """
    contradicted = take_apart(scores, is_given(given, scores)).contradicted
    flagged = np.zeros(scores.n_judged, bool)
    flagged[contradicted.places[contradicts_thresholds(contradicted, thresholds)]] = True
    return flagged


def _warn_of_doubt(issues: pd.DataFrame, filter_by: str, sums: ScoreSums | None) -> None:
    """Warn if most of the pairs are listed only because scores are not known."""
    n, n_exact = len(issues), int(issues["exact"].sum())
    if 2 * n_exact >= n:
        return
    way_out = (
        "give sums=, as out_of_fold(...).sums and leave_one_out(...).sums are"
        if sums is None
        else "give sums with histograms"
    )
    warnings.warn(
        f"filter_by={filter_by!r} lists {n:,} pairs, and only {n_exact:,} of them are flagged "
        "whatever the scores are that are not stored (column 'exact'): "
        f"{way_out}, or dense scores; or keep issues[issues['exact']]",
        stacklevel=3,
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    """Everything that a filter may ask for; what costs time only when it is asked for."""

    given: LabelMatrix
    scores: PairScores
    sums: ScoreSums | None
    unjudged_at_most: float
    judged: PairsByState
    order: NDArray[np.int64]
    thresholds: ThresholdBounds

    def flags(self, filter_by: FilterBy, pruning: Pruning) -> Flags:
        contradicted = self.judged.contradicted
        if filter_by == "predicted_neq_given":
            return flag_all(contradicted)
        if filter_by == "confident_learning":
            return flag_confident(contradicted, self.thresholds)
        unjudged = spread_of_unjudged(
            self.given, self.scores, self.judged, self.sums, self.unjudged_at_most
        )
        if filter_by in ("low_self_confidence", "low_normalized_margin"):
            return flag_least_confident(contradicted, self.order, self.thresholds, unjudged)
        joint = None
        if pruning.needs_joint():
            joint = bound_joint(self.scores, self.judged, self.thresholds, unjudged)
        n_pairs = numbers_of_pairs(self.given, self.judged)
        fewest, most = pairs_to_prune(filter_by, pruning, joint, n_pairs)
        return flag_pruned(contradicted, self.order, fewest, most, unjudged.n_likely())


def _issue_frame(
    scores: PairScores,
    contradicted: ContradictedPairs,
    order: NDArray[np.int64],
    flags: Flags,
    thresholds: ThresholdBounds,
) -> pd.DataFrame:
    """Return the flagged pairs, the least confident first."""
    found = order[flags.possible[order]]
    rows = np.empty(len(order), np.int32)
    flagged = np.flatnonzero(flags.possible)
    rows[flagged] = np.searchsorted(scores.values.indptr, contradicted.places[flagged], "right") - 1
    labels, given, places = (
        contradicted.labels[found],
        contradicted.given[found],
        contradicted.places[found],
    )
    threshold = np.where(given, thresholds.high.absent[labels], thresholds.high.present[labels])
    return pd.DataFrame(
        {
            "instance_id": scores.instance_ids.take(rows[found]),
            "label_id": scores.label_ids.take(labels),
            "kind": _KINDS.take(given.astype(np.int64)),
            "given": given,
            "score": scores.values.data[places],
            "threshold": threshold.astype(np.float32),
            "exact": flags.certain[found],
        }
    )

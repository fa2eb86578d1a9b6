"""One table of issues out of the ranked ones and the contradictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.issues.reasons import two_digits
from workbench.issues.thresholds import LabelThresholds
from workbench.matrices import PairScores, pairs_in

_PAIR = ["instance_id", "label_id"]


def merge_issues(
    ranked: pd.DataFrame,
    inconsistent: pd.DataFrame,
    scores: PairScores,
    thresholds: LabelThresholds,
) -> pd.DataFrame:
    """Return all issues, one row a pair, ranked anew where a contradiction moved one.

    A pair that is in both tables keeps the lower label quality, and its reasons are joined, the
    contradiction first. A pair that nobody scored has a null score.

    Parameters
    ----------
    ranked : pd.DataFrame
        Issues as :func:`workbench.issues.ranking.rank_issues` returns them.
    inconsistent : pd.DataFrame
        ``instance_id, label_id, kind, given, label_quality, reason``, one row a pair.
    scores : PairScores
    thresholds : LabelThresholds

    Returns
    -------
    pd.DataFrame
        The columns of ``ranked``, kind after kind, each by rank: by label quality, and among
        equals in the order they had.
    """
    place = pd.MultiIndex.from_frame(ranked[_PAIR]).get_indexer(
        pd.MultiIndex.from_frame(inconsistent[_PAIR])
    )
    both, there = place >= 0, place[place >= 0]
    merged, known = ranked.copy(), inconsistent[both]
    quality = merged["label_quality"].to_numpy(copy=True)
    quality[there] = np.minimum(quality[there], known["label_quality"].to_numpy())
    merged["label_quality"] = quality
    reasons = merged["reason"].to_numpy(object).copy()
    reasons[there] = [
        f"{of_rule}. {of_views}"
        for of_rule, of_views in zip(known["reason"], reasons[there], strict=True)
    ]
    merged["reason"] = pd.Series(reasons, dtype="str")
    fresh = _as_issues(inconsistent[~both], scores, thresholds)
    every = pd.concat([merged, fresh[list(ranked.columns)]], ignore_index=True)
    return rank_by_quality(every.astype(ranked.dtypes.to_dict()))


def _as_issues(
    found: pd.DataFrame, scores: PairScores, thresholds: LabelThresholds
) -> pd.DataFrame:
    """Return contradictions with the columns of ranked issues."""
    rows = scores.instance_ids.get_indexer(pd.Index(found["instance_id"]))
    columns = scores.label_ids.get_indexer(pd.Index(found["label_id"]))
    judged = pairs_in(scores.values, rows, columns)
    score = np.full(len(found), np.nan, np.float32)
    score[judged >= 0] = scores.values.data[judged[judged >= 0]]
    is_given = found["given"].to_numpy(bool)
    threshold = np.where(is_given, thresholds.absent[columns], thresholds.present[columns])
    return found.assign(
        score=score,
        threshold=threshold.astype(np.float32),
        rank=np.int64(0),
        reason=found["reason"] + pd.Series(_said(score), index=found.index, dtype="str"),
        pattern_id=pd.Series(None, index=found.index, dtype="str"),
    )


def _said(score: NDArray[np.float32]) -> list[str]:
    return [
        f"; the model {'did not score it' if np.isnan(p) else f'gives it {two_digits(p)}'}."
        for p in score
    ]


def rank_by_quality(issues: pd.DataFrame, max_issues: int | None = None) -> pd.DataFrame:
    """Return the issues by label quality, kind after kind; equals stay in their order."""
    parts = []
    for kind in ("wrong", "missing"):
        part = issues[issues["kind"] == kind]
        order = np.argsort(part["label_quality"].to_numpy(), kind="stable")[:max_issues]
        part = part.iloc[order]
        parts.append(part.assign(rank=np.arange(1, len(part) + 1, dtype=np.int64)))
    return pd.concat(parts, ignore_index=True)

"""How well a ranked list of pairs finds the pairs that are truly wrong or missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluate.segments import SEGMENTS, label_segments
from workbench.matrices import check_unit_interval

PAIR = ["instance_id", "label_id"]
_KINDS = ["wrong", "missing"]


def hits_in_order(ranked: pd.DataFrame, truth: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each ranked pair, first to last, whether it is one of the true pairs.

    Parameters
    ----------
    ranked : pd.DataFrame
        ``instance_id, label_id`` in the order of review; no pair twice.
    truth : pd.DataFrame
        ``instance_id, label_id`` of the pairs that should be found; no pair twice.

    Returns
    -------
    ndarray of bool, shape (n_ranked,)

    Raises
    ------
    ValueError
        If a column is missing or a pair is named twice.
    """
    for name, frame in (("ranked", ranked), ("true", truth)):
        _check_columns(frame, PAIR, f"{name} pairs")
        n_repeated = int(frame.duplicated(PAIR).sum())
        if n_repeated:
            raise ValueError(f"{n_repeated} {name} pairs appear more than once; drop the repeats")
    wanted = pd.MultiIndex.from_frame(truth[PAIR])
    return np.asarray(pd.MultiIndex.from_frame(ranked[PAIR]).isin(wanted), bool)


def average_precision(hits: NDArray[np.bool_], n_true: int) -> float:
    """Return the mean over the true pairs of the precision where each is found.

    A true pair that is not ranked counts with precision 0, so a short list is not rewarded.

    Examples
    --------
    >>> average_precision(np.array([True, False, True, False]), n_true=5)  # (1/1 + 2/3) / 5
    0.3333333333333333
    """
    _check_total(hits, n_true)
    if n_true == 0:
        return float("nan")
    places = np.flatnonzero(hits) + 1
    return float((np.arange(1, len(places) + 1) / places).sum() / n_true)


def precision_at(hits: NDArray[np.bool_], k: int) -> float:
    """Return the share of hits among the first ``k``; of a shorter list, among all of it."""
    _check_cut(k)
    return float(hits[:k].mean()) if len(hits) else float("nan")


def recall_at(hits: NDArray[np.bool_], k: int, n_true: int) -> float:
    """Return the share of the true pairs that a budget of ``k`` reviews finds."""
    _check_total(hits, n_true)
    _check_cut(k)
    return float(hits[:k].sum() / n_true) if n_true else float("nan")


def lift_at(hits: NDArray[np.bool_], k: int, n_true: int, n_candidates: int) -> float:
    """Return how many times more hits the first ``k`` hold than a random queue would.

    Parameters
    ----------
    hits : ndarray of bool
    k : int
    n_true : int
        True pairs among the candidates.
    n_candidates : int
        Pairs the random queue would be drawn from, such as all given pairs for wrong labels.
    """
    _check_total(hits, n_true)
    if not n_true <= n_candidates:
        raise ValueError(f"{n_true} true pairs cannot lie among {n_candidates} candidates")
    return precision_at(hits, k) / (n_true / n_candidates) if n_true else float("nan")


def detection_report(
    issues: pd.DataFrame,
    *,
    wrong: pd.DataFrame,
    missing: pd.DataFrame,
    n_given: int,
    n_absent: int,
    budgets: Sequence[int] = (100, 500, 1000),
) -> pd.DataFrame:
    """Return how well the issues of each kind find the injected pairs.

    Parameters
    ----------
    issues : pd.DataFrame
        ``instance_id, label_id, kind, rank``.
    wrong, missing : pd.DataFrame
        ``instance_id, label_id`` of the pairs that should be found.
    n_given, n_absent : int
        Pairs a random queue for wrong and for missing labels would be drawn from.
    budgets : sequence of int

    Returns
    -------
    pd.DataFrame
        One row a kind: ``n_ranked, n_true, average_precision``, and for each budget ``k``
        ``precision_at_k, recall_at_k, lift_at_k``.

    Raises
    ------
    ValueError
        If a column is missing, a pair is named twice, a kind is neither ``wrong`` nor ``missing``,
        an issue has no rank, or there are more true pairs than candidates.
    """
    _check_issues(issues)
    rows = []
    for kind, truth, n_candidates in (("wrong", wrong, n_given), ("missing", missing, n_absent)):
        ranked = issues[issues["kind"] == kind].sort_values("rank")
        hits, n_true = hits_in_order(ranked, truth), len(truth)
        row: dict[str, float] = {
            "n_ranked": len(hits),
            "n_true": n_true,
            "average_precision": average_precision(hits, n_true),
        }
        for k in budgets:
            row[f"precision_at_{k}"] = precision_at(hits, k)
            row[f"recall_at_{k}"] = recall_at(hits, k, n_true)
            row[f"lift_at_{k}"] = lift_at(hits, k, n_true, n_candidates)
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(_KINDS, name="kind"))


def average_precision_by_segment(
    ranked: pd.DataFrame, truth: pd.DataFrame, support: pd.Series
) -> dict[str, float]:
    """Return the average precision among the labels of each segment on their own.

    Parameters
    ----------
    ranked : pd.DataFrame
        ``instance_id, label_id`` in the order of review; no pair twice.
    truth : pd.DataFrame
        ``instance_id, label_id`` of the pairs that should be found; no pair twice.
    support : pd.Series of int
        Given pairs of every label, by label_id.

    Returns
    -------
    dict of str to float
        ``average_precision_head``, ``_torso`` and ``_tail``, see
        :func:`workbench.evaluate.segments.label_segments`; NaN where there is nothing to find.
    """
    segments = pd.Series(label_segments(support.to_numpy()), index=support.index)
    hits, found = hits_in_order(ranked, truth), {}
    of_ranked, of_truth = (segments.loc[frame["label_id"]].to_numpy() for frame in (ranked, truth))
    for name in SEGMENTS:
        n_true = int((of_truth == name).sum())
        found[f"average_precision_{name}"] = average_precision(hits[of_ranked == name], n_true)
    return found


def calibration_report(
    error: NDArray[np.floating], hits: NDArray[np.bool_], *, n_bins: int = 10
) -> dict[str, float]:
    """Return how far probabilities of being an error agree with what is one.

    Parameters
    ----------
    error : ndarray of float, shape (n_ranked,)
        Probability that each ranked pair is an error: 1 less its label quality.
    hits : ndarray of bool, shape (n_ranked,)
    n_bins : int
        Pairs are cut by rank into bins of about equal size.

    Returns
    -------
    dict of str to float
        ``brier``; ``calibration_error``: mean distance of mean probability and share of errors
        over the bins; ``estimated_errors``: sum of the probabilities, and ``found_errors``: how
        many of the ranked pairs are errors.

    Raises
    ------
    InputError
        If a probability is NaN or outside [0, 1].
    ValueError
        If there is not one a pair.

    Examples
    --------
    >>> report = calibration_report(np.array([0.9, 0.5]), np.array([True, False]), n_bins=2)
    >>> round(report["calibration_error"], 2), report["estimated_errors"]  # (0.1 + 0.5) / 2
    (0.3, 1.4)
    """
    if len(error) != len(hits):
        raise ValueError(f"expected a probability a pair, found {len(error)} for {len(hits)}")
    if not len(error):
        return {}
    check_unit_interval(error, len(hits), "error")
    p = np.asarray(error, np.float64)
    order = np.argsort(-p, kind="stable")
    gaps = [
        len(part) * abs(float(p[part].mean()) - float(hits[part].mean()))
        for part in np.array_split(order, min(n_bins, len(order)))
    ]
    return {
        "brier": float(((p - hits) ** 2).mean()),
        "calibration_error": float(sum(gaps) / len(p)),
        "estimated_errors": float(p.sum()),
        "found_errors": float(hits.sum()),
    }


def _check_columns(frame: pd.DataFrame, expected: Sequence[str], name: str) -> None:
    absent = [column for column in expected if column not in frame.columns]
    if absent:
        raise ValueError(f"{name}: columns {absent} are missing, found {list(frame.columns)}")


def _check_issues(issues: pd.DataFrame) -> None:
    _check_columns(issues, [*PAIR, "kind", "rank"], "issues")
    other = issues.loc[~issues["kind"].isin(_KINDS), "kind"]
    if len(other):
        raise ValueError(
            f"issues: a kind must be one of {_KINDS}, found {len(other)} others: "
            f"{other.unique()[:5].tolist()}"
        )
    n_unranked = int(issues["rank"].isna().sum())
    if n_unranked:
        raise ValueError(
            f"issues: {n_unranked} of {len(issues)} have no rank; rank them or leave them out"
        )


def _check_total(hits: NDArray[np.bool_], n_true: int) -> None:
    if hits.sum() > n_true:
        raise ValueError(f"{int(hits.sum())} hits among {n_true} true pairs; n_true is too small")


def _check_cut(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be 1 or more, found {k}")

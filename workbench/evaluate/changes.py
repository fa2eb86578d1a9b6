"""What changed between two models: true labels newly hit and newly missed, label by label."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc, ndtri

from workbench.evaluate.hits import rank_labels
from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in

# A label with fewer true test instances changes by flukes.
MIN_SUPPORT = 5
_FALSE_SHARE = 0.05


def ranks_of_true_pairs(predictions: PairScores, truth: LabelMatrix, k: int) -> NDArray[np.int32]:
    """Return the rank of every true pair, 0 beyond the first k, in the order of the truth's pairs.

    Raises
    ------
    AxisMismatchError
        If predictions and truth do not share their axes.
    """
    check_aligned(predictions, truth)
    values = truth.values
    labels = rank_labels(predictions.values, k)
    rows, ranks = np.nonzero(labels >= 0)
    at = pairs_in(values, rows, labels[rows, ranks])
    found = np.zeros(values.nnz, np.int32)
    found[at[at >= 0]] = ranks[at >= 0] + 1
    return found


def changed_pairs(
    truth: LabelMatrix, before: NDArray[np.int32], after: NDArray[np.int32], ks: list[int]
) -> pd.DataFrame:
    """Return the true pairs that only one of two models hits, at any of the given k.

    Parameters
    ----------
    before, after : ndarray of int32, shape (n_given,)
        As of `ranks_of_true_pairs`.

    Returns
    -------
    DataFrame
        Columns instance_id, label_id, rank_before, rank_after; 0 is not among the first.
    """
    changed = np.zeros(len(before), bool)
    for k in ks:
        changed |= _hit(before, k) != _hit(after, k)
    at = np.flatnonzero(changed)
    values = truth.values
    return pd.DataFrame(
        {
            "instance_id": truth.instance_ids.to_numpy()[truth.rows_of_pairs()[at]],
            "label_id": truth.label_ids.to_numpy()[values.indices[at]],
            "rank_before": before[at],
            "rank_after": after[at],
        }
    )


def label_changes(
    truth: LabelMatrix,
    before: NDArray[np.int32],
    after: NDArray[np.int32],
    k: int,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the labels of which two models hit other true pairs among the first k.

    Returns
    -------
    DataFrame
        Columns label_id, support (true test instances), hits_before, hits_after, newly_hit,
        newly_missed, difference (of recall), low, high, beyond_chance. Labels whose hits are
        all the same are left out.

    Notes
    -----
    The interval is that of Agresti and Min (Statistics in Medicine, 2005) for the difference of
    paired proportions: half an observation is added to each of the four cells. ``beyond_chance``
    holds where the exact sign test of newly hit against newly missed stands after the
    correction of Benjamini and Hochberg (1995) over all labels here with a support of
    `MIN_SUPPORT` or more: at most 5 % of the labels so marked are expected to be flukes. A label
    whose hits are all the same is no test: of it the sign test could say nothing.
    """
    values = truth.values
    n_labels, columns = values.shape[1], values.indices
    was, now = _hit(before, k), _hit(after, k)
    counts = {
        "support": np.bincount(columns, minlength=n_labels),
        "hits_before": np.bincount(columns[was], minlength=n_labels),
        "hits_after": np.bincount(columns[now], minlength=n_labels),
        "newly_hit": np.bincount(columns[now & ~was], minlength=n_labels),
        "newly_missed": np.bincount(columns[was & ~now], minlength=n_labels),
    }
    at = np.flatnonzero(counts["newly_hit"] + counts["newly_missed"])
    frame = pd.DataFrame({name: found[at].astype(np.int64) for name, found in counts.items()})
    frame.insert(0, "label_id", truth.label_ids.to_numpy()[at])
    won, lost, n = (
        frame[name].to_numpy(float) for name in ("newly_hit", "newly_missed", "support")
    )
    frame["difference"] = (won - lost) / n
    centre = (won - lost) / (n + 2)
    error = np.sqrt(won + lost + 1 - (won - lost) ** 2 / (n + 2)) / (n + 2)
    reach = ndtri((1 + level) / 2) * error
    frame["low"] = np.maximum(centre - reach, -1)
    frame["high"] = np.minimum(centre + reach, 1)
    frame["beyond_chance"] = _stand(won, lost, n >= MIN_SUPPORT)
    return frame


def clearest(changes: pd.DataFrame, n: int, *, gained: bool) -> pd.DataFrame:
    """Return the ``n`` labels that gained or lost most: of enough support, and beyond the interval.

    The order is that of the end of the interval that lies nearer to no change, so that a label
    with few instances is no match for one that changed in many.
    """
    known = changes[changes["support"] >= MIN_SUPPORT]
    if gained:
        return known[known["low"] > 0].nlargest(n, "low", keep="first")
    return known[known["high"] < 0].nsmallest(n, "high", keep="first")


def _hit(ranks: NDArray[np.int32], k: int) -> NDArray[np.bool_]:
    return (ranks > 0) & (ranks <= k)


def _stand(
    won: NDArray[np.float64], lost: NDArray[np.float64], asked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which changes stand after correcting for all that were asked."""
    stands = np.zeros(len(won), bool)
    if asked.any():
        less, n = np.minimum(won, lost)[asked], (won + lost)[asked]
        stands[asked] = (
            _corrected(np.minimum(1, 2 * betainc(n - less, less + 1, 0.5))) <= _FALSE_SHARE
        )
    return stands


def _corrected(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the p-values as Benjamini and Hochberg correct them for being many."""
    order = np.argsort(chance)
    of_rank = chance[order] * len(chance) / np.arange(1, len(chance) + 1)
    corrected = np.empty_like(chance)
    corrected[order] = np.minimum.accumulate(of_rank[::-1])[::-1]
    return corrected

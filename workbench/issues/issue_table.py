"""What the ranking knows of its issues, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.pairs import Pairs
from workbench.issues.reasons import collect_facts, write_reasons
from workbench.issues.views import PairViews
from workbench.matrices import pairs_in


def issue_frame(
    kind: str,
    views: PairViews,
    found: NDArray[np.int64],
    quality: NDArray[np.float64],
    votes: NDArray[np.float32],
    threshold: NDArray[np.float64],
    values: pd.Series | None,
) -> pd.DataFrame:
    """Return the issues of a kind, ranked in the order in which they come.

    Parameters
    ----------
    kind : str
    views : PairViews
    found : ndarray of int64, shape (n_issues,)
        Positions among the judged pairs, the most suspicious first.
    quality : ndarray of float64, shape (n_judged,)
        Probability that the given state is right.
    votes : ndarray of float32, shape (n_judged,)
        See :func:`votes_of`.
    threshold : ndarray of float64, shape (n_labels,)
        The score from which confident learning calls the label absent or present.
    values : pd.Series of str, length n_labels, optional
        What was looked for in the text.
    """
    pairs, scores = views.judged.take(found), views.scores.values.data[found]
    label_ids = views.given.label_ids
    facts = collect_facts(views, pairs, scores, votes[found])
    every = range(len(found))
    return pd.DataFrame(
        {
            "instance_id": views.given.instance_ids.take(pairs.rows),
            "label_id": label_ids.take(pairs.columns),
            "kind": pd.Series(kind, index=every, dtype="str"),
            "given": pairs.given,
            "score": scores,
            "threshold": threshold[pairs.columns].astype(np.float32),
            "label_quality": quality[found].astype(np.float32),
            "rank": np.arange(1, len(found) + 1, dtype=np.int64),
            "reason": write_reasons(facts, label_ids, values),
            "pattern_id": pd.Series(None, index=every, dtype="str"),
        }
    )


def votes_of(pairs: Pairs, votes_log_odds: csr_array | None) -> NDArray[np.float32]:
    """Return the votes' log-odds of each pair, NaN where all sources abstain."""
    votes = np.full(len(pairs), np.nan, np.float32)
    if votes_log_odds is not None:
        found = pairs_in(votes_log_odds, pairs.rows, pairs.columns)
        votes[found >= 0] = votes_log_odds.data[found[found >= 0]]
    return votes

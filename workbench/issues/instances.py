"""Instances by their issues."""

from __future__ import annotations

import numpy as np
import pandas as pd


def rank_instances(issues: pd.DataFrame) -> pd.DataFrame:
    """Return the instances that have an issue, the one with the least plausible pair first.

    Parameters
    ----------
    issues : pd.DataFrame
        As :func:`workbench.issues.find_label_issues` returns them.

    Returns
    -------
    pd.DataFrame
        ``instance_id, n_issues, self_confidence, exact``: ``self_confidence`` is the lowest score
        of the given state of one of its pairs, ``exact`` whether one of them is.

    Notes
    -----
    These are the instances that cleanlab's ``multilabel_classification.filter.find_label_issues``
    flags, but for its two filters on the least confident, which take instances there. It ranks by
    a mean over all labels, in which one wrong label of a thousand no longer shows.

    Examples
    --------
    >>> issues = pd.DataFrame({"instance_id": ["q1", "q2", "q1"], "given": [True, False, True],
    ...                        "score": [0.3, 0.75, 0.25], "exact": [True, True, False]})
    >>> rank_instances(issues)[["instance_id", "n_issues"]].to_dict("list")
    {'instance_id': ['q1', 'q2'], 'n_issues': [2, 1]}
    """
    score = issues["score"].to_numpy(np.float64)
    confidence = np.where(issues["given"], score, 1 - score)
    order = np.argsort(confidence, kind="stable")
    sorted_issues = issues.iloc[order].assign(self_confidence=confidence[order])
    by_instance = sorted_issues.groupby("instance_id", sort=False)
    ranked = by_instance.agg(
        n_issues=("given", "size"),
        self_confidence=("self_confidence", "min"),
        exact=("exact", "any"),
    )
    # By the lowest, and of equal ones more issues first.
    ranked = ranked.sort_values(
        ["self_confidence", "n_issues"], ascending=[True, False], kind="stable"
    )
    return ranked.reset_index()

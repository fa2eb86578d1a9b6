"""Labels that look missing, weighed against the given values that exclude them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from workbench.issues.consistency import ConsistencyRules, state_quality
from workbench.issues.exclusive import given_rivals
from workbench.issues.hierarchy import parents_of
from workbench.issues.merging import rank_by_quality
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, PairScores

_SUREST = 1e-6


def weigh_suggestions(
    issues: pd.DataFrame,
    given: LabelMatrix,
    labels: pd.DataFrame,
    *,
    presence: PairScores | None = None,
    rules: ConsistencyRules | None = None,
) -> pd.DataFrame:
    """Return the issues with those that would contradict a given value further back.

    A missing label is plausible in the same measure as the given values that exclude it are not:
    with r the probability that such a value is present and t how often two values are right
    together, log(1 - (1 - t) r) is added to the log-odds that the label is missing. No issue is
    left out.

    Parameters
    ----------
    issues : pd.DataFrame
        Ranked issues of both kinds.
    given : LabelMatrix
    labels : pd.DataFrame
        ``label_id, attribute, value`` and, if known, ``parent_id``.
    presence : PairScores, optional
        Probability that a label is truly present.
    rules : ConsistencyRules, optional

    Returns
    -------
    pd.DataFrame
        Ranked anew by label quality.
    """
    parents = parents_of(labels, given.label_ids)
    exclusive = (rules or ConsistencyRules()).exclusive_labels(given, labels, parents)
    asked = np.flatnonzero((issues["kind"] == "missing").to_numpy())
    absent = Pairs(
        given.instance_ids.get_indexer(pd.Index(issues["instance_id"].iloc[asked])),
        given.label_ids.get_indexer(pd.Index(issues["label_id"].iloc[asked])),
        np.zeros(len(asked), bool),
    )
    issue, rival = given_rivals(given, exclusive, parents, absent)
    columns = given.values.indices[rival].astype(np.int64)
    theirs = Pairs(given.rows_of_pairs()[rival], columns, np.ones(len(rival), bool))
    r = np.clip(state_quality(given, theirs, presence), _SUREST, 1 - _SUREST)
    evidence = np.zeros(len(asked))
    np.add.at(evidence, issue, np.log1p(-(1 - exclusive.tolerance[columns]) * r))
    quality = issues["label_quality"].to_numpy(copy=True)
    quality[asked] = _moved(quality[asked], evidence)
    reasons = issues["reason"].to_numpy(object).copy()
    for one in np.unique(issue, return_index=True)[1].tolist():
        at = asked[issue[one]]
        reasons[at] = f"{reasons[at].removesuffix('.')}; yet {_named(given, columns[one])}."
    changed = issues.assign(label_quality=quality, reason=pd.Series(reasons, dtype="str"))
    return rank_by_quality(changed)


def _moved(quality: NDArray[np.float32], evidence: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the qualities of pairs that are not given after evidence against the label."""
    sure = np.clip(quality.astype(np.float64), _SUREST, 1 - _SUREST)
    moved = expit(logit(sure) - evidence).astype(np.float32)
    return np.where(evidence < 0, moved, quality)


def _named(given: LabelMatrix, column: int) -> str:
    return f"{given.label_ids[column]}, which excludes it, is given"

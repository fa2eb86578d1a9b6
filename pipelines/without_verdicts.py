"""What would be believed, and given, had nobody decided: what verdicts are held against.

A verdict that has entered the labels always agrees with them. Whether it found an error shows only
against the state that its pair would have without it: by the votes alone, and where there are none
or the verdict came later, in the first version of the labels.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from pipelines.stages import Run
from workbench.label_model import close_upwards
from workbench.matrices import LabelMatrix
from workbench.review.apply import apply_decisions
from workbench.review.decisions import Verdict
from workbench.workspace import Artefact, LabelVersion

_PAIR = ["instance_id", "label_id"]


def posterior_without_verdicts(labelled: Artefact, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the posterior of the pairs that entered the label model as certain, by their votes.

    The label model is the one that is used, which may have learnt from the verdicts; only what a
    verdict says of its own pair, and of the labels above it, is left out.

    Parameters
    ----------
    labelled : Artefact
    labels : pd.DataFrame
        ``label_id, parent_id``.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, posterior``; empty if no pair is certain.
    """
    certain = _certain_pairs(labelled)
    if certain.empty:
        return certain.assign(posterior=np.empty(0, np.float32))
    instances = certain["instance_id"].unique().tolist()
    rows = labelled.table("posterior", where=[("instance_id", "in", instances)])
    evidence = rows[[name for name in rows.columns if name.startswith("evidence_")]]
    # Rows that nobody voted on follow from those below them, and are found anew.
    voted = rows["votes_for"] + rows["votes_against"] > 0
    log_odds = rows["prior"].to_numpy(np.float64) + evidence.to_numpy(np.float64).sum(axis=1)
    free = rows[_PAIR].assign(posterior=expit(log_odds).astype(np.float32))[voted]
    closed = close_upwards(free.reset_index(drop=True), labels)
    return closed[[*_PAIR, "posterior"]].merge(certain, on=_PAIR)


def labels_without_verdicts(
    run: Run, version: LabelVersion, labelled: Artefact, labels: pd.DataFrame
) -> LabelMatrix:
    """Return the labels that there would be had nobody decided, on the axes of a version.

    Parameters
    ----------
    run : Run
    version : LabelVersion
    labelled : Artefact
        From which the first version in its lineage was made.
    labels : pd.DataFrame
        ``label_id, parent_id``.
    """
    first = run.workspace.label_version(version.base).labels()
    free = posterior_without_verdicts(labelled, labels)
    given = free["posterior"] >= run.config.label.threshold
    states = free.assign(verdict=np.where(given, Verdict.PRESENT.value, Verdict.ABSENT.value))
    return apply_decisions(first, states).labels


def free_posterior(labelled: Artefact, labels: pd.DataFrame) -> pd.DataFrame:
    """Return ``instance_id, label_id, posterior`` of all pairs, certain ones by their votes.

    The ids are categories: there may be millions of rows.
    """
    columns = [*_PAIR, "posterior"]
    if not labelled.holds("label_model.json"):  # labels were imported, nothing was voted
        return labelled.table("posterior", columns, coded=_PAIR)
    free = posterior_without_verdicts(labelled, labels)
    every = labelled.table("posterior", [*columns, "reviewed"], coded=_PAIR)
    if free.empty:
        return every.loc[~every["reviewed"], columns]
    certain = np.flatnonzero(every["reviewed"])
    known = every.iloc[certain][_PAIR].astype("str").merge(free, "left", _PAIR)["posterior"]
    posterior = every["posterior"].to_numpy(copy=True)
    posterior[certain] = known.to_numpy()
    # Nobody voted on a certain pair that has none.
    found: pd.DataFrame = every[columns].assign(posterior=posterior)[~np.isnan(posterior)]
    return found


def _certain_pairs(labelled: Artefact) -> pd.DataFrame:
    if not labelled.holds("label_model.json"):  # labels were imported, nothing was voted
        return labelled.table("posterior", _PAIR)
    return labelled.table("posterior", _PAIR, [("reviewed", "==", True)])

"""The decisions that label versions rest on, and what the signals say of them since."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.matrices import LabelMatrix, pairs_in
from workbench.review.decisions import PAIR
from workbench.review.pair_positions import PairPositions
from workbench.review.rests_on import SettledBy
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import Workspace

# The table of a label version with the decisions it rests on; versions made before lack it.
DECISIONS = "decisions"
# What the labels that the inputs make say of a verdict.
AGREE, AGAINST = "agree", "against"
# The same, of labels made from the inputs after the verdict.
AGAIN, TURNED, CAME_ROUND = "against again", "turned against", "came round"


def has_decisions(version: LabelVersion) -> bool:
    """Say whether a version holds the table of the decisions it rests on."""
    return version.artefact.holds(f"{DECISIONS}.parquet")


def last_applied(workspace: Workspace, parent: LabelVersion) -> LabelVersion | None:
    """Return the version in which decisions were applied before: the parent, or one left behind."""
    if parent.parent is not None:
        return parent
    applied = [one for one in workspace.label_versions() if one.parent is not None]
    return applied[-1] if applied else None


def made_on_filled(
    decided: pd.DataFrame, parent: LabelVersion, before: LabelVersion | None
) -> NDArray[np.object_]:
    """Return on which labels each verdict was made; those it was first applied to if unknown.

    Parameters
    ----------
    decided : pd.DataFrame
        ``instance_id, label_id, made_on``.
    parent : LabelVersion
        The labels to which the verdicts are applied now.
    before : LabelVersion, optional
        In which verdicts were applied before.
    """
    made_on = decided["made_on"].to_numpy(object).copy()
    unknown = pd.isna(made_on)
    if unknown.any() and before is not None and has_decisions(before):
        known = before.artefact.table(DECISIONS, [*PAIR, "made_on"])
        at = PairPositions(known).of(decided[unknown])
        told = np.array([*known["made_on"], None], object)  # -1 finds the last
        made_on[unknown] = told[at]
    made_on[pd.isna(made_on)] = parent.name
    return made_on


def signals_on(
    workspace: Workspace, parent: LabelVersion, decided: pd.DataFrame
) -> NDArray[np.object_]:
    """Return what the labels from the inputs say of each verdict, today and when it was made.

    Parameters
    ----------
    workspace : Workspace
    parent : LabelVersion
        Its base says what the inputs say today.
    decided : pd.DataFrame
        ``instance_id, label_id, verdict, made_on``.

    Returns
    -------
    ndarray of str
        ``agree`` or ``against``; and of verdicts made on labels of an earlier run ``against
        again``, ``turned against`` (they said the same then) or ``came round`` (they did not).
        None for pairs that are not in the labels or that no verdict settles.
    """
    verdict = decided["verdict"].to_numpy(object)
    base = workspace.label_version(parent.base)
    now = _agrees(base.labels(), decided)
    told = np.full(len(decided), None, object)
    told[now == 1], told[now == 0] = AGREE, AGAINST
    made_on = decided["made_on"].to_numpy(object)
    by_name = {version.name: version.base for version in workspace.label_versions()}
    base_then = pd.Series(made_on, dtype=object).map(by_name).to_numpy(object)
    for name in pd.unique(base_then[pd.notna(base_then)]):
        if name == base.name:
            continue
        rows = np.flatnonzero(base_then == name)
        then = _agrees(workspace.label_version(str(name)).labels(), decided.iloc[rows])
        for was, is_now, what in ((0, 0, AGAIN), (1, 0, TURNED), (0, 1, CAME_ROUND)):
            told[rows[(then == was) & (now[rows] == is_now)]] = what
    told[~np.isin(verdict, ["present", "absent"])] = None
    return told


def taken_back(workspace: Workspace, parent: LabelVersion, resolved: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that rest on verdicts which no longer stand, as the inputs have them.

    That is what people decided before and have taken back, or no longer agree on, and what followed
    from it by the taxonomy.

    Parameters
    ----------
    workspace : Workspace
    parent : LabelVersion
        Without the table of its decisions nothing is known to be taken back.
    resolved : pd.DataFrame
        ``instance_id, label_id, verdict``: what stands now.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, verdict, confidence``.
    """
    decided = resolved[resolved["verdict"].isin(["present", "absent"])]
    rested = pd.DataFrame(columns=PAIR, dtype="str")
    if parent.parent is not None and has_decisions(parent):
        people = [SettledBy.PERSON, SettledBy.ADJUDICATOR, SettledBy.FILE]
        by_people = [("settled_by", "in", people)]
        said = parent.artefact.table(DECISIONS, [*PAIR, "verdict"], by_people)
        said = said[said["verdict"].isin(["present", "absent"])]
        rested = said[PairPositions(decided).of(said) < 0]
        rested = pd.concat([rested, *_followers(workspace, parent, rested)])[PAIR]
        rested = rested.drop_duplicates()
        rested = rested[PairPositions(decided).of(rested) < 0]
    base = workspace.label_version(parent.base).labels()
    at = pairs_in(
        base.values,
        base.instance_ids.get_indexer(pd.Index(rested["instance_id"])),
        base.label_ids.get_indexer(pd.Index(rested["label_id"])),
    )
    confidence = np.ones(len(rested), np.float32)
    if base.confidence is not None:
        confidence[at >= 0] = base.confidence[at[at >= 0]]
    states = np.where(at >= 0, "present", "absent")
    return rested.assign(verdict=pd.Series(states, rested.index, "str"), confidence=confidence)


def _followers(
    workspace: Workspace, newest: LabelVersion, withdrawn: pd.DataFrame
) -> list[pd.DataFrame]:
    """Return what was added or removed because of some pairs, version by version."""
    found, by_closure = [], [("settled_by", "==", SettledBy.CLOSURE)]
    for version in workspace.lineage(newest) if len(withdrawn) else ():
        if has_decisions(version):
            made = version.artefact.table(DECISIONS, [*PAIR, "follows_from"], by_closure)
            because = made[["instance_id"]].assign(label_id=made["follows_from"])
            found.append(made.loc[PairPositions(withdrawn).of(because) >= 0, PAIR])
    return found


def _agrees(labels: LabelMatrix, decided: pd.DataFrame) -> NDArray[np.int8]:
    """Return 1 where a verdict is as the labels have it, 0 where not, -1 where it is not there."""
    rows = labels.instance_ids.get_indexer(pd.Index(decided["instance_id"]))
    columns = labels.label_ids.get_indexer(pd.Index(decided["label_id"]))
    known = (rows >= 0) & (columns >= 0)
    found = np.full(len(decided), -1, np.int8)
    given = pairs_in(labels.values, rows[known], columns[known]) >= 0
    found[known] = given == (decided["verdict"].to_numpy(object)[known] == "present")
    return found

"""Decided pairs that the newest labels do not hold as they were decided."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.plurals import plural
from workbench.review.apply import apply_decisions
from workbench.review.decisions import PAIR
from workbench.workspace.automatic import made_so_far, no_corrections
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import Workspace
from workbench.workspace.version_decisions import last_applied


@dataclass(frozen=True)
class Unapplied:
    """What the newest labels lack of the decisions.

    Parameters
    ----------
    newest : str
        The newest labels.
    left_behind : str or None
        The last labels with decisions, if the newest ones were made anew from the inputs.
    n_decided : int
        Pairs that people decided otherwise than the newest labels have them.
    n_automatic : int
        Automatic corrections that ``left_behind`` holds and the newest labels do not; whether they
        would be made again only ``apply`` can say.
    """

    newest: str
    left_behind: str | None
    n_decided: int
    n_automatic: int

    def told(self) -> str:
        """Return in words which decided pairs they lack; empty if none."""
        if not self.n_decided:
            return ""
        lacking = f"do not hold {plural(self.n_decided, 'decided pair')}"
        if self.left_behind is None:
            return f"labels {self.newest} {lacking} yet"
        return (
            f"labels {self.newest} were made anew from the inputs, without what was applied in "
            f"{self.left_behind}: they {lacking}"
        )


def find_unapplied(workspace: Workspace, resolved: pd.DataFrame) -> Unapplied:
    """Return what the newest labels lack of the decisions.

    Parameters
    ----------
    workspace : Workspace
    resolved : pd.DataFrame
        ``instance_id, label_id, verdict``, one row a decided pair; pairs that are not on the axes
        of the labels do not count.

    Raises
    ------
    MissingArtefactError
        If there are no labels yet.
    """
    newest = workspace.latest_labels()
    left_behind = last_applied(workspace, newest) if newest.parent is None else None
    corrections = no_corrections()
    if left_behind is not None:  # of a pair that was corrected twice the newest counts
        corrections = made_so_far(workspace, left_behind).drop_duplicates(PAIR, keep="last")
    by_people = pd.MultiIndex.from_frame(resolved[PAIR])
    corrections = corrections[~pd.MultiIndex.from_frame(corrections[PAIR]).isin(by_people)]
    return Unapplied(
        newest.name,
        None if left_behind is None else left_behind.name,
        n_decided=_n_changed(newest, resolved),
        n_automatic=_n_changed(newest, corrections),
    )


def _n_changed(version: LabelVersion, resolved: pd.DataFrame) -> int:
    if resolved.empty:
        return 0
    applied = apply_decisions(version.labels(), resolved)
    return applied.added + applied.removed

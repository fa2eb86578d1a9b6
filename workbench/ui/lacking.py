"""What the newest labels lack of the decisions."""

from __future__ import annotations

from workbench.ui import markup
from workbench.ui.data import read_unapplied
from workbench.ui.snapshot import Snapshot


def lacking(snapshot: Snapshot) -> str:
    """Return what the newest labels lack of the decisions, or who knows; empty if nothing."""
    if snapshot.latest is None:
        return ""
    if snapshot.has_verdict_files:  # in which a pair may be decided otherwise than in the app
        return markup.soft(
            "Verdicts come from files too, which are not read here; whether "
            f"{snapshot.latest.name} holds them all is told by: "
            f"workbench status {snapshot.workspace.quoted}"
        )
    told = read_unapplied(snapshot, snapshot.latest).told()
    return told and markup.notice(
        "Decisions are not in the newest labels",
        f"{told[0].upper()}{told[1:]}. Put them in with:",
        f"workbench apply {snapshot.workspace.quoted}",
    )

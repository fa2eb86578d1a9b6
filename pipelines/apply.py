"""``workbench apply``: make the next label version from the decisions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipelines.console import Terminal
from pipelines.rare_labels import rare_labels
from pipelines.stages import now
from workbench.review.apply import AppliedDecisions, apply_decisions
from workbench.review.decisions import resolve
from workbench.review.store import DecisionStore
from workbench.workspace import LabelVersion, Workspace, fingerprint_of
from workbench.workspace.arrays import write_labels


def apply_decisions_to(folder: Path, *, terminal: Terminal) -> LabelVersion:
    """Publish the newest labels changed by the decisions, and return that version.

    If the decisions change nothing, the newest version is returned and nothing is written.
    """
    workspace = Workspace(folder)
    with workspace.lock():
        parent = workspace.latest_labels()
        with DecisionStore(workspace.decisions_path) as store:
            log = store.log()
        resolved = resolve(log)
        applied = apply_decisions(parent.labels(), resolved)
        _tell(applied, resolved, terminal)
        _tell_rare(workspace, applied.unknown_pairs, terminal)
        if not applied.added and not applied.removed:
            terminal.say(f"the decisions change nothing in {parent.name}; no new version was made")
            return parent
        name = _publish(workspace, parent, applied, log)
    terminal.say(
        f"wrote labels {name}: {applied.added} pairs added and {applied.removed} removed "
        f"against {parent.name}, {applied.labels.n_given:,} given"
    )
    return workspace.label_version(name)


def _tell(applied: AppliedDecisions, resolved: pd.DataFrame, terminal: Terminal) -> None:
    disagreeing = (resolved["n_present"] > 0) & (resolved["n_absent"] > 0) & resolved["conflict"]
    conflicts = int(disagreeing.sum())
    terminal.say(
        f"{len(resolved)} pairs decided: {applied.confirmed} as given, {applied.added} to add, "
        f"{applied.removed} to remove, {applied.unsure} left as they are (unsure, or undecided "
        "between reviewers)"
    )
    if conflicts:
        terminal.say(f"reviewers disagree on {conflicts} of them; these stay as given")
    if len(applied.unknown_pairs):
        shown = applied.unknown_pairs[["instance_id", "label_id"]].head().to_numpy().tolist()
        terminal.say(
            f"{len(applied.unknown_pairs)} decided pairs are not in these labels (kept in the "
            f"log): {shown}"
        )


def _tell_rare(workspace: Workspace, unknown: pd.DataFrame, terminal: Terminal) -> None:
    """Say which of the pairs that are not in these labels would be with a lower min_support."""
    if unknown.empty:
        return
    rare = rare_labels(workspace.artefact("ingest"))
    found = [rare.find(label_id) for label_id in unknown["label_id"]]
    few = [label_id for label_id in found if label_id is not None]
    if few:
        shown = ", ".join(rare.told(label_id) for label_id in list(dict.fromkeys(few))[:5])
        terminal.say(f"{len(few):,} of them are of values {rare.why} (such as {shown})")


def _publish(
    workspace: Workspace, parent: LabelVersion, applied: AppliedDecisions, log: pd.DataFrame
) -> str:
    about = {
        "made_by": "decisions",
        "created_at": now(),
        "n_given": applied.labels.n_given,
        "added": applied.added,
        "removed": applied.removed,
        "confirmed": applied.confirmed,
        "n_decisions": len(log),
        "reviewers": sorted(log["reviewer"].unique().tolist()),
    }
    fingerprint = fingerprint_of(
        {"parent": parent.artefact.fingerprint, "decisions": log["event_uid"].tolist()}
    )
    with workspace.publish_labels(parent, fingerprint, about) as (name, folder):
        write_labels(folder, applied.labels)
    return name

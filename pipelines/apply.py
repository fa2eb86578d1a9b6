"""``workbench apply``: make the next label version from the decisions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.automatic import (
    Automatic,
    find_automatic,
    read_audit,
    reversed_corrections,
)
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.rare_labels import rare_labels
from pipelines.reviewed import read_reviewed, verdicts_by_run
from pipelines.stages import Run, now
from workbench.plurals import plural
from workbench.report import Report
from workbench.review.apply import AppliedDecisions, apply_decisions
from workbench.review.decisions import PAIR, Verdict, log_frame, resolve
from workbench.review.store import DecisionStore
from workbench.workspace import LabelVersion, Workspace, fingerprint_of
from workbench.workspace.arrays import write_labels, write_table
from workbench.workspace.automatic import AUTOMATIC


def apply_decisions_to(
    folder: Path, *, terminal: Terminal, undo_automatic: bool = False
) -> LabelVersion:
    """Publish the newest labels changed by the decisions, and return that version.

    If the decisions change nothing, the newest version is returned and nothing is written. With
    ``[issues] auto_precision`` the corrections that it allows are made too.

    Parameters
    ----------
    folder : Path
    terminal : Terminal
    undo_automatic : bool
        Instead of making automatic corrections take back all that were made.

    Raises
    ------
    InputError
        If there is nothing to take back, or a file of verdicts breaks its contract.
    """
    workspace = Workspace(folder)
    with workspace.lock():
        parent = workspace.latest_labels()
        run = Run(workspace, read_config(workspace.config_path), terminal)
        log = _decision_log(workspace)
        resolved, audit = _verdicts(run, parent, log)
        automatic = None
        if undo_automatic:
            further = reversed_corrections(workspace, parent, resolved)
        else:
            automatic = find_automatic(run, parent, resolved, audit)
            further = resolved[[*PAIR, "verdict"]].iloc[:0]
            if automatic is not None:
                further = automatic.corrections[[*PAIR, "verdict"]]
        by_people = apply_decisions(parent.labels(), resolved)
        applied = _joined(by_people, apply_decisions(by_people.labels, further))
        _tell(by_people, resolved, parent.name, terminal)
        if by_run := verdicts_by_run(run):
            terminal.say(by_run)
        _tell_rare(workspace, applied.unknown_pairs, terminal)
        if not applied.added and not applied.removed:
            terminal.say(f"the decisions change nothing in {parent.name}; no new version was made")
            return parent
        name = _publish(
            workspace, parent, applied, log, automatic, undone=further if undo_automatic else None
        )
        if undo_automatic:
            terminal.say(f"took back {plural(len(further), 'automatic correction')}")
            _tell_still_set(run)
        elif automatic is not None:
            terminal.say(f"made {plural(len(further), 'automatic correction')}, marked in {name}")
    terminal.say(
        f"wrote labels {name}: {plural(applied.added, 'pair')} added and "
        f"{applied.removed:,} removed against {parent.name}, {applied.labels.n_given:,} given"
    )
    return workspace.label_version(name)


def verdicts_to_apply(run: Run) -> pd.DataFrame:
    """Return what ``workbench apply`` would apply of what people decided, one row a pair.

    Raises
    ------
    InputError
        If a file of verdicts breaks its contract.
    """
    workspace, quiet = run.workspace, replace(run, terminal=Terminal(quiet=True))
    resolved, _ = _verdicts(quiet, workspace.latest_labels(), _decision_log(workspace))
    return resolved


def _decision_log(workspace: Workspace) -> pd.DataFrame:
    if not workspace.has_decisions():
        return log_frame(())
    with DecisionStore(workspace.decisions_location()) as store:
        return store.log()


def _verdicts(
    run: Run, newest: LabelVersion, log: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what people decided of each pair, and what of it the audit says."""
    audit = _audit(run, newest)
    return _with_reviewed_file(_with_audit(resolve(log), audit), run, newest), audit


def _tell(
    applied: AppliedDecisions, resolved: pd.DataFrame, parent: str, terminal: Terminal
) -> None:
    disagreeing = (resolved["n_present"] > 0) & (resolved["n_absent"] > 0) & resolved["conflict"]
    conflicts = int(disagreeing.sum())
    terminal.say(
        f"{plural(len(resolved), 'pair')} decided: {applied.confirmed:,} so in {parent} already, "
        f"{applied.added:,} to add, {applied.removed:,} to remove, {applied.unsure:,} left as they "
        "are (unsure, or undecided between reviewers)"
    )
    if conflicts:
        terminal.say(f"reviewers disagree on {conflicts} of them; these stay as given")
    if len(applied.unknown_pairs):
        first = applied.unknown_pairs.head()
        shown = ", ".join(repr(pair) for pair in first["instance_id"] + " / " + first["label_id"])
        be = "is" if len(applied.unknown_pairs) == 1 else "are"
        terminal.say(
            f"{plural(len(applied.unknown_pairs), 'decided pair')} {be} not in these labels (kept "
            f"in the log), such as {shown}"
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
        be = "is" if len(few) == 1 else "are"
        terminal.say(f"{len(few):,} of them {be} of values {rare.why} (such as {shown})")


def _tell_still_set(run: Run) -> None:
    """Say that taking corrections back does not stop others from being made."""
    bound = run.config.issues.auto_precision
    if bound is not None:
        run.terminal.say(
            f"[issues] auto_precision = {bound:g} is still set: after the next run, apply may "
            "correct other pairs; take it out of [issues] in "
            f"{run.workspace.config_path} to stop that"
        )


def _audit(run: Run, newest: LabelVersion) -> pd.DataFrame:
    """Return the verdicts on automatic corrections."""
    labels, report = newest.labels(), Report()
    rows = read_audit(run, labels.instance_ids, labels.label_ids, report)
    for line in report.lines():
        run.terminal.say(line)
    return rows[rows["verdict"].notna()].reset_index(drop=True)


def _with_audit(resolved: pd.DataFrame, audit: pd.DataFrame) -> pd.DataFrame:
    """Return the resolved decisions and what the audit says of pairs that nobody decided."""
    seen = pd.MultiIndex.from_frame(resolved[PAIR])
    new = audit[~pd.MultiIndex.from_frame(audit[PAIR]).isin(seen)]
    if new.empty:
        return resolved
    counts = {f"n_{v}": (new["verdict"] == v).astype("int64") for v in Verdict}
    return pd.concat([resolved, new.assign(conflict=False, **counts)], ignore_index=True)


def _with_reviewed_file(resolved: pd.DataFrame, run: Run, newest: LabelVersion) -> pd.DataFrame:
    """Return the resolved decisions with the verdicts of ``[inputs.reviewed]``, which count more.

    Where labels come from votes they are in the labels already, as certain.
    """
    if run.config.inputs.labels is None or run.config.inputs.reviewed is None:
        return resolved
    labels, report = run.workspace.artefact("ingest").table("labels"), Report()
    found = read_reviewed(run, newest.labels().instance_ids, labels, report, decisions=False).pairs
    for line in report.lines():
        run.terminal.say(line)
    in_file = pd.MultiIndex.from_frame(resolved[PAIR]).isin(pd.MultiIndex.from_frame(found[PAIR]))
    return _with_audit(resolved[~in_file], found[[*PAIR, "verdict"]])


def _joined(first: AppliedDecisions, second: AppliedDecisions) -> AppliedDecisions:
    """Return what two steps made together."""
    return replace(
        second,
        added=first.added + second.added,
        removed=first.removed + second.removed,
        confirmed=first.confirmed,
        unsure=first.unsure,
        unknown_pairs=first.unknown_pairs,
    )


def _publish(
    workspace: Workspace,
    parent: LabelVersion,
    applied: AppliedDecisions,
    log: pd.DataFrame,
    automatic: Automatic | None,
    *,
    undone: pd.DataFrame | None,
) -> str:
    about: dict[str, Any] = {
        "made_by": "decisions" if automatic is None else "decisions, automatic",
        "created_at": now(),
        "n_given": applied.labels.n_given,
        "added": applied.added,
        "removed": applied.removed,
        "confirmed": applied.confirmed,
        "n_decisions": len(log),
        "reviewers": sorted(log["reviewer"].unique().tolist()),
    }
    key: dict[str, Any] = {
        "parent": parent.artefact.fingerprint,
        "decisions": log["event_uid"].tolist(),
    }
    if automatic is not None:
        about["automatic"] = key["automatic"] = automatic.about
    if undone is not None:
        about["undid_automatic"] = key["undid_automatic"] = len(undone)
    with workspace.publish_labels(parent, fingerprint_of(key), about) as (name, folder):
        write_labels(folder, applied.labels)
        if automatic is not None:
            write_table(folder, AUTOMATIC, automatic.corrections)
    return name

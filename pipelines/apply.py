"""``workbench apply``: make the next label version from the decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.apply_told import tell_applied, tell_rests_on
from pipelines.automatic import (
    Automatic,
    find_automatic,
    read_audit,
    reversed_corrections,
)
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.rests_on import Applied, RestsOn, rests_on
from pipelines.reviewed import read_reviewed
from pipelines.stages import Run, now
from workbench import __version__
from workbench.issues.hierarchy import parents_of
from workbench.matrices import LabelMatrix
from workbench.plurals import plural
from workbench.report import Report
from workbench.review.apply import apply_decisions
from workbench.review.closure import Closure, close_decided, no_closure
from workbench.review.decision_log import effective_decisions, log_frame, settled, unseen_pairs
from workbench.review.decisions import PAIR, Verdict
from workbench.review.pair_positions import PairPositions
from workbench.review.rests_on import SettledBy
from workbench.review.store import DecisionStore
from workbench.workspace import LabelVersion, Workspace, fingerprint_of
from workbench.workspace.arrays import write_arrow, write_labels, write_table
from workbench.workspace.automatic import AUTOMATIC
from workbench.workspace.version_decisions import DECISIONS, taken_back


@dataclass(frozen=True, eq=False)
class _Said:
    """What people decided."""

    log: pd.DataFrame
    standing: pd.DataFrame
    resolved: pd.DataFrame
    audit: pd.DataFrame


def apply_decisions_to(
    folder: Path, *, terminal: Terminal, undo_automatic: bool = False
) -> LabelVersion:
    """Publish the newest labels changed by the decisions, and return that version.

    If the decisions change nothing, the newest version is returned and nothing is written. With
    ``[apply] closure`` what follows from them by the taxonomy is changed too, and with ``[issues]
    auto_precision`` the corrections that it allows are made.

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
        said = _said(run, parent)
        by_people = apply_decisions(parent.labels(), said.resolved)
        closure = _closure(run, by_people.labels, said.resolved)
        withdrawn = _without(_taken_back(run, parent, said), closure.pairs)
        as_before = apply_decisions(by_people.labels, withdrawn)
        by_closure = apply_decisions(as_before.labels, closure.pairs)
        automatic = None
        if undo_automatic:
            further = reversed_corrections(workspace, parent, said.resolved)
            further = _without(further, closure.pairs)
        else:
            automatic = _automatic(run, parent, said, closure)
            further = no_closure().pairs if automatic is None else automatic.corrections
        by_machine = apply_decisions(by_closure.labels, further)
        machine = SettledBy.UNDONE if undo_automatic else SettledBy.AUTOMATIC
        found = rests_on(
            run,
            parent,
            log=said.log,
            standing=said.standing,
            by_people=Applied(by_people, said.resolved, SettledBy.PERSON),
            further=(
                Applied(as_before, withdrawn, SettledBy.WITHDRAWN),
                Applied(by_closure, closure.pairs, SettledBy.CLOSURE),
                Applied(by_machine, further, machine),
            ),
            contradictions=closure.contradictions,
        )
        tell_applied(run, by_people, said.resolved, parent.name)
        tell_rests_on(run, found, parent)
        if not found.n_added and not found.n_removed:
            terminal.say(f"the decisions change nothing in {parent.name}; no new version was made")
            return parent
        name = _publish(
            workspace,
            parent,
            by_machine.labels,
            found,
            said.log,
            automatic,
            undone=further if undo_automatic else None,
        )
        if undo_automatic:
            terminal.say(f"took back {plural(len(further), 'automatic correction')}")
            _tell_still_set(run)
        elif automatic is not None:
            terminal.say(f"made {plural(len(further), 'automatic correction')}, marked in {name}")
    terminal.say(
        f"wrote labels {name}: {plural(found.n_added, 'pair')} added and "
        f"{found.n_removed:,} removed against {parent.name}, {by_machine.labels.n_given:,} given; "
        f"what it rests on: workbench log {workspace.quoted} {name}"
    )
    return workspace.label_version(name)


def verdicts_to_apply(run: Run) -> pd.DataFrame:
    """Return what ``workbench apply`` would apply of what people decided, one row a pair.

    Raises
    ------
    InputError
        If a file of verdicts breaks its contract.
    """
    quiet = replace(run, terminal=Terminal(quiet=True))
    return _said(quiet, run.workspace.latest_labels()).resolved


def _said(run: Run, newest: LabelVersion) -> _Said:
    """Return what people decided of each pair, and what of it the audit says."""
    log = _decision_log(run.workspace)
    standing, audit = effective_decisions(log), _audit(run, newest)
    resolved = _with_reviewed_file(_with_audit(settled(standing), audit), run, newest)
    return _Said(log, standing, resolved, audit)


def _decision_log(workspace: Workspace) -> pd.DataFrame:
    if not workspace.has_decisions():
        return log_frame(())
    with DecisionStore(workspace.decisions_location()) as store:
        return store.log()


def _closure(run: Run, labels: LabelMatrix, resolved: pd.DataFrame) -> Closure:
    """Return what follows from the decisions, if the configuration has it follow."""
    if not run.config.closes_decisions or not run.workspace.has("ingest"):
        return no_closure()
    table = run.workspace.artefact("ingest").table("labels")
    return close_decided(labels, resolved, parents_of(table, labels.label_ids))


def _taken_back(run: Run, parent: LabelVersion, said: _Said) -> pd.DataFrame:
    """Return the pairs whose verdict no longer stands, unless the log is another one."""
    found = taken_back(run.workspace, parent, said.resolved)
    n_known = int(parent.artefact.manifest.get("n_decisions", 0))
    if len(said.log) >= n_known or found.empty:
        return found
    run.terminal.warn(
        f"the decision log has {plural(len(said.log), 'event')}, but labels {parent.name} rest on "
        f"{n_known:,}, and a log never shrinks: it is another one. {plural(len(found), 'pair')} of "
        f"{parent.name} stay as they were decided there; look at [workspace] decisions in "
        f"{run.workspace.config_path}"
    )
    return found.iloc[:0]


def _automatic(run: Run, parent: LabelVersion, said: _Said, closure: Closure) -> Automatic | None:
    """Return the automatic corrections but those of pairs that people's decisions settle."""
    unseen = unseen_pairs(said.standing)
    found = find_automatic(run, parent, said.resolved, said.audit, unseen=unseen)
    if found is None:
        return None
    left = _without(found.corrections, closure.pairs)
    return None if left.empty else Automatic(left, found.about | {"n": len(left)})


def _without(pairs: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    return pairs[PairPositions(others).of(pairs) < 0].reset_index(drop=True)


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
    """Return the resolved decisions and what a file says of pairs that nobody decided."""
    new = _without(audit, resolved)
    if new.empty:
        return resolved
    counts = {f"n_{v}": (new["verdict"] == v).astype("int64") for v in Verdict}
    new = new.assign(conflict=False, settled_by=SettledBy.FILE.value, **counts)
    return pd.concat([resolved, new], ignore_index=True)


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
    return _with_audit(_without(resolved, found), found[[*PAIR, "verdict"]])


def _publish(
    workspace: Workspace,
    parent: LabelVersion,
    labels: LabelMatrix,
    found: RestsOn,
    log: pd.DataFrame,
    automatic: Automatic | None,
    *,
    undone: pd.DataFrame | None,
) -> str:
    about: dict[str, Any] = {
        "made_by": "decisions" if automatic is None else "decisions, automatic",
        "created_at": now(),
        "code": __version__,
        "n_given": labels.n_given,
        "n_decisions": len(log),
        "reviewers": sorted(log["reviewer"].unique().tolist()),
    } | found.about
    key: dict[str, Any] = {
        "parent": parent.artefact.fingerprint,
        "decisions": log["event_uid"].tolist(),
        "rules": found.about["rules"]["parameters"],
    }
    if automatic is not None:
        about["automatic"] = key["automatic"] = automatic.about
    if undone is not None:
        about["undid_automatic"] = key["undid_automatic"] = len(undone)
    with workspace.publish_labels(parent, fingerprint_of(key), about) as (name, folder):
        write_labels(folder, labels)
        write_arrow(folder, DECISIONS, found.table)
        if automatic is not None:
            write_table(folder, AUTOMATIC, automatic.corrections)
    return name

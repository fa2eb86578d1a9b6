"""``workbench status``: what a workspace holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.drift import drift_line
from pipelines.issue_list import stale_line
from pipelines.learning import too_few_line
from pipelines.noise import noise_line
from pipelines.reviewed import count_verdicts
from pipelines.run_report import count_notes, tell_report
from pipelines.stages import Run
from pipelines.unapplied import unapplied_lines
from workbench.errors import InputError
from workbench.review.store import DecisionStore
from workbench.workspace import STAGES, Artefact, Workspace

_NO_DECISION = "decisions: none in the app yet; review with: workbench app"


def show_status(
    folder: Path, *, terminal: Terminal, check: bool, rebuild: bool, report: bool
) -> None:
    """Print stages, label versions, models and decisions; check or rebuild if asked to.

    With ``report`` what the newest run counted and noted is printed too.

    Raises
    ------
    DamagedArtefactError
        If ``check`` finds a file that is gone or changed.
    """
    workspace = Workspace(folder)
    config = read_config(workspace.config_path)
    terminal.say(f"workspace '{config.workspace.name}' in {workspace.root.resolve()}")
    terminal.table("stages", ["stage", "made", "size"], [_stage(workspace, s) for s in STAGES])
    terminal.table(
        "label versions",
        ["version", "parent", "made by", "given", "made"],
        [
            [v.name, v.parent or "", str(m["made_by"]), f"{m['n_given']:,}", str(m["created_at"])]
            for v in workspace.label_versions()
            for m in [v.artefact.manifest]
        ],
    )
    terminal.table(
        "models",
        ["model", "labels", "estimator", "trained on", "seconds", "size"],
        [
            [
                a.folder.name,
                str(a.manifest["label_version"]),
                str(a.manifest["estimator"]),
                f"{a.manifest['n_train']:,}",
                f"{a.manifest['duration_seconds']:.1f}",
                _size(a),
            ]
            for a in workspace.models()
        ],
    )
    if unfinished := workspace.unfinished_folders():
        terminal.say(_told_unfinished(unfinished))
    if workspace.has("label") and not report:
        terminal.say(drift_line(workspace))
    if noise := noise_line(workspace):
        terminal.say(noise)
    if stale := stale_line(workspace):
        terminal.say(stale)
    if workspace.label_versions():
        for line in unapplied_lines(Run(workspace, config, terminal)):
            terminal.say(line)
    _show_decisions(workspace, terminal, rebuild=rebuild)
    _show_verdicts(Run(workspace, config, terminal))
    if report:
        tell_report(workspace, terminal)
        if waiting := too_few_line(Run(workspace, config, terminal)):
            terminal.say(f"\n{waiting}")
    elif n_notes := count_notes(workspace):
        terminal.say(f"notes of the stages: {n_notes}; show them with --report")
    if check:
        artefacts = _all_artefacts(workspace)
        for artefact in artefacts:
            artefact.check()
        terminal.say(f"checked {len(artefacts)} artefacts: every file matches its checksum")
        if workspace.has_decisions():
            with DecisionStore(workspace.decisions_location()) as store:
                store.database.check()
            terminal.say("checked the decisions: the database finds no fault in itself")


def _show_decisions(workspace: Workspace, terminal: Terminal, *, rebuild: bool) -> None:
    if not workspace.has_decisions():
        terminal.say(_NO_DECISION)
        return
    with DecisionStore(workspace.decisions_location()) as store:
        if rebuild:
            store.rebuild()
            terminal.say("the state of the decisions was rebuilt from their log")
        log = store.log()
    reviewers = log["reviewer"].value_counts()
    told = ", ".join(f"{name} {n}" for name, n in reviewers.items())
    terminal.say(f"decisions: {len(log):,} events ({told})" if told else _NO_DECISION)


def _show_verdicts(run: Run) -> None:
    """Say how many reviewed pairs are in a file, which are no events of the app."""
    source = run.config.inputs.reviewed
    if source is None:
        return
    try:
        told = f"{count_verdicts(run, source):,} verdicts in {source.path}"
    except InputError as error:
        told = f"cannot be counted: {error}"
    run.terminal.say(f"reviewed pairs: {told}")


def _stage(workspace: Workspace, stage: str) -> list[str]:
    if not workspace.has(stage):
        return [stage, "not yet", ""]
    artefact = workspace.artefact(stage)
    return [stage, str(artefact.manifest["created_at"]), _size(artefact)]


def _all_artefacts(workspace: Workspace) -> list[Artefact]:
    stages = [workspace.artefact(stage) for stage in STAGES if workspace.has(stage)]
    versions = [version.artefact for version in workspace.label_versions()]
    return [*stages, *versions, *workspace.models(), *workspace.comparisons()]


def _told_unfinished(folders: Sequence[Path]) -> str:
    size = sum(f.stat().st_size for folder in folders for f in folder.rglob("*") if f.is_file())
    return (
        f"interrupted trainings: {', '.join(folder.name for folder in folders)}, "
        f"{size / 2**20:.1f} MB in {folders[0].parent}; the same command goes on with them, the "
        "next model that is trained removes them, and they may be deleted"
    )


def _size(artefact: Artefact) -> str:
    total = sum(entry["size"] for entry in artefact.manifest["files"].values())
    return f"{total / 2**20:.1f} MB"

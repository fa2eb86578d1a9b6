"""What a run cost, and what its stages counted and noted on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.console import Terminal
from pipelines.drift import drift_line
from pipelines.stages import Run, now
from workbench.errors import WorkbenchError
from workbench.report import Report
from workbench.workspace import STAGES, Artefact, Workspace, replace_file

_REPORT = "report.json"


def write_report(run: Run) -> None:
    """Keep what the stages of this run cost, if any did work."""
    if run.n_done:
        path = _path(run.workspace)
        path.parent.mkdir(exist_ok=True)
        report = {"finished_at": now(), "stages": run.entries}
        replace_file(path, json.dumps(report, indent=2))


def tell_costs(entries: Sequence[dict[str, Any]], terminal: Terminal, title: str) -> None:
    """Print the time and memory of each stage."""
    rows = [
        [e["stage"], f"{e['seconds']:.1f}" if e["done"] else "up to date", f"{e['peak_mb']:,}"]
        for e in entries
    ]
    terminal.table(title, ["stage", "seconds", "peak MB so far"], rows)


def tell_notes(workspace: Workspace, terminal: Terminal) -> None:
    """Print what the current artefact of each stage counted and noted, and what drifted."""
    for artefact in _reporting(workspace):
        lines = report_of(artefact).lines()
        terminal.say(f"\n{artefact.manifest['stage']}:" if lines else "")
        for line in lines:
            terminal.say(f"  {line}")
    if workspace.has("label"):
        terminal.say(f"  {drift_line(workspace)}")


def tell_report(workspace: Workspace, terminal: Terminal) -> None:
    """Print the report of the newest run, as that run printed it."""
    path = _path(workspace)
    if path.exists():
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise WorkbenchError(
                f"{path} is damaged ({error}); delete it: the next run that does work makes it"
            ) from error
        tell_costs(report["stages"], terminal, f"\nlast run, finished {report['finished_at']}")
    tell_notes(workspace, terminal)


def count_notes(workspace: Workspace) -> int:
    """Return how many lines `tell_notes` has to tell of the stages."""
    return sum(len(report_of(artefact).lines()) for artefact in _reporting(workspace))


def report_of(artefact: Artefact) -> Report:
    """Return what a stage counted and noted."""
    return Report.from_dict(artefact.json("report"))


def _reporting(workspace: Workspace) -> list[Artefact]:
    found = [workspace.artefact(stage) for stage in STAGES if workspace.has(stage)]
    return [artefact for artefact in found if artefact.holds(_REPORT)]


def _path(workspace: Workspace) -> Path:
    return workspace.root / "reports" / "run.json"

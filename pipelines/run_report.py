"""What a run cost, and what its stages counted and noted on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.console import Terminal
from pipelines.costs import can_forget_peak
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
        report = {"finished_at": now(), "stages": run.costs.entries}
        replace_file(path, json.dumps(report, indent=2))


def tell_costs(entries: Sequence[dict[str, Any]], terminal: Terminal, title: str) -> None:
    """Print the time and memory of each stage and its parts, and of all together."""
    if not all("cpu_seconds" in entry for entry in entries):  # of an older version
        terminal.say(f"{title}: costs are told again after the next run that does work")
        return
    rows = []
    for entry in entries:
        rows.append([entry["stage"], *(_costs(entry) if entry["done"] else ["up to date", "", ""])])
        rows += [[f"  {part['part']}", *_costs(part)] for part in entry["parts"]]
    done = [entry for entry in entries if entry["done"]]
    if len(done) > 1:
        whole = {name: sum(entry[name] for entry in done) for name in ("seconds", "cpu_seconds")}
        rows.append(["all", *_costs({**whole, "peak_mb": max(e["peak_mb"] for e in done)})])
    peak = "peak MB" if can_forget_peak() else "peak MB so far"
    terminal.table(title, ["stage", "seconds", "CPU s", peak], rows)


def _costs(entry: dict[str, Any]) -> list[str]:
    return [
        f"{entry['seconds']:.1f}",
        f"{entry['cpu_seconds']:.1f}",
        f"{entry['peak_mb']:,}",
    ]


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

"""``workbench log``: the label versions with their lineage, and what one of them rests on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.apply_told import signal_lines
from pipelines.console import Terminal
from workbench.plurals import plural
from workbench.review.apply import Effect
from workbench.review.decisions import PAIR
from workbench.workspace import LabelVersion, Workspace
from workbench.workspace.version_decisions import (
    AGAIN,
    DECISIONS,
    TURNED,
    has_decisions,
)

_NOT_RECORDED = "not recorded"
# What the manifest of a version says of it, null where it was made before that was recorded.
_TOLD = (
    *("made_by", "created_at", "code", "n_given", "added", "removed", "n_decisions", "reviewers"),
    *("n_pairs", "n_new", "new_since", "effects", "settled_by", "changed_by", "signals"),
    *("n_contradictions", "by_reviewer", "rules", "automatic", "undid_automatic"),
)


def show_log(
    folder: Path, version: str | None, *, show: int, as_json: bool, terminal: Terminal
) -> list[dict[str, Any]]:
    """Print the label versions, newest first, or one of them whole; return what is known of them.

    Parameters
    ----------
    folder : Path
    version : str, optional
        The one to tell whole.
    show : int
        How many pairs of each list to print.
    as_json : bool
        Print one JSON document instead: a list, or the one version.
    terminal : Terminal

    Raises
    ------
    MissingArtefactError
        If there is no such version.
    """
    workspace = Workspace(folder)
    chosen = workspace.label_versions() if version is None else [workspace.label_version(version)]
    models: dict[str, list[str]] = {}
    for model in workspace.models():
        named = str(model.manifest["label_version"])
        models.setdefault(named, []).append(model.folder.name)
    told = [_about(workspace, one, models.get(one.name, [])) for one in chosen[::-1]]
    if as_json:
        document = told if version is None else told[0]
        terminal.document(json.dumps(document, indent=2, ensure_ascii=False))
    elif version is not None:
        _tell_whole(workspace, chosen[0], told[0], show, terminal)
    elif told:
        _print_versions(told, terminal)
        terminal.say(f"one of them whole: workbench log {workspace.quoted} {told[0]['version']}")
    else:
        terminal.say(f"no labels yet; make them with: workbench run {workspace.quoted}")
    return told


def _about(workspace: Workspace, version: LabelVersion, models: list[str]) -> dict[str, Any]:
    lineage = [one.name for one in workspace.lineage(version)]
    known = {name: version.artefact.manifest.get(name) for name in _TOLD}
    return {
        "version": version.name,
        "parent": version.parent,
        "lineage": lineage,
        **known,
        "models": models,
    }


def _print_versions(told: list[dict[str, Any]], terminal: Terminal) -> None:
    header = ["version", "from", "made by", "made", "given", "changed", "decisions", "models"]
    rows = [
        [
            one["version"],
            one["parent"] or "inputs",
            str(one["made_by"]).replace("_", " "),
            str(one["created_at"])[:10],
            f"{one['n_given']:,}",
            _changed(one),
            _decided(one),
            str(len(one["models"]) or ""),
        ]
        for one in told
    ]
    terminal.table("label versions", header, rows)


def _tell_whole(
    workspace: Workspace,
    version: LabelVersion,
    told: dict[str, Any],
    show: int,
    terminal: Terminal,
) -> None:
    made_from = f"from {version.parent}" if version.parent else "from the inputs"
    terminal.say(
        f"labels {version.name}, {made_from} (lineage: {' ← '.join(told['lineage'])}), made by "
        f"{str(told['made_by']).replace('_', ' ')} at {told['created_at']}, workbench "
        f"{told['code'] or _NOT_RECORDED}"
    )
    against = ""
    if version.parent is not None:
        against = f", {told['added']:,} added and {told['removed']:,} removed against "
        against += version.parent
    terminal.say(f"{told['n_given']:,} given pairs{against}")
    terminal.say(f"models trained on it: {', '.join(told['models']) or 'none'}")
    if version.parent is None:
        return
    people = ", ".join(told["reviewers"] or []) or "nobody in the app"
    terminal.say(f"{plural(told['n_decisions'] or 0, 'event')} in the decision log, of {people}")
    if not has_decisions(version):
        terminal.say(
            f"which decisions {version.name} rests on is not recorded: an earlier release made it; "
            f"workbench diff {workspace.quoted} {version.parent} {version.name} shows what changed"
        )
        return
    since = f" since {told['new_since']}" if told["new_since"] else ""
    terminal.say(f"{plural(told['n_pairs'], 'decided pair')}, {told['n_new']:,} new{since}")
    terminal.say(f"rules: {told['rules']['told']}")
    _print_counts("decided pairs", ["effect", "pairs"], told["effects"], terminal)
    _print_counts("changed pairs", ["settled by", "pairs"], told["changed_by"], terminal)
    _print_reviewers(told["by_reviewer"], terminal)
    for line in signal_lines(told["signals"], version.base):
        terminal.say(f"\n{line}")
    _print_lists(version, show, terminal)


def _print_counts(title: str, header: list[str], counts: dict[str, int], to: Terminal) -> None:
    if counts:
        to.say()
        to.table(title, header, [[name, f"{n:,}"] for name, n in counts.items()])


def _print_reviewers(by_reviewer: dict[str, dict[str, int]], terminal: Terminal) -> None:
    if by_reviewer:
        terminal.say()
        rows = [
            [name, *(f"{one[key]:,}" for key in ("pairs", "counted", "outvoted"))]
            for name, one in by_reviewer.items()
        ]
        terminal.table("reviewers", ["reviewer", "pairs", "as they say", "outvoted"], rows)


def _print_lists(version: LabelVersion, show: int, terminal: Terminal) -> None:
    """Print the first pairs of what somebody may want to look at again."""
    columns = [*PAIR, "verdict", "effect", "n_present", "n_absent", "made_on", "contradicts"]
    for title, where in (
        ("people disagree", ("effect", "==", Effect.CONFLICT.value)),
        ("labels from the inputs say otherwise since", ("signals", "in", [AGAIN, TURNED])),
        ("a label above was decided absent", ("contradicts", "!=", "")),
        ("not in these labels", ("effect", "==", Effect.UNKNOWN.value)),
    ):
        rows = version.artefact.table(DECISIONS, columns, [where])
        if rows.empty or not show:
            continue
        terminal.say(f"\n{title}: {len(rows):,}")
        for one in rows.head(show).to_dict("records"):
            votes = f"{one['n_present']} present, {one['n_absent']} absent"
            said = "conflict" if one["effect"] == Effect.CONFLICT.value else one["verdict"]
            above = f"; {one['contradicts']} absent" if pd.notna(one["contradicts"]) else ""
            terminal.say(
                f"  {one['instance_id']} / {one['label_id']}: {said} ({votes}), decided "
                f"on {one['made_on']}{above}"
            )


def _changed(told: dict[str, Any]) -> str:
    """Return how many pairs were added and removed, empty if the inputs made the version."""
    if told["added"] is None or told["removed"] is None:
        return ""
    return f"+{told['added']:,} −{told['removed']:,}"


def _decided(told: dict[str, Any]) -> str:
    """Return how many events there were, and of how many people."""
    if told["n_decisions"] is None:
        return ""
    return f"{told['n_decisions']:,} of {len(told['reviewers'] or ()):,}"

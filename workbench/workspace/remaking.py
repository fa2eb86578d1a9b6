"""What to do about a damaged folder of a workspace, or a foreign one, in words."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

CONFIG_NAME = "workbench.toml"
# Folders that only the workspace itself writes.
OWN_FOLDERS = (
    "artefacts",
    "comparisons",
    "labels",
    "measures",
    "models",
    "reports",
    "unfinished",
)
# What makes the folders of a workspace; the stages come from a run.
_COMMANDS = {
    "labels": "workbench run {root} (or workbench apply {root}, if it holds decisions)",
    "comparisons": "workbench compare {root}",
    "models": "workbench retrain {root}{labels}",
}
_RUN = "workbench run {root}"


def remake(folder: Path) -> str:
    """Return how a damaged folder is made again, as the end of a sentence.

    Examples
    --------
    >>> remake(Path("flag/1e70a816d08174d5"))
    'delete the folder flag/1e70a816d08174d5 and run the command that made it again'
    """
    return f"delete the folder {folder} and {_made_again(folder)}"


def move_away(folder: Path) -> str:
    """Return what to do about a folder that may be another program's, as the end of a sentence.

    Examples
    --------
    >>> move_away(Path("flag/1e70a816d08174d5"))
    'move the folder flag/1e70a816d08174d5 away; was it ours, run the command that made it again'
    """
    return f"move the folder {folder} away; was it ours, {_made_again(folder)}"


def own_folder_of(path: Path) -> Path | None:
    """Return the folder of a workspace that a path lies in and only we write to; None if none."""
    path = path.resolve()
    for root in path.parents:
        own = root / path.relative_to(root).parts[0]
        if own.name in OWN_FOLDERS and (root / CONFIG_NAME).is_file():
            return own
    return None


def _made_again(folder: Path) -> str:
    root = next((each for each in folder.parents if (each / CONFIG_NAME).is_file()), None)
    if root is None:
        return "run the command that made it again"
    kind, name, *_ = (*folder.relative_to(root).parts, "")
    if kind == "models" and not _is_current(root, name):
        return "restore it from a copy if you need it: another model of these labels is current"
    command = _COMMANDS.get(kind, _RUN)
    labels = f" --labels {name.partition('-')[0]}" if re.match(r"v\d+-", name) else ""
    return f"make it again with: {command.format(root=shlex.quote(str(root)), labels=labels)}"


def _is_current(root: Path, name: str) -> bool:
    """Return whether a name is among what is current; yes, if that cannot be read."""
    try:
        return name in json.loads((root / "current.json").read_text(encoding="utf-8")).values()
    except (OSError, ValueError, AttributeError):
        return True

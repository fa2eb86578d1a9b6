"""What to do about a damaged folder of a workspace, in words."""

from __future__ import annotations

import shlex
from pathlib import Path

CONFIG_NAME = "workbench.toml"
# What makes the folders of a workspace; the stages and the models come from a run.
_COMMANDS = {
    "labels": "workbench run {root} (or workbench apply {root}, if it holds decisions)",
    "comparisons": "workbench compare {root}",
}
_RUN = "workbench run {root}"


def remake(folder: Path) -> str:
    """Return how a damaged folder is made again, as the end of a sentence.

    Examples
    --------
    >>> remake(Path("flag/1e70a816d08174d5"))
    'delete the folder flag/1e70a816d08174d5 and run the command that made it again'
    """
    root = next((each for each in folder.parents if (each / CONFIG_NAME).is_file()), None)
    if root is None:
        return f"delete the folder {folder} and run the command that made it again"
    command = _COMMANDS.get(folder.relative_to(root).parts[0], _RUN)
    return (
        f"delete the folder {folder} and make it again with: "
        f"{command.format(root=shlex.quote(str(root)))}"
    )

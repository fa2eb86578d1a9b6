"""What commands have in common: the workspace, how much they say, how examples look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import InputError

Folder = Annotated[
    Path,
    typer.Argument(metavar="WORKSPACE", help="The workspace folder; the current one if left out."),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print nothing but warnings and errors, and what --json asks for."
    ),
]
HERE = Path()


def example(*lines: str) -> str:
    """Return the end of a command's help."""
    return "[dim]Example:[/dim]  " + "\n\n".join(lines)


def check_overwrite(overwrite: bool, file: Path | None, option: str = "--out") -> None:
    """Raise if a file is to be replaced and none is written.

    Raises
    ------
    InputError
    """
    if overwrite and file is None:
        raise InputError(f"--overwrite goes with {option}, which names the file; leave it out")

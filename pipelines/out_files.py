"""The files that a command is asked to write."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import InputError
from workbench.workspace.remaking import own_folder_of


def check_out_file(
    out: Path,
    *,
    overwrite: bool,
    holds: str = "",
    option: str = "--out",
    endings: Sequence[str] = (),
) -> None:
    """Raise before the work is done if a file cannot be written.

    Parameters
    ----------
    out : Path
    overwrite : bool
        Whether a file that is there may be replaced.
    holds : str
        What such a file may hold that is worth keeping.
    option : str
        What asked for the file.
    endings : sequence of str
        One of which its name has to have, such as ``.csv``; any name does if there are none.

    Raises
    ------
    InputError
    """
    if endings and out.suffix.lower() not in endings:
        expected = " or ".join(filter(None, [", ".join(endings[:-1]), endings[-1]]))
        raise InputError(f"{option} {out}: expected a name that ends in {expected}")
    if out.is_dir():
        raise InputError(f"{option} {out} is a folder; name a file")
    if out.exists() and not overwrite:
        kept = f" and may hold {holds}" if holds else ""
        raise InputError(
            f"{out} exists already{kept}; choose another {option}, or replace it with --overwrite"
        )
    check_not_ours(out, option)
    folder = out.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{option} {out}: there is no folder {folder}; make it, or choose another")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{option} {out}: {folder} may not be written to; choose another folder")


def check_not_ours(out: Path, option: str = "--out") -> None:
    """Raise if a file or folder would lie where a workspace keeps what it made itself.

    Raises
    ------
    InputError
    """
    own = own_folder_of(out)
    if own is not None:
        raise InputError(
            f"{option} {out}: {own} holds only what the workspace makes itself; choose a place "
            f"outside it, such as {own.parent / 'exports' / out.name}"
        )


def path_to_write(out: Path, root: Path) -> str:
    """Return how ``workbench.toml``, which lies in ``root``, names a file."""
    path = Path(os.path.relpath(out.resolve(), root.resolve())).as_posix()
    return json.dumps(path, ensure_ascii=False)

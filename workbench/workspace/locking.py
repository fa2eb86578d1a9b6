"""One writer at a time in a workspace."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import WorkbenchError


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the folder for writing artefacts; released by the system if the process dies.

    Raises
    ------
    WorkbenchError
        If another process holds it.
    """
    with (root / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WorkbenchError(
                f"another command is writing to {root}; wait until it has finished"
            ) from error
        _sweep(root)
        yield


def _sweep(root: Path) -> None:
    """Remove what a crashed run left half written; the lock keeps other writers out."""
    for draft in [*root.glob("*/.*.draft"), *root.glob("artefacts/*/.*.draft")]:
        shutil.rmtree(draft, ignore_errors=True)

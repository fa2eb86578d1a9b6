"""One writer at a time in a workspace."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import WorkbenchError

_LOCK = ".lock"


def check_writable(root: Path) -> None:
    """Raise unless we may write into the folder.

    Raises
    ------
    WorkbenchError
    """
    lock = root / _LOCK
    if not os.access(root, os.W_OK) or (lock.exists() and not os.access(lock, os.W_OK)):
        raise WorkbenchError(f"{root} may not be written to; make it writable, or work on a copy")


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the folder for writing artefacts; released by the system if the process dies.

    Raises
    ------
    WorkbenchError
        If another process holds it, or it may not be written to.
    """
    check_writable(root)
    with (root / _LOCK).open("w") as stream:
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

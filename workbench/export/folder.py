"""A folder that appears whole or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench.errors import InputError

MANIFEST = "manifest.json"


def check_export_name(name: str) -> None:
    """Raise unless the name can name one folder on every usual file system.

    Raises
    ------
    InputError
    """
    if (
        not name
        or name != name.strip(" .")
        or re.search(r'[\x00-\x1f\x7f/\\:*?"<>|\ud800-\udfff]', name)
        or len(name.encode(errors="replace")) > 200
    ):
        raise InputError(
            f"export name {name[:60]!r} cannot name a folder: expected 1 to 200 bytes without "
            '/ \\ : * ? " < > | or control characters, no point or space at either end'
        )


@contextmanager
def publishing(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a new folder beside ``folder`` that takes its place when the block ends well.

    An earlier export is moved aside before and removed after, and put back if the move fails.
    What a killed export of the same name left is cleaned first; an export that a kill between
    the two moves left aside is put back.

    Raises
    ------
    InputError
        If ``folder`` exists and may not be replaced, before the block or by its end.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clean(folder)
    _check_place(folder, overwrite=overwrite)
    token = uuid.uuid4().hex
    beside = folder.with_name(f".{folder.name}.{token}.partial")
    aside = folder.with_name(f".{folder.name}.{token}.old")
    try:
        beside.mkdir()
    except OSError as error:  # the caller knows nothing of the folder beside
        raise OSError(error.errno, error.strerror, str(folder)) from error
    held = _hold(beside)
    try:
        yield beside
        for path in [*beside.rglob("*"), beside]:
            _sync(path)
        _check_place(folder, overwrite=overwrite)
        _exchange(beside, folder, aside)
        _sync(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)
        if held is not None:
            os.close(held)


def _clean(folder: Path) -> None:
    """Remove what killed exports of this name left; the folder of one that runs is locked."""
    left = re.compile(rf"\.{re.escape(folder.name)}\.[0-9a-f]{{32}}\.(partial|old)")
    for path in sorted(folder.parent.iterdir()):
        found = left.fullmatch(path.name)
        if found is None or path.is_symlink():
            continue
        if found[1] == "old":
            partial = path.with_suffix(".partial")
            if os.path.lexists(folder) or not partial.exists():
                shutil.rmtree(path, ignore_errors=True)
            elif not _is_held(partial):
                path.rename(folder)
        elif not _is_held(path):
            shutil.rmtree(path, ignore_errors=True)


def _hold(folder: Path) -> int | None:
    """Return a lock that ends with this process; None where the file system has no locks."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(opened)
            return None
        return opened
    return None


def _is_held(folder: Path) -> bool:
    """Say whether another export writes there, or that cannot be known."""
    if not folder.exists():
        return False
    held = _hold(folder)
    if held is not None:
        os.close(held)
    return held is None


def _check_place(folder: Path, *, overwrite: bool) -> None:
    if not os.path.lexists(folder):
        return
    if not overwrite:
        raise InputError(
            f"{folder} exists; choose another name or allow it to be replaced (overwrite)"
        )
    if folder.is_symlink() or not (folder / MANIFEST).is_file():
        raise InputError(
            f"{folder} exists and is not an export (it has no {MANIFEST}), so it is not replaced; "
            "choose another name"
        )


def _exchange(beside: Path, folder: Path, aside: Path) -> None:
    if not folder.exists():
        beside.rename(folder)
        return
    folder.rename(aside)
    try:
        beside.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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
        or re.search(r'[\x00-\x1f\x7f/\\:*?"<>|]', name)
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

    Raises
    ------
    InputError
        If ``folder`` exists and may not be replaced, before the block or by its end.
    """
    _check_place(folder, overwrite=overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    token = uuid.uuid4().hex
    beside = folder.with_name(f".{token}.partial")
    aside = folder.with_name(f".{token}.old")
    beside.mkdir()
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

"""Write a file beside its place and move it there when it is whole."""

from __future__ import annotations

import errno
import gzip
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside ``path`` that takes its place once written and on the disk.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written to, or ``path`` is a folder.
    """
    _check_place(path)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    raw = _create(beside, path)
    try:
        with raw:
            if path.suffix == ".gz":
                # No time stamp and no name inside, so that equal data gives equal files.
                with gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as packed:
                    yield cast(IO[bytes], packed)
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not path.parent.exists():
        raise FileNotFoundError(f"{path}: the folder {path.parent} does not exist; make it first")


def _create(beside: Path, path: Path) -> IO[bytes]:
    try:
        return beside.open("xb")
    except OSError as error:
        # The caller knows nothing of the file beside.
        number = errno.EIO if error.errno is None else error.errno
        raise OSError(number, error.strerror, str(path)) from error

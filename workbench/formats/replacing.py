"""Write a file beside its place and move it there when it is whole."""

from __future__ import annotations

import gzip
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside ``path`` that takes its place once written and on the disk."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with beside.open("xb") as raw:
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

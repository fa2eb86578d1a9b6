"""The local engine that reads tables and does sums."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import ibis
from ibis.backends import BaseBackend


def connect(*, memory_limit: str | None = None, n_threads: int | None = None) -> BaseBackend:
    """Return a DuckDB in memory; what does not fit goes to a temporary folder on disk.

    Parameters
    ----------
    memory_limit : str, optional
        Such as "1GB", of what DuckDB holds; by default four fifths of the machine's memory.
    n_threads : int, optional
        By default one a core.
    """
    # Kept file contents would fill the memory with a log that is read once.
    settings: dict[str, object] = {
        "enable_external_file_cache": False,
        "temp_directory": str(Path(tempfile.gettempdir()) / f"workbench-{os.getpid()}"),
    }
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    if n_threads is not None:
        settings["threads"] = n_threads
    return ibis.duckdb.connect(**settings)

"""The file of a database that an Ibis URL names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

ENGINES = ("duckdb", "sqlite")
# Databases of DuckDB that are no files of this machine.
_NOT_FILES = (":memory:", "md:", "motherduck:")


@dataclass(frozen=True)
class DatabaseFile:
    """A database in a file of this machine.

    Parameters
    ----------
    engine : {"duckdb", "sqlite"}
    path : Path
        The full path.
    settings : mapping of str to str
        What stands behind the ``?`` of the URL, such as ``memory_limit``.
    """

    engine: str
    path: Path
    settings: Mapping[str, str]


def find_database_file(url: str, folder: Path) -> DatabaseFile | None:
    """Return the file that a URL names, whether it is there or not; None if it names none.

    Neither a space nor a ``#`` nor a ``%`` in the path stands for anything else; a ``?`` begins the
    settings unless there is a file of this name.

    Parameters
    ----------
    url : str
        An Ibis URL, or the path of a DuckDB file; ``$NAME`` in it is an environment variable.
    folder : Path
        Where a relative path starts.

    Examples
    --------
    >>> find_database_file("duckdb://a #1.duckdb?threads=2", Path("/logs"))
    DatabaseFile(engine='duckdb', path=PosixPath('/logs/a #1.duckdb'), settings={'threads': '2'})
    >>> find_database_file("postgresql://host/shop", Path("/logs"))
    """
    engine, separator, rest = os.path.expandvars(url).partition("://")
    if not separator:
        engine, rest = "duckdb", engine
    path, _, settings = rest.partition("?")
    if engine not in ENGINES or not path or path.startswith(_NOT_FILES):
        return None
    whole = _full(rest, folder)
    if whole.is_file():
        return DatabaseFile(engine, whole, {})
    return DatabaseFile(engine, _full(path, folder), dict(parse_qsl(settings)))


def with_full_path(url: str, folder: Path) -> str:
    """Return a URL that means the same from any folder; one with a ``$NAME`` stays as it is."""
    found = None if "$" in url else find_database_file(url, folder)
    if found is None:
        return url
    whole = f"{found.engine}://{found.path}"
    return f"{whole}?{url.partition('?')[2]}" if found.settings else whole


def _full(path: str, folder: Path) -> Path:
    # Links stay: what they lead to may be another file tomorrow.
    return Path(os.path.abspath(folder / Path(path).expanduser()))  # noqa: PTH100

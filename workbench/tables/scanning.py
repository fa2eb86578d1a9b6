"""Scan a file whose lines may be broken: say which, or read the others."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import ibis
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.tables.files import TableFile, backend_errors
from workbench.tables.left_out import lines_left_out
from workbench.tables.memory import telling_memory

BadRows = Literal["error", "skip"]


@contextmanager
def reading(connection: BaseBackend, file: TableFile | None) -> Iterator[None]:
    """Tell what is wrong with a file that the backend cannot read; None for a database.

    Raises
    ------
    InputError
        Naming the broken lines, if there are any.
    WorkbenchError
        If the backend runs out of memory.
    """
    try:
        with telling_memory():
            yield
    except backend_errors(connection) as error:
        if file is None:
            raise
        raise InputError(why_unreadable(file, error)) from error


def why_unreadable(file: TableFile, error: BaseException) -> str:
    """Return which lines a backend could not read; if all can be, what it said itself."""
    try:
        complaints = file.find_broken_lines().complaints()
    except (OSError, EOFError, zlib.error):
        complaints = []
    return message(file.path.name, complaints) if complaints else file.unreadable(error)


def scan_table(
    connection: BaseBackend, file: TableFile, bad_rows: BadRows, report: Report
) -> ibis.Table:
    """Return the raw table; in skip mode the broken lines of a text are counted and left out."""
    if bad_rows == "error" or not (file.is_delimited or file.is_json):
        return file.scan(connection)
    try:
        raw = file.scan(connection)
        if file.is_delimited:
            # Counting the cells makes the backend read them, so a broken line shows here.
            raw.aggregate(**{name: raw[name].count() for name in raw.columns}).to_pyarrow()
    except backend_errors(connection):
        broken = file.find_broken_lines()
        if not broken.total or not broken.skippable:
            raise
        for what, n in broken.counts.items():
            report.count(lines_left_out(file.path.name, what), n, broken.examples[what])
        return _whole_lines(connection, file)
    return raw


def _whole_lines(connection: BaseBackend, file: TableFile) -> ibis.Table:
    """Return the lines that can be read, as a table that the backend holds."""
    # Held, for a reader that skips lines skips others when it reads other columns.
    name = ibis.util.gen_name("whole_lines")
    if file.is_delimited:
        whole = file.scan(connection, skip_broken=True)
        return connection.create_table(name, whole, temp=True)
    # Readers of JSON skip no line that is too long, and make an empty row of one that is cut off.
    with TemporaryDirectory() as folder:
        copy = TableFile(Path(folder) / "whole.jsonl")
        file.text.write_whole(copy.path)
        return connection.create_table(name, copy.scan(connection), temp=True)


def message(name: str, complaints: Sequence[str]) -> str:
    """Return all that is wrong with a table as one sentence.

    Examples
    --------
    >>> message("a.csv", ["'x' must not be empty", "'y' must be unique"])
    "a.csv: 2 faults: (1) 'x' must not be empty (2) 'y' must be unique"
    """
    if len(complaints) == 1:
        return f"{name}: {complaints[0]}"
    told = " ".join(f"({number}) {one}" for number, one in enumerate(complaints, 1))
    return f"{name}: {len(complaints)} faults: {told}"

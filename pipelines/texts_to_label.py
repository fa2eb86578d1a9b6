"""The texts that ``workbench predict`` is given: typed, one a line, or a column of a table."""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.errors import InputError
from workbench.report import Report
from workbench.tables import Column, Contract, connect, find_columns, open_table, to_frame

_TABLES = (".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson", ".gz")
# What our own tables call a text, the likeliest first.
_COLUMNS = ("text", "user_query", "query", "instance_id")


def read_texts(text: str | None, file: Path | None, column: str | None = None) -> dict[int, str]:
    """Return the texts by the number of their line or row, from 1; blank ones are left out.

    Parameters
    ----------
    text : str, optional
    file : Path, optional
        A table, by its suffix, or one text a line; standard input if there is neither.
    column : str, optional
        Of a table.

    Raises
    ------
    InputError
        If there is nothing to label, or a file cannot be read.
    """
    if text is not None and file is not None:
        raise InputError(f"found both --file {file} and the text {text!r}; give one of them")
    if file is not None:
        if not file.exists():
            raise InputError(f"--file {file} does not exist")
        if column is not None or file.is_dir() or file.suffix.lower() in _TABLES:
            lines = _column_of(file, column)
        else:
            lines = _lines_of(file)
    elif column is not None:
        raise InputError(f"--column {column} is for a table; name it with --file")
    elif text is not None:
        lines = [text]
    elif not sys.stdin.isatty():
        lines = sys.stdin.read().split("\n")
    else:
        lines = []
    numbered = {number: line for number, line in enumerate(lines, start=1) if line.strip()}
    if not numbered:
        raise InputError("nothing to label: give a text, --file, or texts on standard input")
    return numbered


def _lines_of(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 (byte {error.start}); convert it") from error


def _column_of(file: Path, column: str | None) -> list[str]:
    connection = connect()
    there = find_columns(connection, file)
    known = [name for name in _COLUMNS if name in there]
    chosen = column if column is not None else known[0] if known else None
    if chosen is None or chosen not in there:
        missed = "which column holds the texts" if column is None else f"no column '{column}'"
        raise InputError(f"{file}: {missed}; name one with --column: {', '.join(there[:20])}")
    contract = Contract("texts", (Column("text", "text", nullable=True),))
    report = Report()
    opened = open_table(connection, file, report=report)
    table = opened.read(contract, columns={"text": chosen}, report=report)
    return [str(one) if isinstance(one, str) else "" for one in to_frame(table)["text"]]

"""Check a table against its contract and hand it out with our names and types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import ibis
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import MAX_EXAMPLES, Report
from workbench.tables.checks import Check, cell_checks, find_column, missing_columns, typed_columns
from workbench.tables.contracts import Contract, check_mapping
from workbench.tables.duplicates import find_duplicates, first_of_each_key
from workbench.tables.files import TableFile
from workbench.tables.frames import to_frame, to_row
from workbench.tables.left_out import rows_left_out
from workbench.tables.scanning import BadRows, message, reading, scan_table

ROW = "row_of_table"


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table as its file or its database has it, to be checked against one contract or several.

    Parameters
    ----------
    name : str
        What messages call it.
    cells : ibis.Table
    connection : ibis backend
    file : TableFile, optional
        None for a table of a database, whose rows have no order and so no numbers.
    may_be_empty : bool
        Whether it may have no rows, as a part of a larger table.
    """

    name: str
    cells: ibis.Table
    connection: BaseBackend
    file: TableFile | None = None
    may_be_empty: bool = False

    def has(self, column: str) -> bool:
        """Whether there is a column of this name, dotted for a nested field."""
        return find_column(self.cells, column) is not None

    def read(
        self,
        contract: Contract,
        *,
        columns: Mapping[str, str] | None = None,
        rows: Any | None = None,
        bad_rows: BadRows = "error",
        report: Report,
    ) -> ibis.Table:
        """Return the columns that the contract names, in its types; see `read_table`.

        Parameters
        ----------
        contract : Contract
        columns : mapping of str to str, optional
        rows : ibis boolean column, optional
            Which rows of ``cells`` the contract is for; all if left out.
        bad_rows : {"error", "skip"}
        report : Report
        """
        check_mapping(contract, columns or {})
        with reading(self.connection, self.file):
            return _checked(
                self,
                contract,
                columns or {},
                rows=rows,
                bad_rows=bad_rows,
                report=report,
            )


def open_table(
    connection: BaseBackend,
    path: Path,
    *,
    delimiter: str | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> RawTable:
    """Return a file as a table that is not checked yet; parameters as of `read_table`.

    Raises
    ------
    InputError
        If there is no such file, its header cannot be read, or it is a gzip file that is cut off.
    """
    file = TableFile(path, delimiter)
    file.check_exists()
    file.check_unpacks()
    with reading(connection, file):
        return RawTable(path.name, scan_table(connection, file, bad_rows, report), connection, file)


def read_table(
    connection: BaseBackend,
    path: Path,
    contract: Contract,
    *,
    columns: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ibis.Table:
    """Return the columns of a file that the contract names, in its types, as a lazy table.

    The whole file is checked by the backend, out of core. An optional column that the file does
    not have is not in the result. Empty and blank cells come out as null.

    Parameters
    ----------
    connection : ibis backend
        Where expressions run; DuckDB by default.
    path : Path
        CSV, TSV (also ``.gz``), Parquet (a file or a folder of parts) or JSON lines.
    contract : Contract
    columns : mapping of str to str, optional
        Our name of a column to the file's name; a dotted name reaches into nested fields.
    delimiter : str, optional
        What parts the cells of a CSV, if it is not what its suffix says.
    bad_rows : {"error", "skip"}
        Whether offending rows are an error or are left out and counted in the report.
    report : Report

    Raises
    ------
    InputError
        One message with everything that is wrong with the file: counts and at most five examples
        a complaint, with line numbers (row numbers for Parquet).
    ConfigError
        If ``columns`` names a column that the contract does not have.
    """
    check_mapping(contract, columns or {})
    opened = open_table(connection, path, delimiter=delimiter, bad_rows=bad_rows, report=report)
    return opened.read(contract, columns=columns, bad_rows=bad_rows, report=report)


def find_columns(connection: BaseBackend, path: Path, *, delimiter: str | None = None) -> list[str]:
    """Return the names of the columns of a file, as it has them.

    Raises
    ------
    InputError
        If there is no such file or its header cannot be read.
    """
    file = TableFile(path, delimiter)
    file.check_exists()
    with reading(connection, file):
        return list(file.scan(connection).columns)


def check_table(
    table: ibis.Table,
    contract: Contract,
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> ibis.Table:
    """Return the columns of a table of a database that the contract names, in its types.

    The same checks as `read_table`; ``name`` is what messages call the table. Examples have no
    row numbers, for rows of a database have no order.

    Raises
    ------
    InputError, ConfigError
    """
    raw = RawTable(name, table, table.get_backend())
    return raw.read(contract, columns=columns, bad_rows=bad_rows, report=report)


def _checked(
    table: RawTable,
    contract: Contract,
    columns: Mapping[str, str],
    *,
    rows: Any | None,
    bad_rows: BadRows,
    report: Report,
) -> ibis.Table:
    raw, name, file = table.cells, table.name, table.file
    missing = missing_columns(raw, contract, columns)
    if missing:
        raise InputError(message(name, missing))
    checks = cell_checks(raw, contract, columns)
    if rows is not None:
        checks = [replace(check, bad=check.bad & rows) for check in checks]
    # A CSV is broken as a whole; of other files only the columns asked for are read.
    needed = [cells for _, _, cells, _ in typed_columns(raw, contract, columns)]
    everything = [raw[name] for name in raw.columns]
    is_text = file is not None and file.is_delimited
    n_rows, counts = _count(raw, rows, checks, everything if is_text else needed)
    if not n_rows and not table.may_be_empty:
        raise InputError(f"{name}: the table has no rows; expected the rows of {contract.name}")
    report.count(f"{name}: rows" if rows is None else f"{name}: rows of {contract.name}", n_rows)
    failed = [(check, n, _examples(raw, check, file)) for check, n in counts if n]
    if rows is not None:
        raw = raw.filter(rows)
    if bad_rows == "skip":
        return _without_bad_rows(raw, contract, columns, failed, name=name, report=report)
    complaints = [check.complaint(n, examples) for check, n, examples in failed]
    typed = _typed_table(raw, contract, columns)
    duplicates = find_duplicates(typed, contract)
    if duplicates:
        complaints.append(duplicates.complaint())
    if complaints:
        raise InputError(message(name, complaints))
    return typed


def _without_bad_rows(
    raw: ibis.Table,
    contract: Contract,
    columns: Mapping[str, str],
    failed: Sequence[tuple[Check, int, list[str]]],
    *,
    name: str,
    report: Report,
) -> ibis.Table:
    """Return the typed table without offending rows, which the report counts."""
    for check, n, examples in failed:
        report.count(rows_left_out(name, check.requirement), n, examples)
    if failed:
        raw = raw.filter(~reduce(or_, [check.bad for check, _, _ in failed]))
        if not to_row(raw.aggregate(n=raw.count()))["n"]:
            complaints = [check.complaint(n, examples) for check, n, examples in failed]
            raise InputError(message(name, ["no row is left without an error", *complaints]))
    typed = _typed_table(raw, contract, columns)
    duplicates = find_duplicates(typed, contract)
    if not duplicates:
        return typed
    report.count(
        rows_left_out(name, f"{duplicates.requirement}; the first row is kept"),
        duplicates.n_rows - duplicates.n_keys,
        duplicates.examples,
    )
    return first_of_each_key(typed, contract)


def _typed_table(raw: ibis.Table, contract: Contract, columns: Mapping[str, str]) -> ibis.Table:
    return raw.select(
        **{column.name: typed for column, _, _, typed in typed_columns(raw, contract, columns)}
    )


def _count(
    raw: ibis.Table, rows: Any | None, checks: Sequence[Check], cells: Sequence[Any]
) -> tuple[int, list[tuple[Check, int]]]:
    """Return the number of rows, and of rows that fail each check, in one pass."""
    sums = {f"bad_{i}": check.bad.sum() for i, check in enumerate(checks)}
    # Counting the cells makes the backend read them, so a broken line shows here.
    filled = {f"cells_{i}": column.count() for i, column in enumerate(cells)}
    n = raw.count() if rows is None else rows.sum()
    row = to_row(raw.aggregate(n_rows=n, **sums, **filled))
    n_rows = int(row["n_rows"] or 0)
    if not n_rows:
        return 0, []
    return n_rows, [(check, int(row[f"bad_{i}"])) for i, check in enumerate(checks)]


def _examples(raw: ibis.Table, check: Check, file: TableFile | None) -> list[str]:
    """Return the first offending rows as "line 12: '0'"."""
    text = check.text.cast("string").name("text")
    if file is None:
        found = to_frame(raw.filter(check.bad).select(text).limit(MAX_EXAMPLES))
        return [repr(value) for value in found["text"]] if check.shows_value else ["no row shown"]
    numbered = raw.select(text, check.bad.name("bad"), ibis.row_number().name(ROW))
    found = to_frame(numbered.filter(numbered["bad"]).order_by(ROW).limit(MAX_EXAMPLES))
    lines = file.lines_of_records(found[ROW].tolist())
    return [
        f"{file.row_word} {lines[row]}" + (f": {value!r}" if check.shows_value else "")
        for row, value in zip(found[ROW], found["text"], strict=True)
    ]

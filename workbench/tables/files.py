"""Read CSV, Parquet and JSON lines lazily."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError

from workbench.errors import InputError
from workbench.tables.broken_lines import BrokenLines
from workbench.tables.lines import MAX_CSV_LINE_BYTES, MAX_JSON_LINE_BYTES, TextFile

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_JSON = (".jsonl", ".ndjson", ".json")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class TableFile:
    """A file on this machine that holds one table; the suffix says the format.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv`` (also ``.gz``), ``.parquet`` (also a folder of parts), ``.jsonl`` or
        ``.ndjson`` (also ``.gz``).
    delimiter : str, optional
        The one character between the cells of a CSV, if it is not the one of its suffix.
    """

    path: Path
    delimiter: str | None = None

    @property
    def suffix(self) -> str:
        """The suffix that says the format, in lower case, without ``.gz``."""
        if self.path.is_dir():
            return ".parquet"
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        if suffixes and suffixes[-1] == ".gz":
            suffixes.pop()
        return suffixes[-1] if suffixes else ""

    @property
    def row_word(self) -> str:
        """What a row is called in messages: a line of a text file, else a row."""
        return "row" if self.suffix in _PARQUET else "line"

    @property
    def is_delimited(self) -> bool:
        """Whether the file is a CSV or TSV."""
        return self.suffix in _DELIMITERS

    @property
    def is_json(self) -> bool:
        """Whether the file holds JSON lines."""
        return self.suffix in _JSON

    @property
    def text(self) -> TextFile:
        """The lines of the file; only where it is no Parquet."""
        if self.is_json:
            return TextFile(self.path, None)
        return TextFile(self.path, self.delimiter or _DELIMITERS[self.suffix])

    def check_exists(self) -> None:
        """Raise unless the file is there, is whole if gzipped, not empty, and of a known suffix.

        Raises
        ------
        InputError
        """
        if not self.path.exists():
            raise InputError(f"{self.path}: there is no such file; check the path")
        if self.suffix not in (*_DELIMITERS, *_JSON, *_PARQUET):
            raise InputError(
                f"{self.path.name}: cannot tell the format from the name; "
                "expected .csv, .tsv, .parquet, .jsonl (text formats also with .gz)"
            )
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise InputError(
                f"{self.path.name}: the delimiter must be one character, got {self.delimiter!r}"
            )
        if self.path.is_dir() and not self._parts():
            raise InputError(f"{self.path}: the folder holds no .parquet file")
        if self.path.is_file() and self.path.stat().st_size == 0:
            raise InputError(f"{self.path.name}: the file is empty; expected a table with a header")

    def check_unpacks(self) -> None:
        """Raise if a gzipped file is cut off or damaged; it is read through for that.

        Raises
        ------
        InputError
        """
        if self.is_json or self.is_delimited:
            self.text.check_unpacks()

    def scan(self, connection: BaseBackend, *, skip_broken: bool = False) -> ibis.Table:
        """Return the table as the file has it, unread; every cell of a CSV is text."""
        if self.is_delimited:
            return self._scan_csv(connection, skip_broken)
        if self.is_json:
            return self._scan_json(connection)
        if connection.name != "duckdb":
            return connection.read_parquet(str(self.path))
        return connection.read_parquet(self._parts())

    def unreadable(self, error: BaseException) -> str:
        """Return the message for a file whose reader gave up for a reason of its own."""
        reason = str(error).strip().splitlines()[0]
        kind = {".csv": "CSV", ".tsv": "TSV", ".txt": "TSV"}.get(self.suffix)
        kind = kind or ("JSON lines" if self.is_json else "Parquet")
        return (
            f"{self.path.name}: cannot be read as {kind} ({reason}); "
            "the file may be cut off or damaged: copy or export it again"
        )

    def find_broken_lines(self) -> BrokenLines:
        """Return the lines that are too long, not UTF-8, or do not split into records."""
        return BrokenLines() if self.suffix in _PARQUET else self.text.find_broken()

    def lines_of_records(self, records: Sequence[int]) -> dict[int, int]:
        """Return the line, or the row of a Parquet file, at which each record starts."""
        if not records or self.suffix in _PARQUET:
            return {record: record + 1 for record in records}
        return self.text.lines_of_records(records)

    def _parts(self) -> list[str]:
        if self.path.is_dir():
            return [str(part) for part in sorted(self.path.rglob("*.parquet"))]
        return [str(self.path)]

    def _scan_csv(self, connection: BaseBackend, skip_broken: bool) -> ibis.Table:
        if connection.name != "duckdb":
            return connection.read_csv(
                str(self.path),
                sep=self.text.delimiter,
                inferSchema=False,
                escape='"',
                multiLine=True,
            )
        # Nothing is guessed: types, quotes and comments would depend on the first rows.
        return connection.read_csv(
            str(self.path),
            columns=dict.fromkeys(self.text.header(), "string"),
            auto_detect=False,
            header=True,
            delim=self.text.delimiter,
            quote='"',
            escape='"',
            comment="",
            max_line_size=MAX_CSV_LINE_BYTES,
            ignore_errors=skip_broken,
        )

    def _scan_json(self, connection: BaseBackend) -> ibis.Table:
        if connection.name != "duckdb":
            return connection.read_json(str(self.path))
        # A field's type is that of all its values; a sample would break on a later row. Objects
        # with many fields stay objects, so that a field can be named.
        return connection.read_json(
            str(self.path),
            format="newline_delimited",
            sample_size=-1,
            map_inference_threshold=-1,
            maximum_object_size=MAX_JSON_LINE_BYTES,
        )


def table_parts(path: Path) -> list[Path]:
    """Return the files of a table: the file itself, or the Parquet files of a folder, in order.

    Raises
    ------
    InputError
        If there is none.
    """
    file = TableFile(path)
    if not path.is_dir():
        return [path]
    file.check_exists()
    return sorted(path.rglob("*.parquet"))


def backend_errors(connection: BaseBackend) -> tuple[type[Exception], ...]:
    """Return what a backend raises when a file cannot be read."""
    errors: tuple[type[Exception], ...] = (
        IbisError,
        OSError,
        EOFError,
        zlib.error,
        pa.ArrowException,
    )
    if connection.name == "duckdb":
        import duckdb

        errors += (duckdb.Error,)
    if connection.name == "pyspark":
        from pyspark.errors import PySparkException

        errors += (PySparkException,)
    return errors

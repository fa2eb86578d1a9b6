"""Read CSV, Parquet and JSON lines lazily, and find the broken lines when a reader gives up."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, cast

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError

from workbench.errors import InputError

MAX_EXAMPLES = 5
_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_JSON = (".jsonl", ".ndjson", ".json")
_PARQUET = (".parquet", ".pq")


@dataclass
class BrokenLines:
    """Lines that cannot be split into cells, by what is wrong with them.

    ``skippable`` says whether the other lines can be read without them.
    """

    skippable: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, line: int, shown: str) -> None:
        """Count one line."""
        self.counts[what] = self.counts.get(what, 0) + 1
        kept = self.examples.setdefault(what, [])
        if len(kept) < MAX_EXAMPLES:
            kept.append(f"line {line}: {shown}")

    @property
    def total(self) -> int:
        """Number of broken lines."""
        return sum(self.counts.values())

    def complaints(self) -> list[str]:
        """Return one sentence a kind."""
        return [
            f"{what}, found {n:,} such {'line' if n == 1 else 'lines'} "
            f"({', '.join(self.examples[what])})"
            for what, n in self.counts.items()
        ]


@dataclass(frozen=True)
class TableFile:
    """A file on this machine that holds one table; the suffix says the format.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv`` (also ``.gz``), ``.parquet`` (also a folder of parts), ``.jsonl`` or
        ``.ndjson`` (also ``.gz``).
    """

    path: Path

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

    def check_exists(self) -> None:
        """Raise unless the file is there, is not empty and has a known suffix.

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
        if self.path.is_dir() and not self._parts():
            raise InputError(f"{self.path}: the folder holds no .parquet file")
        if self.path.is_file() and self.path.stat().st_size == 0:
            raise InputError(f"{self.path.name}: the file is empty; expected a table with a header")

    def scan(self, connection: BaseBackend, *, skip_broken: bool = False) -> ibis.Table:
        """Return the table as the file has it, unread; every cell of a CSV is text."""
        if self.is_delimited:
            return self._scan_csv(connection, skip_broken)
        if self.suffix in _JSON:
            return self._scan_json(connection)
        return connection.read_parquet(self._parts())

    def unreadable(self, error: BaseException) -> str:
        """Return the message for a file whose reader gave up for a reason of its own."""
        reason = str(error).strip().splitlines()[0]
        kind = {".csv": "CSV", ".tsv": "TSV", ".txt": "TSV"}.get(self.suffix)
        kind = kind or ("JSON lines" if self.suffix in _JSON else "Parquet")
        return (
            f"{self.path.name}: cannot be read as {kind} ({reason}); "
            "the file may be cut off or damaged: copy or export it again"
        )

    def header(self) -> list[str]:
        """Return the column names of a CSV.

        Raises
        ------
        InputError
            If the first line is empty, is not UTF-8 or names a column twice.
        """
        with self.open() as lines:
            first = lines.readline()
        try:
            text = first.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.path.name}: the header is not UTF-8 text ({_shown(first)}); "
                "save the file as UTF-8"
            ) from error
        names = [name.strip() for name in next(csv.reader([text], delimiter=self._delimiter), [])]
        if not names:
            raise InputError(f"{self.path.name}: the file is empty; expected a table with a header")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(
                f"{self.path.name}: the header names a column twice: "
                f"{', '.join(map(repr, twice))}; rename or remove one"
            )
        return names

    def find_broken_lines(self) -> BrokenLines:
        """Return the lines that are not UTF-8 or do not split into the cells of the header."""
        broken = BrokenLines()
        if self.suffix in _PARQUET:
            return broken
        with self.open() as lines:
            for number, line in enumerate(lines, start=1):
                if not _is_utf8(line):
                    broken.add(
                        "every line must be UTF-8 text (save the file as UTF-8)",
                        number,
                        _shown(line),
                    )
        if self.suffix in _JSON:
            self._find_broken_json(broken)
        else:
            self._find_ragged_lines(broken)
            if not broken.total:
                self._find_mixed_line_ends(broken)
        return broken

    def lines_of_records(self, records: Sequence[int]) -> dict[int, int]:
        """Return the line on which each record starts.

        Records count from 0 after the header and leave out broken lines. A quoted cell may span
        lines, so the file is read up to the last record asked for.
        """
        if not self.is_delimited:
            return {record: record + 1 for record in records}
        n_columns = len(self.header())
        whole = (line for line, cells in self._records() if _is_whole(cells, n_columns))
        wanted = set(records)
        found = islice(enumerate(whole), max(records) + 1)
        return {record: line for record, line in found if record in wanted}

    def open(self) -> IO[bytes]:
        """Open the file for reading bytes, unpacked."""
        if self.path.suffix.lower() == ".gz":
            return cast(IO[bytes], gzip.open(self.path, "rb"))
        return self.path.open("rb")

    @property
    def _delimiter(self) -> str:
        return _DELIMITERS[self.suffix]

    def _parts(self) -> list[str]:
        if self.path.is_dir():
            return [str(part) for part in sorted(self.path.glob("*.parquet"))]
        return [str(self.path)]

    def _scan_csv(self, connection: BaseBackend, skip_broken: bool) -> ibis.Table:
        if connection.name != "duckdb":
            return connection.read_csv(str(self.path))
        # Nothing is guessed: types, quotes and comments would depend on the first rows.
        return connection.read_csv(
            str(self.path),
            columns=dict.fromkeys(self.header(), "string"),
            auto_detect=False,
            header=True,
            delim=self._delimiter,
            quote='"',
            escape='"',
            comment="",
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
        )

    def _records(self) -> Iterator[tuple[int, list[str] | None]]:
        """Yield the first line and the cells of each record after the header, None if broken."""
        with self.open() as lines:
            text = (line.decode("utf-8", errors="surrogateescape") for line in lines)
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            n_columns = len(next(reader, []))
            while True:
                start = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    yield start, None
                    continue
                # Readers pass over blank lines, unless a lone column may be empty.
                if cells or n_columns == 1:
                    yield start, cells or [""]

    def _find_ragged_lines(self, broken: BrokenLines) -> None:
        n_columns = len(self.header())
        for line, cells in self._records():
            if cells is None:
                # All that follows an open quote is lost to it, so the line cannot be left out.
                broken.skippable = False
                broken.add("every quote must be closed before the next comma", line, "open quote")
            elif len(cells) != n_columns:
                what = f"every line must have {n_columns} cells like the header"
                broken.add(what, line, f"{len(cells)} cells")

    def _find_mixed_line_ends(self, broken: BrokenLines) -> None:
        names = {True: "Windows", False: "Unix"}
        with self.open() as lines:
            first = next(lines, b"").endswith(b"\r\n")
            for number, line in enumerate(lines, start=2):
                if line.endswith(b"\n") and line.endswith(b"\r\n") != first:
                    broken.skippable = False
                    what = "every line must end like the header"
                    broken.add(what, number, f"{names[not first]} line end")

    def _find_broken_json(self, broken: BrokenLines) -> None:
        with self.open() as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    whole = not line.strip() or isinstance(json.loads(line), dict)
                except ValueError:
                    whole = False
                if not whole:
                    broken.skippable = False
                    broken.add("every line must be a JSON object", number, _shown(line))


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
    return errors


def _is_whole(cells: list[str] | None, n_columns: int) -> bool:
    if cells is None or len(cells) != n_columns:
        return False
    text = "".join(cells)
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def _is_utf8(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shown(line: bytes) -> str:
    text = line.strip().decode("utf-8", errors="replace")
    return repr(text if len(text) <= 40 else text[:40] + "…")

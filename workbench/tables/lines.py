"""The lines of a text file, read in bounded memory: which are broken, and where a record starts."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

from workbench.errors import InputError
from workbench.tables.broken_lines import BrokenLines

# Longer lines are refused. Readers hold a whole line, many of them several at once.
MAX_CSV_LINE_BYTES = 2 << 20
MAX_JSON_LINE_BYTES = 16 << 20
_CHUNK_BYTES = 1 << 20
_SHOWN_BYTES = 200
# Stands for a line that is too long to be split: as a cell it is not UTF-8, so nobody counts it.
_TOO_LONG = "\udcff"
_MIXED_ENDS = "every line must end like the header (save the file with one kind of line end)"
# What parts cells, and how messages call it.
_SIGNS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Line:
    """One line of a file.

    Parameters
    ----------
    number : int
        From 1.
    content : bytes
        The line with its end; only its start if it is too long.
    n_bytes : int
        How long it is.
    is_too_long : bool
    """

    number: int
    content: bytes
    n_bytes: int
    is_too_long: bool = False

    @property
    def shown(self) -> str:
        """The start of the line, for messages."""
        return _shortened(self.content.strip().decode("utf-8", errors="replace"))


@dataclass(frozen=True)
class TextFile:
    """A CSV or a file of JSON lines, plain or gzipped, as lines.

    Parameters
    ----------
    path : Path
    delimiter : str, optional
        What parts the cells of a CSV; None for JSON lines.
    """

    path: Path
    delimiter: str | None

    @property
    def max_line_bytes(self) -> int:
        """How long a line may be."""
        return MAX_JSON_LINE_BYTES if self.delimiter is None else MAX_CSV_LINE_BYTES

    def open(self) -> IO[bytes]:
        """Open the file for reading bytes, unpacked."""
        if self.path.suffix.lower() == ".gz":
            return cast(IO[bytes], gzip.open(self.path, "rb"))
        return self.path.open("rb")

    def lines(self) -> Iterator[Line]:
        """Yield every line; of one that is too long no more than the start is held."""
        with self.open() as stream:
            number = 0
            while content := stream.readline(self.max_line_bytes + 1):
                number += 1
                if len(content) <= self.max_line_bytes:
                    yield Line(number, content, len(content))
                    continue
                n_bytes, rest = len(content), content
                while rest and not rest.endswith(b"\n"):
                    rest = stream.readline(_CHUNK_BYTES)
                    n_bytes += len(rest)
                yield Line(number, content[:_SHOWN_BYTES], n_bytes, is_too_long=True)

    def check_unpacks(self) -> None:
        """Raise if a gzipped file is cut off or damaged: some readers take what there is for all.

        Raises
        ------
        InputError
        """
        if self.path.suffix.lower() != ".gz":
            return
        n_bytes = n_lines = 0
        try:
            with gzip.open(self.path, "rb") as stream:
                # Not `read`, which gives nothing of a chunk that is cut off.
                while chunk := stream.read1(_CHUNK_BYTES):
                    n_bytes += len(chunk)
                    n_lines += chunk.count(b"\n")
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(
                f"{self.path.name}: cannot be read as gzip behind line {n_lines:,} ({error}); "
                "the file is cut off or damaged: copy or export it again"
            ) from error

    def header(self) -> list[str]:
        """Return the column names of a CSV.

        Raises
        ------
        InputError
            If the first line is empty, is not UTF-8, is too long, ends like those of old Macs,
            names a column twice or seems to be parted by another character.
        """
        assert self.delimiter is not None
        first = next(self.lines(), Line(1, b"", 0))
        if first.is_too_long:
            raise InputError(f"{self.path.name}: {self._too_long()}, found line 1: {_size(first)}")
        try:
            text = first.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.path.name}: the header is not UTF-8 text ({first.shown}); "
                "save the file as UTF-8"
            ) from error
        with _long_cells(self.max_line_bytes):
            try:
                cells = next(csv.reader([text], delimiter=self.delimiter), [])
            except csv.Error as error:
                raise InputError(
                    f"{self.path.name}: every line must end as on Unix or Windows, found the line "
                    f"ends of old Macs in the first ({first.shown}); save the file with Unix line "
                    "ends"
                ) from error
        names = [name.strip() for name in cells]
        if not names:
            raise InputError(f"{self.path.name}: the file is empty; expected a table with a header")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(
                f"{self.path.name}: the header names a column twice: "
                f"{', '.join(map(repr, twice))}; rename or remove one"
            )
        self._check_parted(names)
        return names

    def find_broken(self) -> BrokenLines:
        """Return the lines that are too long, not UTF-8, or no record."""
        broken = BrokenLines()
        for line in self.lines():
            if line.is_too_long:
                broken.add(self._too_long(), line.number, _size(line))
            elif not _is_utf8(line.content):
                what = "every line must be UTF-8 text (save the file as UTF-8)"
                broken.add(what, line.number, line.shown)
            elif self.delimiter is None and not _is_object(line.content):
                broken.add("every line must be a JSON object", line.number, line.shown)
        if self.delimiter is not None:
            self._find_ragged(broken)
            if not broken.total:
                self._find_mixed_ends(broken)
        return broken

    def write_whole(self, path: Path) -> None:
        """Write the lines of JSON that can be read to another file."""
        with path.open("wb") as out:
            out.writelines(line.content for line in self.lines() if _is_record(line))

    def lines_of_records(self, records: Sequence[int]) -> dict[int, int]:
        """Return the line on which each record starts.

        Records count from 0 after the header and leave out broken lines. A quoted cell may span
        lines, so the file is read up to the last record asked for.
        """
        if self.delimiter is None:
            filled = (line for line in self.lines() if line.content.strip())
            whole = (line.number for line in filled if _is_record(line))
        else:
            n_columns = len(self.header())
            whole = (line for line, cells in self._records() if _is_whole(cells, n_columns))
        wanted = set(records)
        found = islice(enumerate(whole), max(records) + 1)
        return {record: line for record, line in found if record in wanted}

    def _check_parted(self, names: Sequence[str]) -> None:
        if len(names) == 1 and (others := [sign for sign in _SIGNS if sign in names[0]]):
            parted = _SIGNS.get(self.delimiter or "", repr(self.delimiter))
            raise InputError(
                f"{self.path.name}: cells are parted by {parted} here, but the header is a single "
                f"column with {_SIGNS[others[0]]} in it: {_shortened(names[0])}; save the file as "
                ".csv with commas or as .tsv with tabs"
            )

    def _too_long(self) -> str:
        return f"a line may be at most {self.max_line_bytes >> 20} MiB long"

    def _texts(self) -> Iterator[str]:
        for line in self.lines():
            if line.is_too_long:
                yield _TOO_LONG + "\n"
            else:
                yield line.content.decode("utf-8", errors="surrogateescape")

    def _records(self) -> Iterator[tuple[int, list[str] | csv.Error]]:
        """Yield the first line and the cells of each record after the header, or why it is none."""
        assert self.delimiter is not None
        with _long_cells(self.max_line_bytes):
            reader = csv.reader(self._texts(), delimiter=self.delimiter, strict=True)
            n_columns = len(next(reader, []))
            while True:
                start = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield start, error
                    continue
                # Readers pass over blank lines, unless a lone column may be empty.
                if cells or n_columns == 1:
                    yield start, cells or [""]

    def _find_ragged(self, broken: BrokenLines) -> None:
        n_columns = len(self.header())
        for line, cells in self._records():
            if isinstance(cells, csv.Error) and "new-line" in str(cells):
                broken.skippable = False
                broken.add(_MIXED_ENDS, line, "line end of old Macs")
            elif isinstance(cells, csv.Error):
                # All that follows an open quote is lost to it, so the line cannot be left out.
                broken.skippable = False
                broken.add("every quote must be closed before the next comma", line, "open quote")
            elif len(cells) != n_columns and cells != [_TOO_LONG]:
                what = f"every line must have {n_columns} cells like the header"
                broken.add(what, line, f"{len(cells)} {'cell' if len(cells) == 1 else 'cells'}")

    def _find_mixed_ends(self, broken: BrokenLines) -> None:
        assert self.delimiter is not None
        last = first = ""

        def texts() -> Iterator[str]:
            nonlocal last
            for text in self._texts():
                last = text
                yield text

        with _long_cells(self.max_line_bytes):
            reader = csv.reader(texts(), delimiter=self.delimiter, strict=True)
            # A quoted cell may hold ends of either kind, so only those of records count.
            for _ in reader:
                end = _line_end(last)
                first = first or end
                if end and end != first:
                    broken.skippable = False
                    broken.add(_MIXED_ENDS, reader.line_num, f"{end} line end")


@contextmanager
def _long_cells(limit: int) -> Iterator[None]:
    """Let the csv module take cells as long as a line; its limit is a setting of the process."""
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _line_end(text: str) -> str:
    """Return what messages call the end of a line, "" where it has none."""
    return "Windows" if text.endswith("\r\n") else "Unix" if text.endswith("\n") else ""


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _size(line: Line) -> str:
    return f"{line.n_bytes:,} bytes, {line.shown}"


def _is_whole(cells: list[str] | csv.Error, n_columns: int) -> bool:
    if isinstance(cells, csv.Error) or len(cells) != n_columns:
        return False
    text = "".join(cells)
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def _is_record(line: Line) -> bool:
    """Whether a line of JSON can be read."""
    return not line.is_too_long and _is_utf8(line.content) and _is_object(line.content)


def _is_object(content: bytes) -> bool:
    """Whether a line of JSON holds an object, or nothing."""
    try:
        return not content.strip() or isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

"""Read the repository's text format, a block of whole lines at a time."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.sparse import rows_of

_READ_BYTES = 1 << 22
_NEWLINE, _SPACE, _COMMA, _COLON = b"\n ,:"
_GZIP = b"\x1f\x8b"
_WHOLE = r"^[0-9]{1,18}$"
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def read_xmc(path: str | Path) -> tuple[csr_array, csr_array]:
    """Return the features and labels of a file in the repository's text format.

    A label that a line names twice counts once. A line of white space is an instance without
    labels and features; such lines after the last instance are ignored.

    Returns
    -------
    X : csr_array of float32, shape (n_instances, n_features)
    Y : csr_array of bool, shape (n_instances, n_labels)

    Raises
    ------
    InputError
        If the file is missing, cut off, or breaks the format; every broken place of the file is
        counted and up to five of each kind are shown with their line.
    """
    path = Path(path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return _read_stream(cast(IO[bytes], stream), path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}: the gzip data is cut off or damaged ({error}); fetch or write it again"
        ) from error
    except OSError as error:
        raise InputError(
            f"{path}: expected a text file, but it cannot be read: {error.strerror or error}"
        ) from error


@dataclass
class _Problems:
    """What breaks the format, by kind, with the first five places of each."""

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, lines: NDArray[np.int64], texts: Iterable[str]) -> None:
        if not len(lines):
            return
        self.counts[kind] = self.counts.get(kind, 0) + len(lines)
        places = self.places.setdefault(kind, [])
        shown = (f"line {line}: {text[:40]!r}" for line, text in zip(lines, texts, strict=False))
        places.extend(place for place, _ in zip(shown, range(5 - len(places)), strict=False))

    def raise_if_any(self, path: Path, advice: str) -> None:
        if self.counts:
            told = [
                f"{count} {kind} ({', '.join(self.places[kind])})"
                for kind, count in self.counts.items()
            ]
            raise InputError(f"{path}: {'; '.join(told)}; {advice}")


@dataclass(frozen=True, eq=False)
class _Block:
    """Whole lines of a file and where their tokens are."""

    data: bytes
    first_line: int
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    rows: NDArray[np.int64]
    n_rows: int

    def lines(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.rows[positions] + self.first_line

    def texts(self, positions: NDArray[np.int64]) -> Iterator[str]:
        for i in positions:
            yield self.data[self.starts[i] : self.ends[i]].decode(errors="replace")

    def tokens(self, positions: NDArray[np.int64]) -> Any:
        """Return an Arrow array of the tokens; what lies between two of them is left out."""
        edges = np.column_stack([self.starts[positions], self.ends[positions]]).ravel()
        spans = pa.StringArray.from_buffers(
            len(edges) - 1, pa.py_buffer(edges.astype(np.int32)), pa.py_buffer(self.data)
        )
        return spans.take(pa.array(np.arange(0, len(spans), 2)))


@dataclass(frozen=True, eq=False)
class _Roles:
    """Positions of the tokens that are features, values and labels."""

    features: NDArray[np.int64]
    values: NDArray[np.int64]
    labels: NDArray[np.int64]


@dataclass
class _Pairs:
    """The (instance, feature) or (instance, label) pairs found so far."""

    what: str
    limit: int
    indices: list[NDArray[Any]] = field(default_factory=lambda: [np.empty(0, np.int32)])
    counts: list[NDArray[np.int64]] = field(default_factory=lambda: [np.empty(0, np.int64)])

    def add(self, block: _Block, positions: NDArray[np.int64], problems: _Problems) -> None:
        numbers = _numbers(block, positions, pa.int64(), f"{self.what} indices", problems)
        at = positions[(numbers < 0) | (numbers >= self.limit)]
        kind = f"{self.what} indices are outside [0, {self.limit})"
        problems.add(kind, block.lines(at), block.texts(at))
        small = self.limit <= np.iinfo(np.int32).max
        self.indices.append(numbers.astype(np.int32) if small else numbers)
        self.counts.append(np.bincount(block.rows[positions], minlength=block.n_rows))

    def matrix(self, data: list[NDArray[Any]], n_instances: int) -> csr_array:
        indptr = np.append(0, np.cumsum(np.concatenate(self.counts)))
        # scipy widens the indices to the type of indptr, which doubles their memory.
        if max(indptr[-1], self.limit) <= np.iinfo(np.int32).max:
            indptr = indptr.astype(np.int32)
        parts = (np.concatenate(data), np.concatenate(self.indices), indptr)
        matrix = csr_array(parts, shape=(n_instances, self.limit))
        matrix.sort_indices()
        return matrix


def _read_stream(stream: IO[bytes], path: Path) -> tuple[csr_array, csr_array]:
    first = stream.readline(1000).removeprefix(codecs.BOM_UTF8)
    n_instances, n_features, n_labels = _read_header(first, path)
    features, labels = _Pairs("feature", n_features), _Pairs("label", n_labels)
    values = [np.empty(0, np.float32)]
    problems = _Problems()
    n_found = 0
    while lines := stream.readlines(_READ_BYTES):
        while n_found + len(lines) > n_instances and lines and not lines[-1].strip():
            lines.pop()
        block, roles = _split(lines, n_found + 2, problems)
        features.add(block, roles.features, problems)
        values.append(_values(block, roles.values, problems))
        labels.add(block, roles.labels, problems)
        n_found += len(lines)
    problems.raise_if_any(
        path, "expected lines 'label,label feature:value feature:value' with indices from zero"
    )
    _check_length(n_found, n_instances, path)
    X = features.matrix(values, n_instances)
    _check_features_once(X, path)
    Y = labels.matrix([np.ones(len(part), np.bool_) for part in labels.indices], n_instances)
    Y.sum_duplicates()
    return X, Y.astype(np.bool_)


def _read_header(line: bytes, path: Path) -> tuple[int, int, int]:
    if line.startswith(_GZIP):
        raise InputError(
            f"{path}: the content is compressed by gzip, which only a name that ends in .gz "
            "says; rename or unpack the file"
        )
    parts = line.split()
    if len(parts) != 3 or not all(part.isdigit() and len(part) <= 18 for part in parts):
        found = line.decode(errors="replace").strip()[:60]
        raise InputError(
            f"{path}: line 1: expected 'n_instances n_features n_labels', found {found!r}; "
            "put the three counts in the first line"
        )
    n_instances, n_features, n_labels = map(int, parts)
    return n_instances, n_features, n_labels


def _split(lines: list[bytes], first_line: int, problems: _Problems) -> tuple[_Block, _Roles]:
    """Return the tokens of the lines and which are features, values and labels.

    What a token is follows from the separators on its two sides alone.
    """
    data = b"".join(lines).replace(b"\r\n", b"\n")
    if not data.endswith(b"\n"):
        data += b"\n"
    characters = np.frombuffer(data, np.uint8)
    separators = np.zeros(256, bool)
    separators[[_NEWLINE, _SPACE, _COMMA, _COLON]] = True
    ends = np.flatnonzero(separators[characters])
    starts = np.append(0, ends[:-1] + 1)
    after = characters[ends]
    before = np.append(np.uint8(_NEWLINE), after[:-1])
    new_line = after == _NEWLINE
    block = _Block(data, first_line, starts, ends, np.cumsum(new_line) - new_line, len(lines))

    piece_begins = np.isin(before, [_NEWLINE, _SPACE])
    piece_ends = np.isin(after, [_NEWLINE, _SPACE])
    blank = (starts == ends) & piece_begins & piece_ends
    feature = piece_begins & (after == _COLON)
    value = (before == _COLON) & piece_ends
    label = np.isin(before, [_NEWLINE, _COMMA]) & (after != _COLON) & ~blank
    stray = np.flatnonzero(~(feature | value | label | blank))
    problems.add(
        "pieces are neither a label nor a feature:value pair",
        block.lines(stray),
        block.texts(stray),
    )
    return block, _Roles(np.flatnonzero(feature), np.flatnonzero(value), np.flatnonzero(label))


def _values(
    block: _Block, positions: NDArray[np.int64], problems: _Problems
) -> NDArray[np.float32]:
    numbers = _numbers(block, positions, pa.float32(), "values", problems)
    at = positions[~np.isfinite(numbers)]
    kind = "values are not finite as float32"
    problems.add(kind, block.lines(at), block.texts(at))
    return numbers


def _numbers(
    block: _Block,
    positions: NDArray[np.int64],
    number: Any,
    what: str,
    problems: _Problems,
) -> NDArray[Any]:
    """Return the tokens as numbers; one that is none is noted and stands as zero."""
    if not len(positions):
        return np.empty(0, number.to_pandas_dtype())
    tokens = block.tokens(positions)
    try:
        return cast("NDArray[Any]", tokens.cast(number).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        pattern = _WHOLE if pa.types.is_integer(number) else _DECIMAL
        good = pc.match_substring_regex(tokens, pattern)
    at = positions[~good.to_numpy(zero_copy_only=False)]
    problems.add(f"{what} are not numbers", block.lines(at), block.texts(at))
    numbers = pc.if_else(good, tokens, "0").cast(number)
    return cast("NDArray[Any]", numbers.to_numpy(zero_copy_only=False))


def _check_length(n_found: int, n_expected: int, path: Path) -> None:
    if n_found < n_expected:
        raise InputError(
            f"{path}: line 1 promises {n_expected} instances, the file ends after {n_found} "
            f"(line {n_found + 1}); it is cut off: fetch or write it again"
        )
    if n_found > n_expected:
        raise InputError(
            f"{path}: line 1 promises {n_expected} instances, found {n_found}; "
            f"correct the count or remove the lines from {n_expected + 2} on"
        )


def _check_features_once(X: csr_array, path: Path) -> None:
    """Raise if a line names a feature twice: which value is meant cannot be known."""
    if X.has_canonical_format:
        return
    rows = rows_of(X)
    twice = np.flatnonzero((X.indices[1:] == X.indices[:-1]) & (rows[1:] == rows[:-1]))
    shown = ", ".join(f"line {rows[i] + 2}: {X.indices[i]}" for i in twice[:5])
    raise InputError(
        f"{path}: {len(twice)} features are named twice in one line ({shown}); keep one value each"
    )

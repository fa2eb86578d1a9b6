"""Hash tables that number strings and pairs by when they came first, for the kernels to fill."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.features.characters import kinds_of_characters, line_feed_alone
from workbench.features.numbering import (
    Codes,
    Ends,
    Ids,
    Pairs,
    Strings,
    cut_tokens,
    fill_pair_slots,
    fill_string_slots,
)

# Room is reserved for the worst case of a block; this keeps it small beside the tables.
_CHARACTERS_AT_ONCE = 1 << 19
_SURROGATE = re.compile("[\ud800-\udfff]")

Scalar = TypeVar("Scalar", bound=np.generic)


class StringTable:
    """Distinct strings, numbered by when they came first."""

    def __init__(self) -> None:
        self.table = Strings(
            codes=np.empty(0, np.uint32),
            starts=np.zeros(1, np.int64),
            hashes=np.empty(0, np.uint64),
            slots=_empty_slots(1),
            size=np.zeros(1, np.int64),
        )

    def __len__(self) -> int:
        return int(self.table.size[0])

    def reserve(self, n_strings: int, n_codes: int) -> None:
        """Make room for so many more strings, and for the code points of all of them."""
        codes, starts, hashes, slots, size = self.table
        n = len(self) + n_strings
        codes = _with_room(codes, int(starts[len(self)]) + n_codes + n_strings)
        starts, hashes = _with_room(starts, n + 1), _with_room(hashes, n)
        if len(slots) >= 2 * n:
            self.table = Strings(codes, starts, hashes, slots, size)
        else:
            self.table = Strings(codes, starts, hashes, _empty_slots(n), size)
            fill_string_slots(self.table)

    def number_tokens(self, lines: Sequence[str]) -> tuple[Ends, Ids]:
        """Give every stretch between the spaces of each line its number.

        Returns
        -------
        ends : ndarray of int64, shape (n_lines,)
            Where each line ends among the ids.
        ids : ndarray of int32, shape (n_tokens,)
        """
        return self._number(lines, kinds_of_characters())

    def number_lines(self, lines: Sequence[str]) -> None:
        """Give every line its number; none may be empty."""
        self._number(lines, line_feed_alone())

    def _number(self, lines: Sequence[str], kinds: NDArray[np.uint8]) -> tuple[Ends, Ids]:
        ends, ids = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
        n_ids = 0
        for block in _blocks_of(lines):
            codes = codes_of(block)
            block_ends, block_ids = np.empty(len(block), np.int64), np.empty(len(codes), np.int32)
            self.reserve(len(codes) // 2, len(codes))
            cut_tokens(codes, kinds, self.table, block_ends, block_ids)
            ends.append(block_ends + n_ids)
            ids.append(block_ids[: block_ends[-1]].copy())
            n_ids += int(block_ends[-1])
        return np.concatenate(ends), np.concatenate(ids)

    def blocks(self, n_characters: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of numbers whose strings have about so many characters in all."""
        return _ranges(self.table.starts[1 : len(self) + 1], n_characters)

    def strings(self) -> list[str]:
        """Return the strings in order of their numbers."""
        return self.text(0, len(self)).split("\n")[:-1]

    def text(self, first: int, last: int) -> str:
        """Return the strings of a range of numbers as one, a line feed after each."""
        codes = self.table.codes[self.table.starts[first] : self.table.starts[last]]
        return codes.astype("<u4").tobytes().decode("utf-32-le")


class PairTable:
    """Distinct pairs (term, word), numbered by when they came first."""

    def __init__(self) -> None:
        self.table = Pairs(np.empty(0, np.int64), _empty_slots(1), np.zeros(1, np.int64))

    def __len__(self) -> int:
        return int(self.table.size[0])

    def reserve(self, n_pairs: int) -> None:
        """Make room for so many more pairs."""
        keys, slots, size = self.table
        n = len(self) + n_pairs
        keys = _with_room(keys, n)
        if len(slots) >= 2 * n:
            self.table = Pairs(keys, slots, size)
        else:
            self.table = Pairs(keys, _empty_slots(n), size)
            fill_pair_slots(self.table)


def _blocks_of(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    lengths = np.fromiter(map(len, lines), np.int64, len(lines)) + 1
    for first, last in _ranges(np.cumsum(lengths), _CHARACTERS_AT_ONCE):
        yield lines[first:last]


def _ranges(ends: Ends, size: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of about a size, at least one each, of what ends at the given places."""
    first = 0
    while first < len(ends):
        limit = (ends[first - 1] if first else 0) + size
        last = max(int(np.searchsorted(ends, limit, side="right")), first + 1)
        yield first, last
        first = last


def codes_of(lines: Sequence[str]) -> Codes:
    """Return the code points of lines, with a line feed after each; a line feed inside is a space.

    Half a surrogate pair counts as U+FFFD, the replacement character, which can be printed and
    stored.
    """
    text = "\n".join([*lines, ""])
    if text.count("\n") != len(lines):
        text = "\n".join([*(line.replace("\n", " ") for line in lines), ""])
    try:
        return codes_of_text(text)
    except UnicodeEncodeError:
        return codes_of_text(_SURROGATE.sub("\ufffd", text))


def codes_of_text(text: str) -> Codes:
    """Return the code points of a text."""
    encoded = text.encode("utf-32-le")
    # A copy: what numpy makes of bytes is read-only, for which numba compiles everything anew.
    return np.frombuffer(encoded, "<u4").astype(np.uint32)


def _with_room(array: NDArray[Scalar], n: int) -> NDArray[Scalar]:
    if len(array) >= n:
        return array
    grown = np.empty(max(n, len(array) * 3 // 2), array.dtype)
    grown[: len(array)] = array
    return grown


def _empty_slots(n: int) -> Ids:
    """Return slots for n terms: a power of two, half of them or fewer taken."""
    return np.full(1 << (2 * n - 1).bit_length(), -1, np.int32)

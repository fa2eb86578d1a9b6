"""The compiled kernels that cut text into terms and number the terms.

Kernels check no bounds: their callers reserve the room. Text comes as code points, every line ended
by a line feed. A term that is unknown, or an n-gram that does not exist, is -1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.features.characters import KATAKANA, LINE_FEED, MARK, OTHER, SINGLE, SPACE
from workbench.kernels import kernel

_BLANK = np.uint32(32)
_SEED, _PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
# For a literal numba compiles what is called with it once more.
_ZERO, _GROWS = np.int64(0), np.bool_(True)
_MIX, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)

Ids = NDArray[np.int32]
Codes = NDArray[np.uint32]
Ends = NDArray[np.int64]


class Strings(NamedTuple):
    """A hash table of strings, open addressing; the room for more comes after ``size[0]`` terms.

    Term i is ``codes[starts[i] : starts[i + 1] - 1]``, with a line feed after it.
    """

    codes: Codes
    starts: Ends
    hashes: NDArray[np.uint64]
    slots: Ids
    size: Ends


class Pairs(NamedTuple):
    """A hash table of pairs (term, word), each as ``term << 32 | word``."""

    keys: Ends
    slots: Ids
    size: Ends


@kernel
def _term_of(table: Strings, codes: Codes, begin: int, end: int, grows: bool) -> np.int32:
    """Return the number of a term; the code points decide, the hash only where to look."""
    value = _SEED
    for i in range(begin, end):
        value = (value ^ np.uint64(codes[i])) * _PRIME
    value = (value ^ (value >> _HALF)) * _MIX
    mask = len(table.slots) - 1
    at = np.int64(value >> _HALF) & mask
    while table.slots[at] >= 0:
        term = np.int32(table.slots[at])
        start = table.starts[term]
        if table.hashes[term] == value and table.starts[term + 1] - 1 - start == end - begin:
            i = 0
            while i < end - begin and table.codes[start + i] == codes[begin + i]:
                i += 1
            if i == end - begin:
                return term
        at = (at + 1) & mask
    if not grows:
        return np.int32(-1)
    term = np.int32(table.size[0])
    start = table.starts[term]
    for i in range(end - begin):
        table.codes[start + i] = codes[begin + i]
    table.codes[start + end - begin] = LINE_FEED
    table.starts[term + 1] = start + end - begin + 1
    table.hashes[term] = value
    table.slots[at] = term
    table.size[0] = term + 1
    return term


@kernel
def fill_string_slots(table: Strings) -> None:
    """Put the terms of a table into its empty slots."""
    mask = len(table.slots) - 1
    for term in range(table.size[0]):
        at = np.int64(table.hashes[term] >> _HALF) & mask
        while table.slots[at] >= 0:
            at = (at + 1) & mask
        table.slots[at] = term


@kernel
def _slot_of_pair(table: Pairs, key: np.int64) -> np.int64:
    mask = len(table.slots) - 1
    value = np.uint64(key) * _MIX
    # Mixed twice: after one multiplication pairs on a line, such as (i, i + 1), may share slots.
    at = np.int64(((value ^ (value >> _HALF)) * _MIX) >> _HALF) & mask
    while table.slots[at] >= 0 and table.keys[table.slots[at]] != key:
        at = (at + 1) & mask
    return at


@kernel
def fill_pair_slots(table: Pairs) -> None:
    """Put the pairs of a table into its empty slots."""
    for term in range(table.size[0]):
        table.slots[_slot_of_pair(table, table.keys[term])] = term


@kernel
def cut_tokens(
    codes: Codes, kinds: NDArray[np.uint8], tokens: Strings, ends: Ends, ids: Ids
) -> None:
    """Give every stretch between spaces its number; ``ends[i]`` is where line i ends in ``ids``."""
    line, n, begin = 0, 0, _ZERO
    for i in range(len(codes)):
        if kinds[codes[i]] != SPACE:
            continue
        if i > begin:
            ids[n] = _term_of(tokens, codes, begin, i, _GROWS)
            n += 1
        begin = np.int64(i + 1)
        if codes[i] == LINE_FEED:
            ends[line] = n
            line += 1


@kernel
def cut_words(
    codes: Codes, kinds: NDArray[np.uint8], words: Strings, grows: bool, ends: Ends, ids: Ids
) -> None:
    """Give the words of each line their numbers; the unknown stay, as no sequence spans them."""
    line, n, i = 0, 0, _ZERO
    while i < len(codes):
        kind = kinds[codes[i]]
        if codes[i] == LINE_FEED:
            ends[line] = n
            line += 1
        if kind in (SPACE, MARK):
            i += 1
            continue
        begin = i
        i += 1
        if kind == KATAKANA:
            while kinds[codes[i]] == KATAKANA:
                i += 1
        elif kind != SINGLE:
            at = i
            while kinds[codes[at]] == OTHER or kinds[codes[at]] == MARK:
                at += 1
                if kinds[codes[at - 1]] == OTHER:
                    i = at
        ids[n] = _term_of(words, codes, begin, i, grows)
        n += 1


@kernel
def cut_grams(
    codes: Codes,
    kinds: NDArray[np.uint8],
    shortest: int,
    longest: int,
    grams: Strings,
    grows: bool,
    ends: Ends,
    ids: Ids,
) -> None:
    """Give the character n-grams of each line their numbers, inside spaces; drop the unknown.

    What is shorter than n with its two spaces counts once, as the whole that it is.
    """
    padded = np.empty(len(codes) + 2, np.uint32)
    padded[0] = _BLANK
    line, n, length = 0, 0, 1
    for i in range(len(codes)):
        if kinds[codes[i]] != SPACE:
            padded[length] = codes[i]
            length += 1
            continue
        if length > 1:
            padded[length] = _BLANK
            length += 1
            for width in range(shortest, longest + 1):
                for begin in range(max(length - width, 0) + 1):
                    end = min(begin + width, length)
                    ids[n] = _term_of(grams, padded, begin, end, grows)
                    n += ids[n] >= 0
                if width >= length:
                    break
            length = 1
        if codes[i] == LINE_FEED:
            ends[line] = n
            line += 1


@kernel
def number_sequences(
    ends: Ends,
    first: int,
    last: int,
    length: int,
    shorter: Ids,
    words: Ids,
    table: Pairs,
    grows: bool,
    ids: Ids,
) -> None:
    """Give sequences of so many words their numbers, by where they begin, in a range of rows.

    A sequence is a pair: the sequence that is one word shorter, and the last word.
    """
    begin = ends[first - 1] if first > 0 else 0
    for row in range(first, last):
        for i in range(begin, ends[row] - length + 1):
            prefix, word = shorter[i], words[i + length - 1]
            if prefix < 0 or word < 0:
                continue
            key = (np.int64(prefix) << 32) | np.int64(word)
            at = _slot_of_pair(table, key)
            if table.slots[at] < 0 and grows:
                table.keys[table.size[0]] = key
                table.slots[at] = table.size[0]
                table.size[0] += 1
            ids[i] = table.slots[at]
        begin = ends[row]


@kernel
def join_lists(ends: Ends, tokens: Ids, list_ends: Ends, lists: Ids, joined: Ids) -> Ends:
    """Put the lists of each row's tokens one after the other; return where the rows end."""
    joined_ends = np.empty_like(ends)
    begin, n = 0, 0
    for row in range(len(ends)):
        for i in range(begin, ends[row]):
            token = tokens[i]
            for j in range(list_ends[token - 1] if token > 0 else 0, list_ends[token]):
                joined[n] = lists[j]
                n += 1
        begin = ends[row]
        joined_ends[row] = n
    return joined_ends

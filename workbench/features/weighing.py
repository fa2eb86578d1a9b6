"""The compiled kernels that count terms by row and weigh them.

They check no bounds. Row i ends at ``ends[i]`` and begins where the row before it ends; so do the
lists of the tokens. An entry is a feature and how often it is there: ``feature << 32 | number``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel

Ids = NDArray[np.int32]
Ends = NDArray[np.int64]
Entries = NDArray[np.int64]
Weights = NDArray[np.float32]


_HALF = np.int64(32)
_NUMBER = np.int64(0xFFFFFFFF)
# For a literal 0 numba compiles what is called with it once more.
_ZERO = np.int64(0)


class Rows(NamedTuple):
    """The features of every row: those of its tokens and those of its sequences of words.

    The entries of token t, sorted, end at ``list_ends[t]``. ``sequences`` is of shape (n_lengths,
    n_words): the feature of the sequence that begins at a word, -1 for none.
    """

    token_ends: Ends
    tokens: Ids
    list_ends: Ends
    entries: Entries
    word_ends: Ends
    sequences: Ids


@kernel
def count_rows(ends: Ends, ids: Ids, n_terms: int) -> Ends:
    """Return how many rows have each term."""
    counts = np.zeros(n_terms, np.int64)
    last_row = np.full(n_terms, -1, np.int64)
    begin = 0
    for row in range(len(ends)):
        for i in range(begin, ends[row]):
            term = ids[i]
            if term >= 0 and last_row[term] != row:
                last_row[term] = row
                counts[term] += 1
        begin = ends[row]
    return counts


@kernel
def count_rows_of_lists(ends: Ends, tokens: Ids, list_ends: Ends, lists: Ids, n_terms: int) -> Ends:
    """Return how many rows have each term on the list of one of their tokens."""
    counts = np.zeros(n_terms, np.int64)
    last_row = np.full(n_terms, -1, np.int64)
    begin = 0
    for row in range(len(ends)):
        for i in range(begin, ends[row]):
            token = tokens[i]
            for j in range(list_ends[token - 1] if token > 0 else 0, list_ends[token]):
                term = lists[j]
                if last_row[term] != row:
                    last_row[term] = row
                    counts[term] += 1
        begin = ends[row]
    return counts


@kernel
def _merge(
    entries: Entries, begin: np.int64, middle: int, end: int, merged: Entries, n: np.int64
) -> np.int64:
    """Merge two sorted runs at n, adding up what is in both; return where the merged run ends."""
    i, j = begin, middle
    while i < middle and j < end:
        one, other = entries[i], entries[j]
        # Without branches: which of two features is the smaller cannot be foreseen.
        first, second = one >> _HALF, other >> _HALF
        added = (other & _NUMBER) if first == second else _ZERO
        merged[n] = (one if first <= second else other) + added
        i += first <= second
        j += second <= first
        n += 1
    for k in range(i, middle):
        merged[n] = entries[k]
        n += 1
    for k in range(j, end):
        merged[n] = entries[k]
        n += 1
    return n


@kernel
def _sort_and_add_up(
    entries: Entries, n: np.int64, room: Entries, ends: Ids
) -> tuple[Entries, np.int64]:
    """Return the first n entries sorted, every feature once, its numbers added up.

    Natural merge sort: what is in order already, as the features of one token are, stays a run.
    """
    n_runs = 0
    for i in range(1, n + 1):
        if i == n or entries[i] >> _HALF <= entries[i - 1] >> _HALF:
            ends[n_runs] = i
            n_runs += 1
    while n_runs > 1:
        begin, n, n_merged = _ZERO, _ZERO, 0
        for run in range(0, n_runs, 2):
            middle, end = ends[run], ends[min(run + 1, n_runs - 1)]
            n = _merge(entries, begin, middle, end, room, n)
            ends[n_merged] = n
            n_merged += 1
            begin = end
        entries, room = room, entries
        n_runs = n_merged
    return entries, n


@kernel
def entries_of_lists(
    list_ends: Ends, lists: Ids, longest: int, columns: Ids
) -> tuple[Ends, Entries]:
    """Return where the entries of each token's terms end, and the entries, sorted.

    ``longest`` is the length of the longest list.
    """
    one, two, run_ends = _room_for(longest)
    ends, entries = np.empty(len(list_ends), np.int64), np.empty(len(lists), np.int64)
    begin, stored = 0, 0
    for token in range(len(list_ends)):
        n = _ZERO
        for i in range(begin, list_ends[token]):
            if columns[lists[i]] >= 0:
                one[n] = (np.int64(columns[lists[i]]) << _HALF) + 1
                n += 1
        begin = list_ends[token]
        found, n = _sort_and_add_up(one, n, two, run_ends)
        for i in range(n):  # the assignment of a slice takes three seconds to compile
            entries[stored + i] = found[i]
        stored += n
        ends[token] = stored
    return ends, entries[:stored]


@kernel
def _room_for(n: int) -> tuple[Entries, Entries, Ids]:
    return np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int32)


@kernel
def count_entries(rows: Rows, n_features: int) -> tuple[Ends, int]:
    """Return where each row of X begins and ends, and the most entries of a row before adding."""
    indptr = np.zeros(len(rows.token_ends) + 1, np.int64)
    last_row = np.full(n_features, -1, np.int64)
    begin, first, most = 0, 0, 0
    for row in range(len(rows.token_ends)):
        n, n_entries = 0, 0
        for i in range(first, rows.word_ends[row]):
            for feature in rows.sequences[:, i]:
                n_entries += feature >= 0
                if feature >= 0 and last_row[feature] != row:
                    last_row[feature] = row
                    n += 1
        first = rows.word_ends[row]
        for i in range(begin, rows.token_ends[row]):
            token = rows.tokens[i]
            start = rows.list_ends[token - 1] if token > 0 else 0
            n_entries += rows.list_ends[token] - start
            for j in range(start, rows.list_ends[token]):
                feature = rows.entries[j] >> _HALF
                if last_row[feature] != row:
                    last_row[feature] = row
                    n += 1
        begin = rows.token_ends[row]
        most = max(most, n_entries)
        indptr[row + 1] = indptr[row] + n
    return indptr, most


@kernel
def weigh_rows(
    rows: Rows,
    most: int,
    idf: Weights,
    is_gram: NDArray[np.bool_],
    sublinear: bool,
    indptr: Ends,
    indices: Ids,
    data: Weights,
) -> None:
    """Fill the rows of X: tf times idf, words and n-grams of length 1 each, then the row."""
    one, two, run_ends = _room_for(most)
    begin, first = 0, 0
    for row in range(len(rows.token_ends)):
        n = _ZERO
        for length in range(len(rows.sequences)):
            for i in range(first, rows.word_ends[row]):
                if rows.sequences[length, i] >= 0:
                    one[n] = (np.int64(rows.sequences[length, i]) << _HALF) + 1
                    n += 1
        first = rows.word_ends[row]
        for i in range(begin, rows.token_ends[row]):
            token = rows.tokens[i]
            start = rows.list_ends[token - 1] if token > 0 else 0
            for j in range(start, rows.list_ends[token]):
                one[n] = rows.entries[j]
                n += 1
        begin = rows.token_ends[row]
        entries, n = _sort_and_add_up(one, n, two, run_ends)
        start, end = indptr[row], indptr[row] + n
        for i in range(n):
            indices[start + i] = entries[i] >> _HALF
            data[start + i] = _frequency(entries[i] & _NUMBER, sublinear)
        _scale(indices[start:end], data[start:end], idf, is_gram)


@kernel
def _frequency(number: int, sublinear: bool) -> np.float32:
    # The logarithm in double precision: rounded, it is the same on every machine.
    return np.float32(1 + math.log(number)) if sublinear else np.float32(number)


@kernel
def _scale(indices: Ids, data: Weights, idf: Weights, is_gram: NDArray[np.bool_]) -> None:
    """Weigh the frequencies of one row; scale words, n-grams and the row, as scikit-learn does.

    Squares in single precision, sums in double: to the last bit what its ``normalize`` gives.
    """
    words, grams, total = 0.0, 0.0, 0.0
    for i in range(len(indices)):
        value = data[i] * idf[indices[i]]
        data[i] = value
        if is_gram[indices[i]]:
            grams += np.float64(value * value)
        else:
            words += np.float64(value * value)
    words, grams = math.sqrt(words), math.sqrt(grams)
    for i in range(len(indices)):
        value = np.float32(data[i] / (grams if is_gram[indices[i]] else words))
        data[i] = value
        total += np.float64(value * value)
    total = math.sqrt(total)
    for i in range(len(indices)):
        data[i] = np.float32(data[i] / total)

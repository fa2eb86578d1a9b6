"""The terms of the text features, numbered: words, sequences of words, character n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.features.numbering import Ends, Ids, number_sequences
from workbench.features.tables import PairTable, StringTable

_ROWS_AT_ONCE = 1 << 15


@dataclass
class Vocabulary:
    """The terms that have a number: words, sequences of 2, 3, ... words, character n-grams."""

    words: StringTable = field(default_factory=StringTable)
    sequences: list[PairTable] = field(default_factory=list)
    grams: StringTable = field(default_factory=StringTable)

    @property
    def sizes(self) -> list[int]:
        """How many sequences of 1, 2, 3, ... words there are."""
        return [len(self.words), *map(len, self.sequences)]

    def number_sequences(self, ends: Ends, words: Ids, longest: int, *, grows: bool) -> Ids:
        """Return the number of every sequence of words of every row, by where it begins.

        Parameters
        ----------
        ends : ndarray of int64, shape (n_rows,)
            Where each row ends in ``words``.
        words : ndarray of int32, shape (n_words,)
            The numbers of the words, -1 for an unknown one.
        longest : int
        grows : bool
            Give the unknown sequences a number; otherwise they are -1.

        Returns
        -------
        ndarray of int32, shape (longest, n_words)
            One line a length; -1 where a sequence would go over the end of its row.
        """
        numbers = np.full((longest, len(words)), -1, np.int32)
        numbers[:1] = words
        while len(self.sequences) < longest - 1:
            self.sequences.append(PairTable())
        for length, pairs in zip(range(2, longest + 1), self.sequences, strict=False):
            shorter, ids = numbers[length - 2 : length]
            for first in range(0, len(ends), _ROWS_AT_ONCE):
                last = min(first + _ROWS_AT_ONCE, len(ends))
                if grows:
                    pairs.reserve(int(ends[last - 1] - (ends[first - 1] if first else 0)))
                number_sequences(ends, first, last, length, shorter, words, pairs.table, grows, ids)
        return numbers

    def sequence_strings(self, length: int, chosen: NDArray[np.int64]) -> list[str]:
        """Return chosen sequences of so many words as text."""
        words = self.words.strings()
        parts: list[NDArray[np.int64]] = []
        for pairs in self.sequences[: length - 1][::-1]:
            keys = pairs.table.keys[chosen]
            parts.append(keys & 0xFFFFFFFF)
            chosen = keys >> 32
        columns = [[words[i] for i in part.tolist()] for part in [chosen, *parts[::-1]]]
        return list(map(" ".join, zip(*columns, strict=True)))

    def gram_strings(self, chosen: NDArray[np.int64]) -> list[str]:
        """Return chosen character n-grams as text."""
        grams = self.grams.strings()
        return [grams[i] for i in chosen.tolist()]


@dataclass(frozen=True)
class Columns:
    """The column of X that each term of a vocabulary has, -1 for none.

    Parameters
    ----------
    sequences : list of ndarray of int32
        One array a length, by the number of the sequence of words.
    grams : ndarray of int32
    """

    sequences: list[Ids]
    grams: Ids


def number_terms(
    terms: Sequence[str], is_gram: NDArray[np.bool_], longest: int
) -> tuple[Vocabulary, Columns]:
    """Return the vocabulary of given terms, and their positions as its columns.

    Parameters
    ----------
    terms : sequence of str, length n_terms
        Each a sequence of ``longest`` words or fewer, or a character n-gram.
    is_gram : ndarray of bool, shape (n_terms,)
    longest : int
    """
    vocabulary = Vocabulary()
    at_sequences, at_grams = np.flatnonzero(~is_gram), np.flatnonzero(is_gram)
    ends, words = vocabulary.words.number_tokens([terms[i] for i in at_sequences.tolist()])
    vocabulary.grams.number_lines([terms[i] for i in at_grams.tolist()])
    lengths = np.diff(ends, prepend=0)
    numbers = vocabulary.number_sequences(ends, words, longest, grows=True)
    columns = []
    for length, (ids, n_terms) in enumerate(zip(numbers, vocabulary.sizes, strict=False), start=1):
        rows = np.flatnonzero(lengths == length)
        column = np.full(n_terms, -1, np.int32)
        column[ids[ends[rows] - length]] = at_sequences[rows]
        columns.append(column)
    return vocabulary, Columns(columns, at_grams.astype(np.int32))

"""Cut texts into the terms of a vocabulary, by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.features.characters import LINE_FEED, kinds_of_characters
from workbench.features.choosing import TextCounts
from workbench.features.numbering import Codes, Ends, Ids, cut_grams, cut_words, join_lists
from workbench.features.tables import StringTable, codes_of, codes_of_text
from workbench.features.vocabulary import Columns, Vocabulary
from workbench.features.weighing import (
    Rows,
    count_entries,
    count_rows,
    count_rows_of_lists,
    entries_of_lists,
    weigh_rows,
)
from workbench.text import fold

# Room is reserved for the worst case, that every character of a block begins new n-grams.
_CHARACTERS_AT_ONCE = 1 << 16

Lengths = tuple[int, int] | None


@dataclass(frozen=True)
class Lists:
    """The terms of every distinct token: those of token i end at ``ends[i]``."""

    ends: Ends
    terms: Ids


@dataclass(frozen=True)
class CutTexts:
    """Texts as numbers of a vocabulary.

    Parameters
    ----------
    ends, tokens : ndarray, shapes (n_texts,) and (n_tokens,)
        What lies between spaces, as typed; text i ends at ``ends[i]``.
    grams : Lists
        The character n-grams of each distinct token.
    word_ends, sequences : ndarray, shapes (n_texts,) and (n_lengths, n_words)
        The sequences of 1, 2, ... words by where they begin; -1 for an unknown one.
    """

    ends: Ends
    tokens: Ids
    grams: Lists
    word_ends: Ends
    sequences: Ids


def cut_texts(
    texts: Sequence[str],
    vocabulary: Vocabulary,
    word_ngrams: Lengths,
    char_ngrams: Lengths,
    *,
    grows: bool,
) -> CutTexts:
    """Return the terms of raw texts; terms that the vocabulary lacks are added if it grows.

    Each distinct token is normalised and cut once, not once a text: nothing that normalisation or
    a term depends on reaches over a space, other than sequences of words.
    """
    distinct = StringTable()
    ends, tokens = distinct.number_tokens(texts)
    words, grams = _cut_tokens(distinct, vocabulary, word_ngrams, char_ngrams, grows=grows)
    n_words = int(np.diff(words.ends, prepend=0)[tokens].sum())
    joined = np.empty(n_words, np.int32)
    word_ends = join_lists(ends, tokens, words.ends, words.terms, joined)
    longest = word_ngrams[1] if word_ngrams else 0
    sequences = vocabulary.number_sequences(word_ends, joined, longest, grows=grows)
    return CutTexts(ends, tokens, grams, word_ends, sequences)


def words_of_lines(lines: Sequence[str]) -> list[list[str]]:
    """Return the words of each text as it is, without normalising it."""
    table = StringTable()
    codes = codes_of(lines)
    cut = _cut_words(codes, len(lines), table, (1, 1), grows=True)
    strings = table.strings()
    words = [strings[i] for i in cut.terms.tolist()]
    begins = [0, *cut.ends.tolist()]
    return [words[begin:end] for begin, end in pairwise(begins)]


def count_texts(cut: CutTexts, vocabulary: Vocabulary) -> TextCounts:
    """Return in how many texts each term of the vocabulary is."""
    sequences = [
        count_rows(cut.word_ends, ids, size)
        for ids, size in zip(cut.sequences, vocabulary.sizes, strict=False)
    ]
    grams = count_rows_of_lists(
        cut.ends, cut.tokens, cut.grams.ends, cut.grams.terms, len(vocabulary.grams)
    )
    return TextCounts(sequences, grams)


def weigh(
    cut: CutTexts,
    columns: Columns,
    idf: NDArray[np.float32],
    is_gram: NDArray[np.bool_],
    *,
    sublinear: bool,
) -> csr_array:
    """Return X of texts that were cut: tf-idf, words and n-grams of length 1 each, then the row."""
    features = np.full(cut.sequences.shape, -1, np.int32)
    for line, ids, column in zip(features, cut.sequences, columns.sequences, strict=False):
        line[:] = np.append(column, np.int32(-1))[ids]  # an unknown term, -1, is the last
    grams = cut.grams
    longest = int(np.diff(grams.ends, prepend=0).max(initial=0))
    list_ends, entries = entries_of_lists(grams.ends, grams.terms, longest, columns.grams)
    rows = Rows(cut.ends, cut.tokens, list_ends, entries, cut.word_ends, features)
    indptr, most = count_entries(rows, len(idf))
    indices, data = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    weigh_rows(rows, most, idf, is_gram, sublinear, indptr, indices, data)
    if indptr[-1] <= np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)  # scipy wants indices and indptr of one kind
    return csr_array((data, indices, indptr), shape=(len(cut.ends), len(idf)))


def _cut_tokens(
    tokens: StringTable,
    vocabulary: Vocabulary,
    word_ngrams: Lengths,
    char_ngrams: Lengths,
    *,
    grows: bool,
) -> tuple[Lists, Lists]:
    """Return the words and the character n-grams of each distinct token."""
    words, grams = [_no_lists(0)], [_no_lists(0)]
    for first, last in tokens.blocks(_CHARACTERS_AT_ONCE):
        codes = codes_of_text(fold(tokens.text(first, last)))
        n = last - first
        words.append(_cut_words(codes, n, vocabulary.words, word_ngrams, grows=grows))
        grams.append(_cut_grams(codes, n, vocabulary.grams, char_ngrams, grows=grows))
    return _joined(words), _joined(grams)


def _cut_words(
    codes: Codes, n_lines: int, words: StringTable, lengths: Lengths, *, grows: bool
) -> Lists:
    if lengths is None:
        return _no_lists(n_lines)
    if grows:
        words.reserve(len(codes), len(codes))
    ends, ids = np.empty(n_lines, np.int64), np.empty(len(codes), np.int32)
    cut_words(codes, kinds_of_characters(), words.table, grows, ends, ids)
    return Lists(ends, ids[: ends[-1]].copy())


def _cut_grams(
    codes: Codes, n_lines: int, grams: StringTable, lengths: Lengths, *, grows: bool
) -> Lists:
    if lengths is None:
        return _no_lists(n_lines)
    # No n-gram is longer than the longest line and two spaces.
    longest_line = int(np.diff(np.flatnonzero(codes == LINE_FEED), prepend=-1).max())
    shortest, longest = lengths[0], max(lengths[0], min(lengths[1], longest_line + 1))
    # One character and the space after it have three n-grams of length 1.
    most = (longest - shortest + 1) * (len(codes) * 3 // 2 + 1)
    if grows:
        grams.reserve(most, most * min(longest, longest_line + 1))
    ends, ids = np.empty(n_lines, np.int64), np.empty(most, np.int32)
    cut_grams(codes, kinds_of_characters(), shortest, longest, grams.table, grows, ends, ids)
    return Lists(ends, ids[: ends[-1]].copy())


def _no_lists(n: int) -> Lists:
    return Lists(np.zeros(n, np.int64), np.empty(0, np.int32))


def _joined(parts: list[Lists]) -> Lists:
    offsets = np.cumsum([0, *(len(part.terms) for part in parts)])
    ends = [part.ends + offset for part, offset in zip(parts, offsets, strict=False)]
    return Lists(np.concatenate(ends), np.concatenate([part.terms for part in parts]))

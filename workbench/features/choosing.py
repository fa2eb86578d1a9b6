"""Which of the counted terms become features, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.features.vocabulary import Columns, Vocabulary


@dataclass(frozen=True)
class TextCounts:
    """In how many texts each term of a vocabulary is.

    Parameters
    ----------
    sequences : list of ndarray of int64
        One array a length, by the number of the sequence of words.
    grams : ndarray of int64
    """

    sequences: list[NDArray[np.int64]]
    grams: NDArray[np.int64]

    @property
    def kinds(self) -> list[NDArray[np.int64]]:
        """Those of the sequences of 1, 2, ... words, then those of the n-grams."""
        return [*self.sequences, self.grams]

    def by_column(self, columns: Columns, n_columns: int) -> NDArray[np.int64]:
        """Return in how many texts the term of each column is."""
        counts = np.zeros(n_columns, np.int64)
        for count, column in zip(self.kinds, [*columns.sequences, columns.grams], strict=True):
            counts[column[column >= 0]] = count[column >= 0]
        return counts


@dataclass(frozen=True)
class Chosen:
    """The terms that become features, in order.

    Parameters
    ----------
    terms : list of str, length n_features
    is_gram : ndarray of bool, shape (n_features,)
    text_counts : ndarray of int64, shape (n_features,)
        In how many texts each is.
    columns : Columns
    """

    terms: list[str]
    is_gram: NDArray[np.bool_]
    text_counts: NDArray[np.int64]
    columns: Columns


def choose_terms(
    vocabulary: Vocabulary,
    text_counts: TextCounts,
    *,
    shortest: int,
    min_df: int,
    max_features: int | None,
) -> Chosen:
    """Return the terms of ``min_df`` texts or more: words by term, then n-grams by term.

    Parameters
    ----------
    vocabulary : Vocabulary
    text_counts : TextCounts
    shortest : int
        Sequences of fewer words are no features of their own.
    min_df : int
    max_features : int or None
        Keep so many, those of most texts (of equals, those of the first terms).
    """
    enough = [
        np.flatnonzero(count >= (min_df if length >= shortest else np.inf))
        for length, count in enumerate(text_counts.sequences, start=1)
    ]
    enough.append(np.flatnonzero(text_counts.grams >= min_df))
    words = [
        term
        for length, ids in enumerate(enough[:-1], start=1)
        for term in vocabulary.sequence_strings(length, ids)
    ]
    grams = vocabulary.gram_strings(enough[-1])
    counts = np.concatenate([n[ids] for n, ids in zip(text_counts.kinds, enough, strict=True)])
    # The numbers of the terms follow the order of the texts, which must not matter.
    order = np.concatenate([_sorted(words), len(words) + _sorted(grams)])
    if max_features is not None:
        most = np.argsort(-counts[order], kind="stable")[:max_features]
        order = order[np.sort(most)]
    terms = [*words, *grams]
    return Chosen(
        [terms[i] for i in order.tolist()],
        order >= len(words),
        counts[order],
        _columns(text_counts, enough, order),
    )


def _sorted(terms: list[str]) -> NDArray[np.int64]:
    return np.array(sorted(range(len(terms)), key=terms.__getitem__), np.int64)


def _columns(
    text_counts: TextCounts, enough: list[NDArray[np.int64]], order: NDArray[np.int64]
) -> Columns:
    """Return the columns by term, given the order of those of enough texts."""
    column = np.full(sum(map(len, enough)), -1, np.int32)
    column[order] = np.arange(len(order))
    by_term = []
    for count, ids in zip(text_counts.kinds, enough, strict=True):
        places = np.full(len(count), -1, np.int32)
        places[ids], column = column[: len(ids)], column[len(ids) :]
        by_term.append(places)
    return Columns(by_term[:-1], by_term[-1])

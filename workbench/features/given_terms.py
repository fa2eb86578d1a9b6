"""Check the features that a user names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.features.cutting import Lengths, words_of_lines
from workbench.text import fold

# Spaces bound a token, and a token has one character or more.
_GRAM = re.compile(r" ?\S+ ?| ")
_WHOLE = re.compile(r" \S+ ")


def check_vocabulary(
    vocabulary: Sequence[str], word_ngrams: Lengths, char_ngrams: Lengths
) -> tuple[list[str], NDArray[np.bool_]]:
    """Return the terms, without their quotes, and which of them are character n-grams.

    Raises
    ------
    TypeError
        If the vocabulary is one string.
    ValueError
        If it is empty, or a term cannot occur in any text, or occurs twice.
    """
    if isinstance(vocabulary, str):
        raise TypeError("vocabulary must be a sequence of strings, found one string")
    names = list(vocabulary)
    if not names:
        raise ValueError("vocabulary is empty; name one feature or more, or leave it out")
    strange = [name for name in names if not isinstance(name, str)]
    if strange:
        raise ValueError(
            f"vocabulary: every term must be a string, found {len(strange)} others: "
            + _examples(strange)
        )
    is_gram = np.array([len(name) > 2 and name[0] == name[-1] == "'" for name in names])
    terms = [name[1:-1] if quoted else name for name, quoted in zip(names, is_gram, strict=True)]
    possible = _possible(terms, is_gram, word_ngrams, char_ngrams)
    impossible = [name for name, can in zip(names, possible, strict=True) if not can]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if impossible or twice:
        raise ValueError(_complaint(impossible, twice, word_ngrams, char_ngrams))
    return terms, is_gram


def _possible(
    terms: list[str], is_gram: NDArray[np.bool_], word_ngrams: Lengths, char_ngrams: Lengths
) -> list[bool]:
    """Return which terms some text can have."""
    # Each character by itself: a piece of a normalised text may be no normal form on its own.
    abnormal = {c for c in set().union(*terms) if fold(c) != c or "\ud800" <= c <= "\udfff"}
    words = words_of_lines(terms)
    return [
        abnormal.isdisjoint(term)
        and (
            _is_possible_gram(term, char_ngrams)
            if gram
            else _is_within(len(cut), word_ngrams) and " ".join(cut) == term
        )
        for term, gram, cut in zip(terms, is_gram, words, strict=True)
    ]


def _is_possible_gram(term: str, lengths: Lengths) -> bool:
    if lengths is None or not _GRAM.fullmatch(term):
        return False
    # A token shorter than n counts as the whole that it is.
    return _is_within(len(term), lengths) or (
        len(term) < lengths[0] and _WHOLE.fullmatch(term) is not None
    )


def _is_within(length: int, lengths: Lengths) -> bool:
    return lengths is not None and lengths[0] <= length <= lengths[1]


def _complaint(
    impossible: list[str], twice: list[str], word_ngrams: Lengths, char_ngrams: Lengths
) -> str:
    complaints = []
    if impossible:
        complaints.append(
            f"no text can have {len(impossible)} of the terms ({_examples(impossible)}); write "
            "them as feature_names_ does: normalised, words with one space between, character "
            f"n-grams in single quotes, within word_ngrams={word_ngrams} and "
            f"char_ngrams={char_ngrams}"
        )
    if twice:
        complaints.append(
            f"{len(twice)} terms are there more than once ({_examples(twice)}); name each once"
        )
    return f"vocabulary: {'; '.join(complaints)}"


def _examples(names: Sequence[object]) -> str:
    return ", ".join(map(repr, names[:5]))

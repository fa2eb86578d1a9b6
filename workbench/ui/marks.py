"""Where words that were found in normal form stand in a text as it was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from workbench.text import normalise

_VOICED_MARKS = "\uff9e\uff9f"


def marked_ranges(text: str, phrases: Iterable[str]) -> list[tuple[int, int]]:
    """Return where the text normalises to one of the phrases, as ranges of its characters.

    Ranges do not overlap, do not part a letter from the marks that belong to it, and ascend; the
    end is the first character behind.

    Examples
    --------
    >>> marked_ranges("\uff85\uff72\uff77 Air <26>", ["ナイキ"])
    [(0, 3)]
    """
    letters = _letters(text)
    folded = [normalise(letter) or " " for letter in letters]
    for n in range(1, len(folded)):
        if folded[n] == " " and folded[n - 1].strip() == "":
            folded[n] = ""
    owner = [n for n, piece in enumerate(folded) for _ in piece]
    searched, marked = "".join(folded), [False] * len(letters)
    for phrase in filter(None, map(normalise, phrases)):
        start = searched.find(phrase)
        while start >= 0:
            for n in range(owner[start], owner[start + len(phrase) - 1] + 1):
                marked[n] = True
            start = searched.find(phrase, start + len(phrase))
    ranges: list[tuple[int, int]] = []
    at = 0
    for letter, wanted in zip(letters, marked, strict=True):
        if wanted and ranges and ranges[-1][1] == at:
            ranges[-1] = (ranges[-1][0], at + len(letter))
        elif wanted:
            ranges.append((at, at + len(letter)))
        at += len(letter)
    return ranges


def _letters(text: str) -> list[str]:
    """Return the text cut so that no cut parts a letter from the marks that belong to it."""
    letters: list[str] = []
    for character in text:
        belongs = unicodedata.combining(character) or character in _VOICED_MARKS
        if letters and belongs:
            letters[-1] += character
        else:
            letters.append(character)
    return letters

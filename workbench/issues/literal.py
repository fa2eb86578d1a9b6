"""Whether a label's value stands in the text of an instance."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.issues.pairs import Pairs
from workbench.text import normalise

_WORD = re.compile(r"\w+(?:[.,]\w+)*")
_RUN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d]+")
# Kana, CJK ideographs: written without spaces, so that word borders cannot be asked for.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


class LiteralMatcher:
    """Finds values in texts, as whole words, in the normal form of both.

    Parameters
    ----------
    texts : sequence of str, length n_instances
    values : sequence of str, length n_labels
        What would have to stand in the text, such as ``Blue`` for ``Color: Blue``.

    Examples
    --------
    >>> matcher = LiteralMatcher(["Nike AIR  max", "ナイキのシューズ"], ["air", "ai", "シューズ"])
    >>> matcher.find(np.array([0, 0, 1]), np.array([0, 1, 2])).tolist()
    [True, False, True]
    """

    def __init__(self, texts: Sequence[str], values: Sequence[str]) -> None:
        self._texts = [_words(text) for text in texts]
        self._values = [_wanted(value) for value in values]

    def find(self, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return for each pair whether the label's value stands in the instance's text."""
        texts, values = self._texts, self._values
        found = (
            bool(values[column]) and values[column] in texts[row]
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        )
        return np.fromiter(found, bool, len(rows))

    def find_pairs(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Return for each pair whether the label's value stands in the instance's text."""
        return self.find(pairs.rows, pairs.columns)


def _words(text: str) -> str:
    """Return the words between single spaces.

    What begins with a digit is parted into numbers and units: 60 stands in "60Hz", and "10 x 15 cm"
    in "10x15cm". A name, such as T5, stays whole.
    """
    found: list[str] = []
    for word in _WORD.findall(normalise(text)):
        found += _RUN.findall(word) if word[0].isdecimal() else [word]
    return f" {' '.join(found)} "


def _wanted(value: str) -> str:
    words = _words(value)
    if not words.strip():
        return ""
    return words.strip() if _UNSPACED.search(words) else words

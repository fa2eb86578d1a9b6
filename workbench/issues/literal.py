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
        self._texts: list[str] = []
        self._parted: list[str] = []
        for text in texts:
            words = _words(text)
            whole, parted = _between_spaces(words), _between_spaces(_parted(words))
            self._texts.append(whole)
            self._parted.append(whole if parted == whole else parted)  # most texts are held once
        self._values = [_wanted(value) for value in values]

    def find(self, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return for each pair whether the label's value stands in the instance's text."""
        found = map(self._stands, rows.tolist(), columns.tolist())
        return np.fromiter(found, bool, len(rows))

    def _stands(self, row: int, column: int) -> bool:
        whole, parted, first = self._values[column]
        return bool(whole) and (
            whole in self._texts[row]
            or (bool(parted) and parted in self._parted[row] and first in self._texts[row])
        )

    def find_pairs(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Return for each pair whether the label's value stands in the instance's text."""
        return self.find(pairs.rows, pairs.columns)


def _words(text: str) -> list[str]:
    return _WORD.findall(normalise(text))


def _parted(words: Sequence[str]) -> list[str]:
    """Return words of which those that begin with a digit are parted into numbers and units.

    So 60 stands in "60Hz", and "10 x 15 cm" in "10x15cm". A name, such as T5, stays whole.
    """
    return [
        part for word in words for part in (_RUN.findall(word) if word[0].isdecimal() else [word])
    ]


def _between_spaces(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


def _wanted(value: str) -> tuple[str, str, str]:
    """Return a value as it stands in texts, parted, and what must stand there beside the parts.

    A value without a number is not looked for in parted texts, and one that begins with a word
    only where this word is whole: a size XL does not stand in "2XL". '' is nothing to look for.
    """
    words = _words(value)
    if not words:
        return "", "", ""
    whole = _between_spaces(words)
    if _UNSPACED.search(whole):
        whole = whole.strip()
    if not any(word[0].isdecimal() for word in words):
        return whole, "", ""
    first = "" if words[0][0].isdecimal() else _between_spaces(words[:1])
    return whole, _between_spaces(_parted(words)), first

"""Words and pairs of neighbouring words of texts, as rows of a sparse matrix."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from workbench.text import normalise

_HIRAGANA, _KATAKANA = "\u3041-\u309f", "\u30a0-\u30ff\u31f0-\u31ff"
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# A script without spaces is cut where it changes; points and commas belong to a number.
_WORD = re.compile(
    rf"[{_HIRAGANA}]+|[{_KATAKANA}]+|[{_HAN}]+"
    rf"|(?:[^\W{_HIRAGANA}{_KATAKANA}{_HAN}]|(?<=\d)[.,](?=\d))+"
)


def find_words(text: str) -> list[str]:
    """Return the words of a text in its normal form, in their order.

    Examples
    --------
    >>> find_words("【新作】adidas ﾗﾝﾆﾝｸﾞシューズ 白 26.5cm")
    ['新作', 'adidas', 'ランニングシューズ', '白', '26.5cm']
    """
    return _WORD.findall(normalise(text))


def phrases_of(words: Sequence[str]) -> list[str]:
    """Return the words and the pairs of neighbouring words, each once.

    Examples
    --------
    >>> phrases_of(["rain", "boots", "rain"])
    ['rain', 'boots', 'rain boots', 'boots rain']
    """
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return list(dict.fromkeys([*words, *pairs]))


def number_phrases(texts: Iterable[Sequence[str]], *, min_texts: int) -> dict[str, int]:
    """Return the position of every phrase of ``min_texts`` texts or more, in alphabetic order."""
    counts = Counter(phrase for words in texts for phrase in phrases_of(words))
    kept = sorted(phrase for phrase, n in counts.items() if n >= min_texts)
    return {phrase: index for index, phrase in enumerate(kept)}


def phrase_rows(texts: Iterable[Sequence[str]], positions: Mapping[str, int]) -> csr_array:
    """Return which known phrases each text has.

    Parameters
    ----------
    texts : iterable of sequence of str
        The words of each text.
    positions : mapping of str to int

    Returns
    -------
    csr_array of float32, shape (n_texts, n_phrases)
        1 for a phrase of the text; absent otherwise.
    """
    columns: list[int] = []
    indptr = [0]
    for words in texts:
        found = (positions.get(phrase) for phrase in phrases_of(words))
        columns.extend(sorted(position for position in found if position is not None))
        indptr.append(len(columns))
    ones = np.ones(len(columns), np.float32)
    shape = (len(indptr) - 1, len(positions))
    return csr_array((ones, np.array(columns, np.int32), np.array(indptr)), shape=shape)

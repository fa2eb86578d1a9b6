"""What each character is to the cutting of words."""

from __future__ import annotations

import sys
from functools import cache

import numpy as np
from numpy.typing import NDArray

# "Other" characters and the marks among them make up words; a mark alone is none.
OTHER, MARK, SINGLE, KATAKANA, SPACE = range(5)
LINE_FEED = ord("\n")

# Scripts written without spaces: every ideograph and every hiragana is a word of its own, a run
# of katakana is one word, as in Unicode's word boundaries (UAX 29).
_SINGLES = ("々〇", "ぁゟ", "㐀䶿", "一鿿", "\uf900\ufaff", "\U00020000\U0003fffd")
_KATAKANAS = ("ァヺ", "ーヿ", "ㇰㇿ")
# Elsewhere a word reaches to the next space, without the punctuation around it: "26.0cm", "b/g".
# Unicode's letters and digits would cut words of scripts whose vowels are combining marks.
_MARKS = (
    *("!/", ":@", "[`", "{~", "\xa1\xbf", "\u060c\u060c", "\u061b\u061b", "\u061f\u061f"),
    *("\u0964\u0965", "\u200b\u200b", "\u2010\u206f", "\u3001\u3020", "\u30fb\u30fb"),
)
_LAST_SPACE = 0x3000


@cache
def kinds_of_characters() -> NDArray[np.uint8]:
    """Return the kind of every code point: OTHER, MARK, SINGLE, KATAKANA or SPACE.

    Space is what ``str.split`` splits at.
    """
    kinds = np.full(sys.maxunicode + 1, OTHER, np.uint8)
    # In this order: some ranges of marks hold an ideograph or a space.
    for kind, ranges in ((MARK, _MARKS), (SINGLE, _SINGLES), (KATAKANA, _KATAKANAS)):
        for ends in ranges:
            kinds[ord(ends[0]) : ord(ends[1]) + 1] = kind
    kinds[[code for code in range(_LAST_SPACE + 1) if chr(code).isspace()]] = SPACE
    return kinds


@cache
def line_feed_alone() -> NDArray[np.uint8]:
    """Return the kinds of a text in which nothing but the line feed is a space."""
    kinds = np.full(sys.maxunicode + 1, OTHER, np.uint8)
    kinds[LINE_FEED] = SPACE
    return kinds

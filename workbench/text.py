"""The one normal form of text in which queries, values and aliases are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from workbench.errors import InputError


def normalise(text: str) -> str:
    """Return the text after NFKC and casefold, with white space collapsed and stripped.

    Two spellings that a shopper would call the same (full-width and half-width, upper and lower
    case) come out equal. Normalising twice is the same as once.

    Examples
    --------
    >>> normalise("  ＡＤＩＤＡＳ  ﾌﾞﾙｰ 26ｃｍ ")
    'adidas ブルー 26cm'
    >>> normalise("Straße")
    'strasse'
    """
    return " ".join(fold(text).split())


def fold(text: str) -> str:
    """Return the text after NFKC and casefold, white space as it is.

    What lies between spaces comes out the same alone as in its text.

    Examples
    --------
    >>> fold("Ａ  B")
    'a  b'
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Casefold may leave a sequence that NFKC composes (and the reverse): fold until it rests.
    while (again := unicodedata.normalize("NFKC", folded).casefold()) != folded:
        folded = again
    return folded


def check_texts(texts: Sequence[str]) -> None:
    """Raise unless all texts are strings.

    Raises
    ------
    InputError
    """
    bad = [place for place, text in enumerate(texts) if not isinstance(text, str)]
    if bad:
        raise InputError(
            f"texts: {len(bad)} of {len(texts)} are no strings, at positions {bad[:5]}: "
            f"{[texts[place] for place in bad[:5]]}; give '' where there is no text"
        )

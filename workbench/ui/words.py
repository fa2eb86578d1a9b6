"""The words of a text: what each adds to a label, and which no feature knows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from workbench.text import normalise

MAX_WORDS = 8
# Of the strongest word; what is weaker does not help to judge.
LEAST_SHARE = 0.02
_KATAKANA = "\u30a1-\u30ff\u31f0-\u31ff"
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HIRAGANA = "\u3041-\u309f"
_PIECES = re.compile(f"[{_KATAKANA}]+|[{_HAN}]+|[{_HIRAGANA}]+|[^\\s{_KATAKANA}{_HAN}{_HIRAGANA}]+")


def words_of(text: str, contributions: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the pieces of a text with what their words and n-grams add up to, strongest first.

    A feature's contribution is shared evenly by the characters it covers; a piece is a run of
    characters between spaces, cut where the script changes, as Japanese has no spaces.

    Parameters
    ----------
    text : str
    contributions : iterable of (str, float)
        Words as they are, character n-grams in quotes, as ``TextFeatures`` names them.

    Examples
    --------
    >>> words_of("Blue shoe", [("blue", 1.5), ("blue shoe", 0.5), ("'sho'", -0.75)])
    [('blue', 1.75), ('shoe', -0.5)]
    """
    normal = normalise(text)
    shares = [0.0] * len(normal)
    for name, value in contributions:
        covered = _covered(name, normal)
        for at in covered:
            shares[at] += value / len(covered)
    pieces: defaultdict[str, float] = defaultdict(float)
    for match in _PIECES.finditer(normal):
        pieces[match.group()] += sum(shares[match.start() : match.end()])
    ordered = sorted(pieces.items(), key=lambda piece: -abs(piece[1]))[:MAX_WORDS]
    least = LEAST_SHARE * abs(ordered[0][1]) if ordered else 0.0
    return [(piece, value) for piece, value in ordered if abs(value) > least]


def unknown_words(text: str, names: Iterable[str]) -> list[str]:
    """Return the pieces of a text of which no feature covers a character, in their order.

    Parameters
    ----------
    text : str
    names : iterable of str
        The features that the text has, as ``TextFeatures`` names them.

    Examples
    --------
    >>> unknown_words("Blue zzq shoe", ["blue", "'sho'"])
    ['zzq']
    """
    normal = normalise(text)
    known = {at for name in names for at in _covered(name, normal)}
    unknown = (
        match.group()
        for match in _PIECES.finditer(normal)
        if not known.intersection(range(match.start(), match.end()))
        and any(letter.isalnum() for letter in match.group())
    )
    return list(dict.fromkeys(unknown))


def _covered(name: str, normal: str) -> list[int]:
    """Return the places of the characters that a feature covers, without spaces."""
    gram = len(name) > 2 and name[0] == name[-1] == "'"
    if gram:
        # An n-gram may begin or end with the space that bounds its word.
        places = {
            start - 1 + n
            for start in _starts(name[1:-1], f" {normal} ")
            for n in range(len(name) - 2)
        }
    else:
        pattern = r"\W*".join(map(re.escape, name.split(" ")))
        found = re.finditer(pattern, normal)
        places = {at for match in found for at in range(match.start(), match.end())}
    return [at for at in sorted(places) if 0 <= at < len(normal) and not normal[at].isspace()]


def _starts(part: str, text: str) -> Iterator[int]:
    """Yield where a part begins in a text; it may overlap itself."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)

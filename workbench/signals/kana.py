"""Japanese spellings that differ only in their kana: すにーかー, スニ－カー, スニーカー."""

from __future__ import annotations

import re

_TO_KATAKANA = {sign: sign + 0x60 for sign in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_KATAKANA = "\u30a1-\u30fa\u30fc"
# What people type for the mark of a long vowel, when it follows katakana: dashes and waves.
_DASH = re.compile(rf"(?<=[{_KATAKANA}])[-~\u2010-\u2015\u2212\u2500\u301c]")
_KANA = re.compile("[\u3041-\u30ff]")
_JAPANESE = "\u3041-\u30ff\u3400-\u9fff"
_BETWEEN = re.compile(rf"(?<=[{_JAPANESE}]) (?=[{_JAPANESE}(])|\u30fb")
# A word whose last sign may be a long vowel too: コンピューター, and what ends in an a or an i.
_LONG_END = re.compile(rf"[{_KATAKANA}]{{3,}}ー$")
_SHORT_END = re.compile(
    rf"[{_KATAKANA}]{{2,}}[ァアカガサザタダナハバパマャヤラワィイキギシジチヂニヒビピミリ]$"
)
# Of Ventura, "ヴェ" is also written "ベ", and so on; a "ヴ" alone is "ブ".
_V = tuple(zip("ァィェォ", "バビベボ", strict=True))


def katakana_reading(text: str) -> str:
    """Return a normalised text with hiragana as katakana and dashes after kana as long vowels.

    The result has the same length: a place in it is the same place in the text.

    Examples
    --------
    >>> katakana_reading("すに-かー nike-白い")
    'スニーカー nike-白イ'
    """
    if text.isascii() or _KANA.search(text) is None:
        return text
    return _DASH.sub("ー", text.translate(_TO_KATAKANA))


def kana_variants(spelling: str) -> list[str]:
    """Return further ways to write a normalised spelling, without itself.

    A space between Japanese signs and a middle dot are left out or are a space, ヴァ is written バ,
    and a katakana word of three signs or more that ends in a long vowel, an a or an i has or has
    not a long vowel at its end.

    Examples
    --------
    >>> kana_variants("コンピューター"), kana_variants("ヴィンテージ")
    (['コンピュータ'], ['ビンテージ', 'ヴィンテージー', 'ビンテージー'])
    >>> kana_variants("ザ・ノース")
    ['ザノース', 'ザ ノース']
    >>> kana_variants("nike"), kana_variants("白")
    ([], [])
    """
    if _KANA.search(spelling) is None:
        return []
    found = [spelling, _BETWEEN.sub("", spelling), _BETWEEN.sub(" ", spelling)]
    found += [_without_v(text) for text in found]
    found += [_other_end(text) for text in found]
    return list(dict.fromkeys(text for text in found if text != spelling))


def _without_v(text: str) -> str:
    for small, sign in _V:
        text = text.replace("ヴ" + small, sign)
    return text.replace("ヴ", "ブ")


def _other_end(text: str) -> str:
    if _LONG_END.search(text):
        return text.removesuffix("ー")
    return text + "ー" if _SHORT_END.search(text) else text

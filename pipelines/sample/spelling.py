"""Other ways to write the same words: slips of the shopper, and widths and cases."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np

from pipelines.sample.chance import pick
from pipelines.sample.vocabulary import is_japanese

SOFTER_KANA = {
    "ヴァ": "バ",
    "ヴィ": "ビ",
    "ヴェ": "ベ",
    "ヴォ": "ボ",
    "ヴ": "ブ",
    "ティ": "チ",
    "ディ": "デ",
    "フィ": "ヒ",
    "フォ": "ホ",
    "ッ": "",
    "ー": "",
}
KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def misspell(text: str, rng: np.random.Generator) -> str:
    """Return the text with one slip, or as it is when it is too short to slip on."""
    if is_japanese(text):
        return _misspell_kana(text, rng)
    letters = [place for place, character in enumerate(text) if character.isalpha()]
    # A slip on the first letters is rare, and a short word would become another word.
    if len(letters) < 5:
        return text
    return pick(rng, _LATIN_SLIPS)(text, pick(rng, letters[2:]), rng)


def respell(text: str, rng: np.random.Generator) -> str:
    """Return the text in another case, width or spacing; its normal form stays the same."""
    return pick(rng, _RESPELLINGS, [4, 3, 2, 2, 3, 2, 2])(text)


def half_width(text: str) -> str:
    """Return the text with its katakana in half width.

    Examples
    --------
    >>> half_width("ブルー")
    'ﾌﾞﾙｰ'
    """
    return "".join(_HALF_WIDTH.get(character, character) for character in text)


def full_width(text: str) -> str:
    """Return the text with its ASCII letters and digits in full width."""
    return "".join(
        chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text
    )


def hiragana(text: str) -> str:
    """Return the text with its katakana as hiragana; the long mark stays."""
    return "".join(
        chr(ord(character) - 0x60) if "ァ" <= character <= "ヶ" else character for character in text
    )


def _misspell_kana(text: str, rng: np.random.Generator) -> str:
    slips = [text.replace(hard, soft, 1) for hard, soft in SOFTER_KANA.items() if hard in text]
    if all("ァ" <= character <= "ー" for character in text):
        slips.append(hiragana(text))
    slips = [slip for slip in slips if len(slip) >= 2]
    return pick(rng, slips) if slips else text


def _drop(text: str, place: int, rng: np.random.Generator) -> str:
    return text[:place] + text[place + 1 :]


def _double(text: str, place: int, rng: np.random.Generator) -> str:
    return text[:place] + text[place] + text[place:]


def _swap(text: str, place: int, rng: np.random.Generator) -> str:
    before = text[place - 1]
    return text[: place - 1] + text[place] + before + text[place + 1 :]


def _neighbour(text: str, place: int, rng: np.random.Generator) -> str:
    row = next((row for row in KEYBOARD_ROWS if text[place] in row), text[place])
    at = row.find(text[place])
    return text[:place] + pick(rng, row[max(0, at - 1) : at + 2]) + text[place + 1 :]


def _half_width_letters() -> dict[str, str]:
    singles = {
        unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)
    }
    voiced = {}
    for full, half in singles.items():
        for mark, half_mark in (("\u3099", "\uff9e"), ("\u309a", "\uff9f")):
            composed = unicodedata.normalize("NFC", full + mark)
            if len(composed) == 1:
                voiced[composed] = half + half_mark
    return singles | voiced


Slip = Callable[[str, int, np.random.Generator], str]
_LATIN_SLIPS: tuple[Slip, ...] = (_drop, _double, _swap, _neighbour)
_HALF_WIDTH = _half_width_letters()
_RESPELLINGS: tuple[Callable[[str], str], ...] = (
    str.title,
    str.upper,
    half_width,
    full_width,
    lambda text: text.replace(" ", "\u3000"),
    lambda text: text.replace(" ", "  "),
    lambda text: text + " ",
)

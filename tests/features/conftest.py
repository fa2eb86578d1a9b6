"""Five short texts, and what is a word as a regular expression."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class WordExpression:
    """The kinds of characters as they go between brackets, written down apart from the package."""

    single: str = (
        "\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
    )
    katakana: str = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    mark: str = (
        "!-/:-@\\[-`{-~\xa1-\xbf\u060c\u061b\u061f\u0964\u0965"
        "\u200b\u2010-\u206f\u3001-\u3020\u30fb"
    )

    @property
    def word(self) -> str:
        """An ideograph or hiragana, a run of katakana, or what lies between spaces and marks."""
        inside = f"[^\\s{self.single}{self.katakana}]"
        edge = f"[^\\s{self.single}{self.katakana}{self.mark}]"
        return f"[{self.single}]|[{self.katakana}]+|{edge}(?:{inside}*{edge})?"


@pytest.fixture(scope="session")
def expression() -> WordExpression:
    return WordExpression()


@pytest.fixture
def texts() -> list[str]:
    return [
        "adidas blue shoes",
        "Adidas red  Shoes",
        "blue bag",
        "red blue bag bag",
        "ｎｉｋｅ bag",
    ]

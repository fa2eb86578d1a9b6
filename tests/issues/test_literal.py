from __future__ import annotations

import numpy as np
import pytest

from workbench.issues.literal import LiteralMatcher


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("Ｎｉｋｅ Air-Max 26.0cm", "nike", True),
        ("Nike Air-Max 26.0cm", "air max", True),
        ("Nike Air-Max 26.0cm", "26.0cm", True),
        ("Nike Air-Max 26.0cm", "6.0cm", False),
        ("a blueish bag", "Blue", False),
        ("赤いシューズ", "シューズ", True),
        ("anything", "", False),
        ("", "Blue", False),
        ("a - b", "-", False),
    ],
)
def test_value_stands_in_the_text_as_whole_words(text: str, value: str, found: bool) -> None:
    assert LiteralMatcher([text], [value]).find(np.array([0]), np.array([0])).tolist() == [found]


def test_numbers_and_the_units_after_them_are_words_of_their_own() -> None:
    matcher = LiteralMatcher(["Photo 10x15cm 60Hz T5"], ["10 x 15 cm", "60", "hz", "5", "t5", "0"])
    assert matcher.find(np.zeros(6, int), np.arange(6)).tolist() == [True] * 3 + [
        False,
        True,
        False,
    ]

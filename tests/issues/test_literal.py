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
        ("単三電池4本入り", "4本", True),
        ("約10個入り", "10個", True),
        ("Shirt 2XL", "XL", False),
        ("iPhone 4s", "S", False),
        ("Galaxy S21 128 GB black", "Galaxy S21 128GB", True),
        ("iphone 128gb", "iPhone 128 GB", True),
        ("Lampe E27 60 W", "E27 60W", True),
        ("Canvas 30 x 40", "Canvas 30x40", True),
        ("Shirt 2XL 2", "XL 2", False),
    ],
)
def test_value_stands_in_the_text_as_whole_words(text: str, value: str, found: bool) -> None:
    assert LiteralMatcher([text], [value]).find(np.array([0]), np.array([0])).tolist() == [found]


def test_value_with_a_number_stands_before_or_beside_its_unit() -> None:
    text = "Photo 10x15cm 60Hz T5"
    values = {"10 x 15 cm": True, "60": True, "60 hz": True, "t5": True, "5": False, "0": False}
    matcher = LiteralMatcher([text], list(values))
    found = matcher.find(np.zeros(len(values), int), np.arange(len(values)))
    assert dict(zip(values, found.tolist(), strict=True)) == values

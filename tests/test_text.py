import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.text import check_texts, normalise


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("Adidas  Blue", "adidas blue"),
        ("ＡＤＩＤＡＳ　２６", "adidas 26"),
        ("ﾌﾞﾙｰ", "ブルー"),
        ("ＧＲＯẞ", "gross"),
        (" \t\n　", ""),
    ],
)
def test_spellings_meet_in_one_form(raw, normal):
    assert normalise(raw) == normal


@given(st.text())
def test_normalising_twice_is_once(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(), st.text())
def test_white_space_between_words_does_not_matter(one, other):
    assert normalise(f"{one}  \u3000{other}") == normalise(f"{one} {other}")


@pytest.mark.parametrize("text", [None, float("nan"), 3])
def test_what_is_no_text_is_named_by_its_place(text):
    check_texts(["a", ""])
    with pytest.raises(InputError, match=r"texts: 1 of 2 are no strings, at positions \[1\]"):
        check_texts(["a", text])

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sample.spelling import full_width, hiragana, misspell, respell
from workbench.text import normalise

LETTERS = "abcxyz019 &'-アイウガギパビヴッャー白革ぁん"


@given(st.text(LETTERS), st.integers(0, 999))
def test_another_case_width_or_spacing_keeps_the_normal_form(text, seed):
    assert normalise(respell(text, np.random.default_rng(seed))) == normalise(text)


def test_full_width_leaves_spaces_alone():
    assert full_width("ab 1") == "ａｂ １"


def test_hiragana_keeps_the_long_mark():
    assert hiragana("ブルー") == "ぶるー"


def test_a_short_word_is_not_misspelt():
    assert misspell("nike", np.random.default_rng(0)) == "nike"


@given(st.integers(0, 999))
def test_a_slip_leaves_the_first_letter_and_most_of_the_length(seed):
    slipped = misspell("columbia", np.random.default_rng(seed))
    assert abs(len(slipped) - len("columbia")) <= 1
    assert slipped[:1] == "c"

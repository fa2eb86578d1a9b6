from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.marks import marked_ranges


def test_a_match_is_marked_in_the_spelling_of_the_text():
    assert marked_ranges("ﾅｲｷ　AIR", ["ナイキ air"]) == [(0, 7)]


def test_runs_of_spaces_match_one_space():
    assert marked_ranges("air  force", ["air force"]) == [(0, 10)]


def test_a_phrase_that_is_not_there_marks_nothing():
    assert marked_ranges("adidas", ["nike", ""]) == []


@given(st.text(max_size=30), st.lists(st.text(max_size=4), max_size=3))
def test_marks_lie_in_the_text_one_behind_the_other(text, phrases):
    ends = [end for found in marked_ranges(text, phrases) for end in found]
    assert ends == sorted(set(ends))
    assert not ends or 0 <= ends[0] < ends[-1] <= len(text)

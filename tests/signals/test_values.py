import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.report import Report
from workbench.signals.aliases import make_aliases, no_aliases
from workbench.signals.empty_words import TAKEN_AS_EMPTY
from workbench.signals.values import ValueRules, canonical_values, number_with_unit

RULES = ValueRules(separators=("/", ","), units={"Size": "cm"}, exclusive=("Brand", "Size"))
ALIASES = make_aliases(
    pd.DataFrame(
        {
            "attribute": ["Color", "Color", "Color"],
            "value": ["Blue", "Blue", "Black/White"],
            "alias": ["青", "ブルー", "monochrome"],
        }
    )
)


def values_of(attribute, *cells, rules=RULES, aliases=ALIASES, report=None):
    """Return the values of cells, each said by as many items as its place from the end."""
    counts = range(len(cells), 0, -1)
    frame = pd.DataFrame({"attribute": attribute, "raw": list(cells), "n": list(counts)})
    found = canonical_values(frame, rules, aliases, report=report or Report())
    return found.groupby("raw")["value"].agg(list).to_dict()


@pytest.mark.parametrize("text", ["26", "26.0", "26cm", "26.0 cm", "２６ｃｍ", "26.00CM", " 26 "])
def test_numbers_meet_in_one_spelling(text):
    assert number_with_unit(text, "cm") == "26.0cm"


@pytest.mark.parametrize("text", ["M", "26-27", "26 mm", "-26", "", "cm", "26.cm"])
def test_other_texts_are_not_numbers(text):
    assert number_with_unit(text, "cm") is None


@settings(max_examples=30, deadline=None)
@given(st.decimals(0, 10**6, allow_nan=False, places=2))
def test_number_with_unit_is_stable(number):
    once = number_with_unit(str(number), "cm")
    assert number_with_unit(once, "cm") == once


def test_letters_stay_as_they_are_where_numbers_get_a_unit():
    assert values_of("Size", "M", "26") == {"M": ["M"], "26": ["26.0cm"]}


def test_unit_is_only_for_its_attribute():
    assert values_of("Model", "26") == {"26": ["26"]}


def test_alias_stands_for_its_value():
    assert values_of("Color", "ﾌﾞﾙｰ", "BLUE") == {"ﾌﾞﾙｰ": ["Blue"], "BLUE": ["Blue"]}


def test_alias_of_another_attribute_does_not_count():
    assert values_of("Material", "青") == {"青": ["青"]}


def test_cells_are_split_and_each_part_unified():
    assert values_of("Color", "青 / Red,") == {"青 / Red,": ["Blue", "Red"]}


def test_cell_of_an_exclusive_attribute_is_not_split():
    assert values_of("Brand", "A/B") == {"A/B": ["A/B"]}


def test_known_value_with_a_separator_is_not_split():
    assert values_of("Color", "black/white") == {"black/white": ["Black/White"]}


def test_most_frequent_spelling_stands_for_all():
    assert values_of("Brand", "adidas", "ＡＤＩＤＡＳ", "Adidas") == {
        "adidas": ["adidas"],
        "ＡＤＩＤＡＳ": ["adidas"],
        "Adidas": ["adidas"],
    }


def test_unified_spellings_are_counted():
    report = Report()
    values_of("Brand", "adidas", "ADIDAS", report=report)
    assert report.lines() == [
        "spellings unified with a value: 1 (such as 'Brand: ADIDAS → adidas')"
    ]


def test_values_that_the_alias_table_does_not_know_are_counted():
    report = Report()
    values_of("Color", "桃色", "青", report=report)
    values_of("Brand", "Nike", report=report)
    line = "values that the alias table does not know; other spellings of known ones?"
    assert report.counted(line) == 1


def test_yes_and_no_in_any_spelling_are_yes_and_nothing():
    report = Report()
    assert values_of("Vegan", "Y", "no", "TRUE", report=report) == {"Y": ["yes"], "TRUE": ["yes"]}
    assert report.counted("values that say no, which make no label") == 2
    assert report.counted("attributes that say yes or no, read as 'yes' or none") == 1


def test_answers_that_the_alias_table_knows_stay():
    rows = pd.DataFrame({"attribute": ["Polarity"], "value": ["NO"], "alias": ["normally open"]})
    found = values_of("Polarity", "no", "Yes", aliases=make_aliases(rows))
    assert found == {"no": ["NO"], "Yes": ["Yes"]}


def test_a_part_of_a_cell_that_says_nothing_is_no_value():
    report = Report()
    assert values_of("Color", "Red, -", "unknown/Green", report=report) == {
        "Red, -": ["Red"],
        "unknown/Green": ["Green"],
    }
    assert report.counted(TAKEN_AS_EMPTY) == 2 + 1


@pytest.mark.parametrize("separators", [("/", ","), (",", "/"), ("/", ",", ";", "|")])
@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("Red, N/A", ["Red"]),
        ("n/a/Red", ["Red"]),
        ("Red/#N/A/Blue", ["Red", "Blue"]),
        ("Red/Na/Ash", ["Red", "Na", "Ash"]),
        ("Red, n.a.", ["Red"]),
    ],
)
def test_an_empty_word_with_a_separator_in_it_is_not_split(cell, values, separators):
    assert values_of("Color", cell, rules=ValueRules(separators))[cell] == values


def test_an_answer_beside_an_empty_word_stays_an_answer():
    rules = ValueRules(separators=("/", ";"))
    assert values_of("Vegan", "N/A; No", "Yes", rules=rules) == {"Yes": ["yes"]}


def test_an_empty_word_that_the_alias_table_knows_is_a_value_among_others():
    rows = pd.DataFrame({"attribute": ["Key"], "value": ["N/A"], "alias": ["N/A"]})
    found = values_of("Key", "B, N/A", aliases=make_aliases(rows))
    assert found == {"B, N/A": ["B", "N/A"]}


@settings(max_examples=30, deadline=None)
@given(st.permutations(["a", "A", "ａ", "b", "B"]))
def test_order_of_rows_does_not_matter(cells):
    frame = pd.DataFrame({"attribute": "Brand", "raw": cells, "n": 1})
    found = canonical_values(frame, RULES, no_aliases(), report=Report())
    assert sorted(set(found["value"])) == ["A", "B"]


def test_whole_numbers_meet_with_and_without_their_zeros():
    assert values_of("Memory", "4.0", "8.0", "4") == {"4.0": ["4"], "8.0": ["8"], "4": ["4"]}


def test_a_whole_number_beside_other_decimals_keeps_its_zeros():
    assert values_of("Version", "4.0", "4.1") == {"4.0": ["4.0"], "4.1": ["4.1"]}


def test_a_number_that_an_alias_spells_is_the_value_of_the_alias():
    table = pd.DataFrame({"attribute": ["Version"], "value": ["4.0"], "alias": ["four"]})
    found = values_of("Version", "4.0", "5.0", aliases=make_aliases(table))
    assert found == {"4.0": ["4.0"], "5.0": ["5"]}

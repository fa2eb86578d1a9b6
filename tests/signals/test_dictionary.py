import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.report import Report
from workbench.signals.dictionary import Dictionary, dictionary_votes
from workbench.signals.votes import check_votes
from workbench.text import normalise

SPELLINGS = {
    "Brand: adidas": ["adidas", "アディダス"],
    "Brand: Orange": ["Orange", "オレンジ"],
    "Color: Orange": ["Orange", "オレンジ"],
    "Color: Blue": ["Blue", "青", "ブルー"],
    "Color: White": ["White", "白"],
    "Color: Light Blue": ["Light Blue"],
    "Size: 26.0cm": ["26.0cm"],
    "Size: 26.5cm": ["26.5cm"],
    "Size: L": ["L"],
    "Model: X": ["X"],
    "Category: Men": ["Men"],
    "Category: Men > Shoes": ["Shoes", "靴"],
    "Category: Women > Shoes": ["Shoes", "靴"],
}
LABELS = pd.DataFrame(
    [
        (label, *label.split(": ", 1), None, "Category: Men" if "Men >" in label else None)
        for label in SPELLINGS
    ],
    columns=["label_id", "attribute", "value", "path", "parent_id"],
)
ALIASES = pd.DataFrame(
    [(label, alias) for label, aliases in SPELLINGS.items() for alias in aliases],
    columns=["label_id", "alias"],
)


@pytest.fixture(scope="module")
def dictionary():
    return Dictionary(ALIASES, LABELS, units={"Size": "cm"})


def found(dictionary, text):
    return {match.label_id: match.level for match in dictionary.find(normalise(text))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ADIDAS shoe", {"Brand: adidas": 2}),
        ("アディダス青", {"Brand: adidas": 2, "Color: Blue": 2}),
        ("blueberry", {}),
        ("t-blue", {"Color: Blue": 2}),
        ("light blue", {"Color: Light Blue": 2}),
        ("light bluebag blue", {"Color: Blue": 2}),
        ("light, blue", {"Color: Blue": 2}),
        ("26", {"Size: 26.0cm": 1}),
        ("26cm", {"Size: 26.0cm": 2}),
        ("26.0 CM", {"Size: 26.0cm": 2}),
        ("２６．５", {"Size: 26.5cm": 1}),
        ("1.26", {}),
        ("26-30", {}),
        ("27", {}),
        ("size l", {"Size: L": 1}),
        ("l-shape", {}),
        ("levi's", {}),
        ("Lサイズ", {}),
        ("x", {}),
        ("", {}),
    ],
)
def test_what_a_text_names(dictionary, text, expected):
    assert found(dictionary, text) == expected


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("白", 2),
        ("コート白", 2),
        ("白い靴", 2),
        ("青白", 2),
        ("面白い", 1),
        ("白色", 1),
    ],
)
def test_part_of_a_longer_word_is_weak_where_words_have_no_spaces(dictionary, text, level):
    assert found(dictionary, text)["Color: White"] == level


def test_spelling_of_two_labels_abstains(dictionary):
    matches, undecided = dictionary.find_all("orange bag")
    assert (matches, undecided) == ([], ["orange"])
    assert "orange: Brand: Orange, Color: Orange" in dictionary.shared


def test_named_category_decides_between_those_below_it(dictionary):
    assert found(dictionary, "men shoes") == {"Category: Men": 2, "Category: Men > Shoes": 1}
    assert found(dictionary, "shoes") == {}


def test_label_that_hardly_any_item_carries_does_not_silence_another():
    support = {"Color: Orange": 100, "Brand: Orange": 4}
    dictionary = Dictionary(ALIASES, LABELS, support=support)
    assert found(dictionary, "orange") == {"Color: Orange": 2}


def test_the_strongest_match_of_a_label_counts(dictionary):
    assert found(dictionary, "26 26cm") == {"Size: 26.0cm": 2}


WORDS = st.sampled_from(["adidas", "blue", "light", "26", "26cm", "l", "men", "shoes", "bag", "x"])


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, max_size=6))
def test_single_words_agree_with_a_look_up_word_by_word(words):
    dictionary = Dictionary(ALIASES, LABELS, units={"Size": "cm"})
    by_word = {"adidas": "Brand: adidas", "l": "Size: L", "men": "Category: Men"}
    by_word |= {"26": "Size: 26.0cm", "26cm": "Size: 26.0cm"}
    expected = {by_word[word] for word in words if word in by_word}
    joined = " ".join(words)
    expected |= {"Color: Light Blue"} if "light blue" in joined else set()
    expected |= {"Color: Blue"} if "blue" in joined.replace("light blue", "") else set()
    expected |= {"Category: Men > Shoes"} if {"men", "shoes"} <= set(words) else set()
    assert set(found(dictionary, joined)) == expected


@pytest.fixture
def instances():
    return pd.DataFrame({"instance_id": ["adidas 26", "orange"], "text": ["Adidas 26", "Orange"]})


def pairs(*rows):
    return pd.DataFrame(rows, columns=["instance_id", "label_id"])


def test_votes_show_the_matched_text(dictionary, instances):
    votes = dictionary_votes(instances, dictionary, LABELS, report=Report())
    check_votes(votes)
    assert votes[["label_id", "level", "detail"]].to_numpy().tolist() == [
        ["Brand: adidas", 2, "adidas"],
        ["Size: 26.0cm", 1, "26"],
    ]


def test_undecided_words_are_counted(dictionary, instances):
    report = Report()
    dictionary_votes(instances, dictionary, LABELS, report=report)
    assert report.lines() == [
        "words that stand for several labels, and so for none: 1 (such as 'orange')"
    ]


def test_other_value_of_an_exclusive_attribute_is_spoken_against(dictionary, instances):
    candidates = pairs(
        ("adidas 26", "Brand: Orange"),
        ("adidas 26", "Brand: adidas"),
        ("adidas 26", "Color: Blue"),
        ("adidas 26", "Size: L"),
        ("orange", "Brand: adidas"),
    )
    votes = dictionary_votes(
        instances,
        dictionary,
        LABELS,
        candidates=candidates,
        exclusive=("Brand",),
        report=Report(),
    )
    against = votes.loc[votes["level"] == 0, ["instance_id", "label_id", "detail"]]
    assert against.to_numpy().tolist() == [["adidas 26", "Brand: Orange", "adidas"]]


def test_two_named_values_of_an_exclusive_attribute_do_not_speak_against_each_other(dictionary):
    text = pd.DataFrame({"instance_id": ["26cm 26.5cm"], "text": ["26cm 26.5cm"]})
    candidates = pairs(("26cm 26.5cm", "Size: 26.0cm"), ("26cm 26.5cm", "Size: 26.5cm"))
    votes = dictionary_votes(
        text, dictionary, LABELS, candidates=candidates, exclusive=["Size"], report=Report()
    )
    assert votes["level"].tolist() == [2, 2]


def test_no_instances_give_no_votes(dictionary, instances):
    assert dictionary_votes(instances.head(0), dictionary, LABELS, report=Report()).empty

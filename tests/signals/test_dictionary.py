import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.signals.dictionary import PART, SHARED, SHORT, UNLISTED, WHOLE, Dictionary
from workbench.text import normalise

SPELLINGS = {
    "Brand: adidas": ["adidas", "アディダス"],
    "Brand: Orange": ["Orange", "オレンジ"],
    "Color: Orange": ["Orange", "オレンジ"],
    "Color: Blue": ["Blue", "青", "ブルー"],
    "Color: White": ["White", "白"],
    "Color: Light Blue": ["Light Blue", "水色"],
    "Size: 26.0cm": ["26.0cm"],
    "Size: 26.5cm": ["26.5cm"],
    "Size: L": ["L"],
    "Model: X": ["X"],
    "Category: Men": ["Men"],
    "Category: Men > Shoes": ["Shoes", "靴"],
    "Category: Women > Shoes": ["Shoes", "靴"],
}
LABELS = pd.DataFrame(
    [(label, *label.split(": ", 1)) for label in SPELLINGS],
    columns=["label_id", "attribute", "value"],
)
LABELS["path"] = LABELS["value"].where(LABELS["attribute"] == "Category")
LABELS["parent_id"] = ["Category: Men" if "Men >" in label else None for label in SPELLINGS]
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
        ("ADIDAS shoe", {"Brand: adidas": WHOLE}),
        ("アディダス青", {"Brand: adidas": WHOLE, "Color: Blue": WHOLE}),
        ("blueberry", {}),
        ("t-blue", {"Color: Blue": PART}),
        ("adidas-blue", {"Brand: adidas": SHORT, "Color: Blue": SHORT}),
        ("blue-t", {"Color: Blue": PART}),
        ("t -blue", {"Color: Blue": WHOLE}),
        ("light blue", {"Color: Light Blue": WHOLE}),
        ("light bluebag blue", {"Color: Blue": WHOLE}),
        ("light, blue", {"Color: Blue": WHOLE}),
        ("26", {"Size: 26.0cm": SHORT}),
        ("26cm", {"Size: 26.0cm": WHOLE}),
        ("26.0 CM", {"Size: 26.0cm": WHOLE}),
        ("２６．５", {"Size: 26.5cm": SHORT}),
        ("1.26", {}),
        ("26-30", {}),
        ("27", {}),
        ("size l", {"Size: L": SHORT}),
        ("l-shape", {}),
        ("levi's", {}),
        ("Lサイズ", {}),
        ("x", {}),
        ("白色", {}),
        ("", {}),
    ],
)
def test_what_a_text_names(dictionary, text, expected):
    assert found(dictionary, text) == expected


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("白", WHOLE),
        ("コート白", WHOLE),
        ("白い靴", WHOLE),
        ("青白", SHORT),
        ("面白い", PART),
    ],
)
def test_part_of_a_longer_word_is_weak_where_words_have_no_spaces(dictionary, text, level):
    assert found(dictionary, text)["Color: White"] == level


def test_spelling_of_two_labels_may_stand_for_each(dictionary):
    matches, undecided = dictionary.find_all("orange bag")
    assert undecided == []
    assert [match.level for match in matches if match.text == "orange"] == [SHARED, SHARED]


def test_spelling_of_many_labels_abstains():
    labels = [f"{kind}: Rose" for kind in ("Brand", "Color", "Scent", "Pattern")]
    frame = pd.DataFrame({"label_id": labels, "attribute": labels, "value": "Rose"})
    aliases = pd.DataFrame({"label_id": labels, "alias": "rose"})
    whole = Dictionary(aliases, frame.assign(path=None, parent_id=None))
    assert whole.find_all("rose bag") == ([], ["rose"])
    fewer = Dictionary(aliases[:3], frame.assign(path=None, parent_id=None))
    assert [match.label_id for match in fewer.find("rose bag")] == labels[:3]


def test_shared_spelling_within_a_word_is_no_match():
    labels = pd.DataFrame(
        [("Color: Red", "Color", "赤"), ("Wine: Red", "Wine", "赤")],
        columns=["label_id", "attribute", "value"],
    ).assign(path=None, parent_id=None)
    aliases = pd.DataFrame({"label_id": labels["label_id"], "alias": "赤"})
    dictionary = Dictionary(aliases, labels)
    assert found(dictionary, "赤 靴") == dict.fromkeys(labels["label_id"], SHARED)
    assert found(dictionary, "赤ちゃん") == {}


def test_named_category_decides_between_those_below_it(dictionary):
    assert found(dictionary, "men shoes") == {
        "Category: Men": WHOLE,
        "Category: Men > Shoes": SHORT,
    }
    assert set(found(dictionary, "shoes").values()) == {SHARED}


def test_label_that_hardly_any_item_carries_does_not_silence_another():
    support = {"Color: Orange": 100, "Brand: Orange": 4}
    dictionary = Dictionary(ALIASES, LABELS, support=support)
    assert found(dictionary, "orange") == {"Color: Orange": WHOLE}


def test_the_strongest_match_of_a_label_counts(dictionary):
    assert found(dictionary, "26 26cm") == {"Size: 26.0cm": WHOLE}


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
    matches = found(dictionary, joined)
    assert {label for label, level in matches.items() if level != SHARED} == expected


def test_value_without_aliases_among_values_with_some_is_unlisted():
    more = pd.DataFrame([("Color: Azure", "Azure"), ("Model: Y9", "Y9")], columns=ALIASES.columns)
    rows = [("Color: Azure", "Color", "Azure"), ("Model: Y9", "Model", "Y9")]
    labels = pd.DataFrame(rows, columns=["label_id", "attribute", "value"])
    labels = pd.concat([LABELS, labels.assign(path=None, parent_id=None)])
    dictionary = Dictionary(pd.concat([ALIASES, more]), labels)
    assert found(dictionary, "azure y9") == {"Color: Azure": UNLISTED, "Model: Y9": WHOLE}


def test_number_with_its_unit_needs_no_aliases():
    aliases = pd.concat([ALIASES, ALIASES.head(0)])
    aliases.loc[len(aliases)] = ["Size: L", "Large"]
    dictionary = Dictionary(aliases, LABELS, units={"Size": "cm"})
    assert found(dictionary, "large 26cm") == {"Size: L": WHOLE, "Size: 26.0cm": WHOLE}


def test_match_is_told_as_the_text_has_it(dictionary):
    assert [match.text for match in dictionary.find("あでぃだす 青")] == ["あでぃだす", "青"]


def test_labels_that_differ_in_kana_alone_are_told_apart_by_the_text():
    aliases = pd.DataFrame(
        [("Brand: Orange", "おれんじ"), ("Color: Orange", "オレンジ")], columns=ALIASES.columns
    )
    dictionary = Dictionary(aliases, LABELS)
    assert found(dictionary, "おれんじ") == {"Brand: Orange": WHOLE}
    assert found(dictionary, "オレンジ") == {"Color: Orange": WHOLE}
    both = {"Brand: Orange": SHARED, "Color: Orange": SHARED}
    assert found(dictionary, "オれンジ") == both


def test_unlisted_value_does_not_hide_a_known_one_that_is_spelt_nearly_so():
    rows = [("Color: Khaki", "カーキ"), ("Color: Khaki", "Khaki"), ("Color: カーキー", "カーキー")]
    aliases = pd.DataFrame(rows, columns=ALIASES.columns)
    labels = pd.DataFrame(
        [("Color: Khaki", "Color", "Khaki"), ("Color: カーキー", "Color", "カーキー")],
        columns=["label_id", "attribute", "value"],
    ).assign(path=None, parent_id=None)
    support = {"Color: Khaki": 100, "Color: カーキー": 1}
    assert found(Dictionary(aliases, labels, support=support), "カーキー") == {
        "Color: Khaki": WHOLE
    }

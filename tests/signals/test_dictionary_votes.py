import pandas as pd
import pytest

from workbench.report import Report
from workbench.signals.dictionary import SHARED, SHORT, WHOLE, Dictionary
from workbench.signals.dictionary_votes import dictionary_votes
from workbench.signals.votes import check_votes

SPELLINGS = {
    "Brand: adidas": ["adidas", "アディダス"],
    "Brand: Orange": ["Orange", "オレンジ"],
    "Color: Orange": ["Orange", "オレンジ"],
    "Color: Blue": ["Blue", "青"],
    "Color: White": ["White", "白"],
    "Size: 26.0cm": ["26.0cm"],
    "Size: 26.5cm": ["26.5cm"],
    "Size: L": ["L", "Large"],
    "Color: Azure": ["Azure"],
}
LABELS = pd.DataFrame(
    [(label, *label.split(": ", 1), None, None) for label in SPELLINGS],
    columns=["label_id", "attribute", "value", "path", "parent_id"],
)
ALIASES = pd.DataFrame(
    [(label, alias) for label, aliases in SPELLINGS.items() for alias in aliases],
    columns=["label_id", "alias"],
)


@pytest.fixture(scope="module")
def dictionary():
    return Dictionary(ALIASES, LABELS, units={"Size": "cm"})


@pytest.fixture
def instances():
    return pd.DataFrame({"instance_id": ["adidas 26", "orange"], "text": ["Adidas 26", "Orange"]})


def pairs(*rows):
    return pd.DataFrame(rows, columns=["instance_id", "label_id"])


def test_votes_show_the_matched_text(dictionary, instances):
    votes = dictionary_votes(instances, dictionary, LABELS, report=Report())
    check_votes(votes)
    assert votes[["label_id", "level", "detail"]].to_numpy().tolist() == [
        ["Brand: adidas", WHOLE, "adidas"],
        ["Size: 26.0cm", SHORT, "26"],
        ["Brand: Orange", SHARED, "orange"],
        ["Color: Orange", SHARED, "orange"],
    ]


def test_words_of_many_labels_are_counted(instances):
    kinds = ["Brand", "Color", "Scent", "Pattern"]
    labels = pd.DataFrame({"attribute": kinds, "value": "Orange"})
    labels = labels.assign(label_id=labels["attribute"] + ": Orange", path=None, parent_id=None)
    aliases = labels[["label_id"]].assign(alias="orange")
    report = Report()
    assert dictionary_votes(instances, Dictionary(aliases, labels), labels, report=report).empty
    assert report.lines() == [
        "words that stand for more than three labels, and so for none: 1 (such as 'orange')"
    ]


def test_a_shared_spelling_is_no_second_value_of_an_exclusive_attribute(dictionary):
    instances = pd.DataFrame({"instance_id": ["q"], "text": ["adidas orange"]})
    votes = dictionary_votes(instances, dictionary, LABELS, exclusive=("Brand",), report=Report())
    assert votes.set_index("label_id")["level"].to_dict() == {
        "Brand: adidas": WHOLE,
        "Color: Orange": SHARED,
    }


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
    assert votes["level"].tolist() == [WHOLE, WHOLE]


def test_no_instances_give_no_votes(dictionary, instances):
    assert dictionary_votes(instances.head(0), dictionary, LABELS, report=Report()).empty


@pytest.mark.parametrize("text", ["面白い", "azure", "blue"])
def test_weak_votes_are_not_contradicted_and_do_not_contradict(dictionary, text):
    said = pd.DataFrame({"instance_id": ["q", "r"], "text": [f"{text} blue", text]})
    weak = {"面白い": "Color: White", "azure": "Color: Azure"}.get(text, "Color: Blue")
    candidates = pairs(("q", weak), ("r", weak), ("r", "Color: Orange"))
    votes = dictionary_votes(
        said, dictionary, LABELS, candidates=candidates, exclusive=["Color"], report=Report()
    )
    check_votes(votes)
    against = votes.loc[votes["level"] == 0, "label_id"].tolist()
    assert against == (["Color: Orange"] if text == "blue" else [])

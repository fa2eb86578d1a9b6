import pandas as pd
import pytest

from workbench.report import Report
from workbench.signals.shared_spellings import drop_what_does_not_apply
from workbench.signals.spellings import SHARED, WHOLE
from workbench.signals.verifier import Verifier
from workbench.signals.votes import make_votes

BOTH = ["Cable colour: Black", "Colour: Black"]


@pytest.fixture(scope="module")
def verifier():
    """Notebooks and cables in two colours; each kind of thing has a colour of its own."""
    things = [
        (
            f"{kind}{i}",
            f"{('black', 'white')[i % 2]} {kind}",
            f"{attribute}: {('Black', 'White')[i % 2]}",
        )
        for kind, attribute in (("notebook", "Colour"), ("cable", "Cable colour"))
        for i in range(10)
    ]
    items = pd.DataFrame(things, columns=["item_id", "title", "label_id"])
    labels = pd.DataFrame({"label_id": sorted(items["label_id"].unique())})
    labels["attribute"] = labels["label_id"].str.split(":").str[0]
    return Verifier().fit(items[["item_id", "title"]], items[["item_id", "label_id"]], labels)


def kept(verifier, text, level=SHARED):
    votes = make_votes([text] * 2, BOTH, source="dictionary", level=level, detail=["black"] * 2)
    instances = pd.DataFrame({"instance_id": [text], "text": [text]})
    report = Report()
    found = drop_what_does_not_apply(votes, verifier, instances, report=report)
    return found["label_id"].tolist(), report.lines()


def test_of_labels_that_share_a_spelling_those_stay_whose_attribute_applies(verifier):
    assert kept(verifier, "black notebook")[0] == ["Colour: Black"]
    assert kept(verifier, "black cable")[0] == ["Cable colour: Black"]


def test_where_the_attributes_apply_alike_all_stay(verifier):
    assert kept(verifier, "black")[0] == BOTH


def test_where_titles_know_no_word_all_stay(verifier):
    assert kept(verifier, "schwarz")[0] == BOTH


def test_a_spelling_of_one_label_stays_whatever_applies(verifier):
    assert kept(verifier, "black notebook", level=WHOLE)[0] == BOTH


def test_what_was_left_out_is_counted(verifier):
    (line,) = kept(verifier, "black notebook")[1]
    assert line.startswith("words of two or three labels")
    assert line.endswith("left out: 1 (such as 'black notebook / Cable colour: Black')")
    assert not kept(verifier, "black")[1]

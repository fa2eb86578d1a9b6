import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from workbench.issues.hierarchy import parents_of
from workbench.matrices import LabelMatrix
from workbench.review.apply import apply_decisions
from workbench.review.closure import close_decided

# Wear > Shoes > Sneakers > High, and Wear > Hats.
PARENT = {"Wear": None, "Shoes": "Wear", "Sneakers": "Shoes", "High": "Sneakers", "Hats": "Wear"}
LABELS = pd.Index(sorted(PARENT))
TREE = pd.DataFrame({"label_id": list(PARENT), "parent_id": list(PARENT.values())})
PARENTS = parents_of(TREE, LABELS)


def matrix(*labels):
    return LabelMatrix.from_pairs(
        ["q"] * len(labels), list(labels), instance_ids=pd.Index(["q", "r"]), label_ids=LABELS
    )


def resolved(**verdicts):
    rows = [("q", label, verdict) for label, verdict in verdicts.items()]
    return pd.DataFrame(rows, columns=["instance_id", "label_id", "verdict"]).astype("str")


def closed(labels, said):
    """Return the labels of 'q' after the decisions and what follows from them."""
    applied = apply_decisions(labels, said).labels
    found = close_decided(applied, said, PARENTS)
    after = apply_decisions(applied, found.pairs).labels.to_frame()
    return set(after["label_id"]), found.contradictions[["label_id", "contradicts"]].values.tolist()


@pytest.mark.parametrize(
    ("labels", "said", "after"),
    [
        ([], {"Sneakers": "present"}, {"Sneakers", "Shoes", "Wear"}),
        (["Wear", "Shoes", "High"], {"Shoes": "absent"}, {"Wear"}),
        (["Sneakers"], {"Hats": "present"}, {"Sneakers", "Hats", "Wear"}),
        (["Sneakers"], {"High": "unsure"}, {"Sneakers"}),
        (["Wear", "Shoes", "Sneakers"], {"Sneakers": "absent"}, {"Wear", "Shoes"}),
    ],
)
def test_present_brings_those_above_and_absent_takes_those_below(labels, said, after):
    assert closed(matrix(*labels), resolved(**said)) == (after, [])


def test_contradicting_words_of_people_both_stay_and_are_told():
    said = resolved(Shoes="absent", Sneakers="present")
    after, torn = closed(matrix("Shoes", "High"), said)
    assert after == {"Wear", "Sneakers"}
    assert torn == [["Sneakers", "Shoes"]]


def test_what_lies_between_a_present_label_and_an_absent_one_is_present():
    said = resolved(Shoes="absent", High="present")
    after, torn = closed(matrix("Shoes", "Sneakers"), said)
    assert after == {"Wear", "Sneakers", "High"}
    assert torn == [["High", "Shoes"]]


def test_what_people_are_torn_about_is_left_alone():
    said = resolved(Shoes="unsure", Sneakers="present")
    said = said.assign(conflict=[True, False], n_present=1, n_absent=[1, 0])
    assert closed(matrix(), said)[0] == {"Sneakers", "Wear"}


def test_what_follows_names_the_nearest_decided_label():
    said = resolved(High="present", Sneakers="present")
    pairs = close_decided(matrix("High", "Sneakers"), said, PARENTS).pairs
    assert dict(zip(pairs["label_id"], pairs["follows_from"], strict=True)) == {
        "Shoes": "Sneakers",
        "Wear": "Sneakers",
    }


@settings(max_examples=60)
@drawn(
    st.sets(st.sampled_from(list(LABELS))),
    st.dictionaries(st.sampled_from(list(LABELS)), st.sampled_from(["present", "absent"])),
)
def test_closing_twice_is_closing_once_and_no_word_is_overridden(labels, said):
    verdicts = resolved(**said)
    after, torn = closed(matrix(*labels), verdicts)
    assert closed(matrix(*after), verdicts) == (after, torn)
    assert all((label in after) == (verdict == "present") for label, verdict in said.items())


def test_decided_pairs_that_are_not_here_make_nothing_follow():
    said = pd.DataFrame({"instance_id": ["x"], "label_id": ["Shoes"], "verdict": ["present"]})
    assert close_decided(matrix(), said, np.full(5, -1)).pairs.empty

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.label_model import closure
from workbench.label_model.closure import close_upwards

LABELS = pd.DataFrame(
    {
        "label_id": ["Shoes", "Sneakers", "Low-Top", "Boots", "Red"],
        "parent_id": [None, "Shoes", "Sneakers", "Shoes", None],
    }
).astype("str")


def posterior(pairs):
    frame = pd.DataFrame(pairs, columns=["instance_id", "label_id", "posterior"])
    return frame.astype({"instance_id": "str", "label_id": "str", "posterior": "float32"})


def closed(pairs, labels=LABELS):
    frame = close_upwards(posterior(pairs), labels)
    return {(r.instance_id, r.label_id): round(float(r.posterior), 3) for r in frame.itertuples()}


def test_every_ancestor_is_as_likely_as_the_label_below():
    assert closed([("q", "Low-Top", 0.75)]) == {
        ("q", "Low-Top"): 0.75,
        ("q", "Sneakers"): 0.75,
        ("q", "Shoes"): 0.75,
    }


def test_the_most_likely_child_counts():
    found = closed([("q", "Sneakers", 0.25), ("q", "Boots", 0.5)])
    assert found["q", "Shoes"] == 0.5


def test_an_ancestor_that_is_likelier_stays():
    frame = close_upwards(posterior([("q", "Shoes", 0.75), ("q", "Boots", 0.5)]), LABELS)
    assert frame["posterior"].tolist() == [0.75, 0.5]
    assert frame["implied_by"].isna().all()


def test_a_raised_posterior_names_the_label_below():
    frame = close_upwards(posterior([("q", "Shoes", 0.25), ("q", "Boots", 0.5)]), LABELS)
    assert frame["implied_by"].fillna("").tolist() == ["Boots", ""]


def test_other_labels_are_untouched():
    assert closed([("q", "Red", 0.25)]) == {("q", "Red"): 0.25}


def test_instances_do_not_mix():
    found = closed([("q", "Boots", 0.5), ("r", "Sneakers", 0.75)])
    assert (found["q", "Shoes"], found["r", "Shoes"]) == (0.5, 0.75)


def test_closing_twice_is_closing_once():
    once = close_upwards(posterior([("q", "Low-Top", 0.75), ("q", "Shoes", 0.5)]), LABELS)
    twice = close_upwards(once.drop(columns="implied_by"), LABELS)
    pd.testing.assert_frame_equal(twice.drop(columns="implied_by"), once.drop(columns="implied_by"))


def test_evidence_of_a_pair_that_nobody_voted_on_is_zero():
    frame = posterior([("q", "Boots", 0.5)]).assign(evidence_click=1.5, unanimous=True)
    added = close_upwards(frame, LABELS).iloc[1]
    assert (added["label_id"], added["evidence_click"], added["unanimous"]) == ("Shoes", 0.0, False)


def test_an_empty_posterior_stays_empty():
    assert close_upwards(posterior([]), LABELS).empty


def test_parents_in_a_circle_are_refused():
    labels = pd.DataFrame({"label_id": ["a", "b"], "parent_id": ["b", "a"]}).astype("str")
    with pytest.raises(InputError, match="run in a circle"):
        close_upwards(posterior([("q", "a", 0.5)]), labels)


def chain(**columns):
    """A pair on Sneakers, likely, and one on Shoes that all votes speak against."""
    posterior = {
        "instance_id": ["q", "q"],
        "label_id": ["Shoes", "Sneakers"],
        "posterior": [0.1, 0.9],
        "votes_for": [0, 2],
        "votes_against": [2, 0],
        "reviewed": [False, False],
        "overturned": [False, False],
    }
    labels = pd.DataFrame({"label_id": ["Shoes", "Sneakers"], "parent_id": [None, "Shoes"]})
    return close_upwards(pd.DataFrame(posterior | columns), labels)


def test_what_a_label_below_overturns_is_marked():
    closed = chain()
    assert closed["posterior"].tolist() == [0.9, 0.9]
    assert closed["overturned"].tolist() == [True, False]


def test_a_reviewed_pair_keeps_its_verdict_and_names_what_contradicts_it():
    closed = chain(posterior=[0.0, 0.9], reviewed=[True, False])
    assert closed["posterior"].tolist() == [0.0, 0.9]
    assert closed["implied_by"].tolist()[0] == "Sneakers"
    assert closed["overturned"].tolist() == [False, False]


def test_an_unlikely_label_below_contradicts_no_verdict():
    closed = chain(posterior=[0.0, 0.3], reviewed=[True, False])
    assert closed["posterior"].tolist() == [0.0, 0.3]
    assert closed["implied_by"].isna().all()


def test_closing_in_parts_is_closing_at_once(monkeypatch):
    pairs = [(f"q{i % 4}", label, i / 20) for i, label in enumerate([*LABELS["label_id"]] * 3)]
    pairs = pd.DataFrame(pairs).drop_duplicates([0, 1]).values.tolist()
    at_once = close_upwards(posterior(pairs), LABELS)
    monkeypatch.setattr(closure, "_BLOCK", 2)
    pd.testing.assert_frame_equal(close_upwards(posterior(pairs), LABELS), at_once)


def test_a_label_that_the_tree_does_not_know_stays():
    assert closed([("q", "New", 0.25), ("r", "Boots", 0.5)])["q", "New"] == 0.25

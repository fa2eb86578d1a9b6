import numpy as np
import pandas as pd
import pytest

from workbench.matrices import LabelMatrix
from workbench.ui import figures

ATTRIBUTES = pd.Series({"red": "Color", "blue": "Color", "wool": "Material"})


@pytest.fixture
def given_labels() -> LabelMatrix:
    return LabelMatrix.from_pairs(
        ["shoe", "cap", "cap", "sock"],
        ["red", "red", "wool", "wool"],
        instance_ids=pd.Index(["shoe", "cap", "sock"]),
        label_ids=pd.Index(["red", "blue", "wool"]),
    )


def pairs(rows: list[tuple[str, str, str]], last: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["instance_id", "label_id", last])


def test_noise_counts_given_pairs_a_source_speaks_for(given_labels):
    votes = pairs(
        [
            ("shoe", "red", "clicks"),
            ("cap", "red", "clicks"),
            ("sock", "wool", "clicks"),
            ("shoe", "blue", "clicks"),
            ("cap", "wool", "dictionary"),
            ("unknown", "red", "clicks"),
        ],
        "source",
    ).assign(level=[1, 2, 1, 1, 0, 1])
    issues = pairs([("shoe", "red", "wrong"), ("shoe", "blue", "missing")], "kind")
    found = figures.noise_by_source(votes, issues, given_labels, ATTRIBUTES)
    assert found.to_dict("list") == {
        "source": ["clicks", "clicks"],
        "attribute": ["Color", "Material"],
        "n_given": [2, 1],
        "n_flagged": [1, 0],
        "share": [1 / 2, 0 / 1],
    }


def test_support_and_flags_count_a_label(given_labels):
    issues = pairs(
        [("shoe", "red", "wrong"), ("sock", "red", "missing"), ("shoe", "blue", "missing")], "kind"
    )
    found = figures.support_and_flags(issues, given_labels, ATTRIBUTES).set_index("label_id")
    assert found.index.tolist() == ["red", "wool"]
    assert found.loc["red", ["support", "n_wrong", "n_missing"]].tolist() == [2, 1, 1]
    assert found.loc["red", "share"] == 1 / 2


def test_issues_are_counted_by_attribute_and_kind():
    issues = pd.DataFrame({"attribute": ["Color", "Color", "Size"], "kind": ["wrong"] * 3})
    assert figures.issues_by_attribute(issues)["n"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("times", "starts"),
    [
        (["2026-01-05 09:10", "2026-01-05 09:50"], ["2026-01-05 09:00"]),
        (["2026-01-05 09:10", "2026-01-06 10:00"], ["2026-01-05", "2026-01-06"]),
    ],
)
def test_decisions_of_one_day_are_counted_by_hour(times, starts):
    decisions = pd.DataFrame(
        {"decided_at": pd.to_datetime(times, utc=True), "verdict": ["present"] * len(times)}
    )
    found = figures.decisions_over_time(decisions)
    assert found["when"].tolist() == [pd.Timestamp(start) for start in starts]
    assert found["n"].sum() == len(times)


def test_noise_agrees_with_a_loop_over_pairs(given_labels):
    rng = np.random.default_rng(3)
    names = [(i, label) for i in given_labels.instance_ids for label in given_labels.label_ids]
    votes = pairs([(*pair, s) for pair in names for s in ("a", "b")], "source")
    votes = votes.assign(level=rng.integers(0, 3, len(votes)))
    issues = pairs([(*pair, "wrong") for pair in names if rng.random() < 0.5], "kind")
    held = set(given_labels.to_frame()[["instance_id", "label_id"]].itertuples(index=False))
    flagged = set(issues[["instance_id", "label_id"]].itertuples(index=False))
    expected: dict[tuple[str, str], list[bool]] = {}
    for vote in votes[votes["level"] > 0].itertuples():
        pair = (vote.instance_id, vote.label_id)
        if pair in held:
            key = (vote.source, ATTRIBUTES[vote.label_id])
            expected.setdefault(key, []).append(pair in flagged)
    found = figures.noise_by_source(votes, issues, given_labels, ATTRIBUTES)
    shares = found.set_index(["source", "attribute"])["share"].to_dict()
    assert shares == {key: sum(hits) / len(hits) for key, hits in expected.items()}


def test_the_attributes_with_most_pairs_are_kept_with_all_their_rows():
    frame = pd.DataFrame({"attribute": ["a", "b", "a", "c"], "n": [1, 5, 3, 3]})
    assert figures.largest_attributes(frame, "n", 2)["attribute"].tolist() == ["a", "b", "a"]


def test_an_estimate_stands_for_the_flagged_share_where_there_is_one():
    support = pd.DataFrame({"label_id": ["red", "wool"], "support": [4, 2], "share": [0.5, 0.5]})
    noise = pd.DataFrame({"name": ["red"], "estimated_wrong": [1.0]})
    assert figures.with_estimates(support, noise)["share"].tolist() == [1 / 4, 0.5]
    assert figures.with_estimates(support, noise.head(0)) is support


def test_branches_come_the_noisiest_first_and_one_name_is_told_in_full_if_two_have_it():
    noise = pd.DataFrame(
        {
            "name": ["Type: Shoes", "Use: Shoes", "Type: Bags"],
            "n_given": [10, 10, 0],
            "estimated_wrong": [1.0, 2.0, 9.0],
            "wrong_low": [0.0, 1.0, 0.0],
            "wrong_high": [2.0, 30.0, 9.0],
        }
    )
    found = figures.noise_by_branch(noise, 5)
    assert found["branch"].tolist() == ["Use: Shoes", "Type: Shoes"]
    assert found["share"].tolist() == [2 / 10, 1 / 10]
    assert found["high"].tolist() == [1.0, 2 / 10]

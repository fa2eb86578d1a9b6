from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.issues.causes import Causes, suggested_instead
from workbench.issues.pairs import Pairs
from workbench.issues.patterns import PatternRules, Patterns, find_patterns

LABELS = pd.Index(["Color: Navy", "Color: Blue"])


def words(*rows: str) -> Causes:
    """Causes of one letter each, an instance's as one text."""
    letters = sorted(set("".join(rows)))
    has = np.array([[letter in row for letter in letters] for row in rows]).reshape(len(rows), -1)
    names = pd.Index(letters, dtype="str")
    says = "{label} {state} where the text says '{cause}'"
    return Causes("word", names, says, of_instances=csr_array(has))


def find(texts: list[str], issues: list[int], p: float | list[float] = 0.9, **rules) -> Patterns:
    """Return the patterns of a shop where every instance carries Navy and some wrongly."""
    rows = np.array(issues, np.int64)
    every = Pairs(np.arange(len(texts)), np.zeros(len(texts), np.int64), np.ones(len(texts), bool))
    probability = np.broadcast_to(np.array(p, np.float64), len(rows))
    options = PatternRules(**({"fewest": 3} | rules))
    return find_patterns(
        every.take(rows), probability, every, [words(*texts)], LABELS, rules=options
    )


def test_issues_of_a_label_that_share_a_word_are_a_pattern() -> None:
    found = find(["a"] * 4 + ["b"] * 16, issues=[0, 1, 2, 5])
    one = found.frame.iloc[0]
    assert found.of_issues.tolist() == [0, 0, 0, -1]
    assert one["description"] == "Color: Navy is given where the text says 'a'"
    assert (one["kind"], one["cause"], one["n_issues"], one["n_pairs"]) == ("wrong", "word", 3, 4)
    assert one["expected_errors"] == pytest.approx(3 * 0.9)
    assert one["gain"] == pytest.approx(3 * (0.9 - 0.1))
    assert one["lift"] == pytest.approx(((3 + 0.5) / (4 + 1)) / ((1 + 0.5) / (16 + 1)))


@pytest.mark.parametrize(
    ("texts", "issues"),
    [
        (["a"] * 2 + ["b"] * 18, [0, 1]),  # too few
        (["a"] * 10 + ["b"] * 10, [0, 1, 2, 3, 10, 11, 12]),  # as dense elsewhere
        ([""] * 20, [0, 1, 2]),  # no cause
        (["a"] * 20, []),  # no issues
    ],
)
def test_few_or_even_issues_are_no_pattern(texts, issues) -> None:
    found = find(texts, issues)
    assert found.frame.empty
    assert found.ids_of_issues().isna().all()


def test_a_pattern_that_would_cost_more_than_it_brings_is_left_out() -> None:
    texts = ["a"] * 4 + ["b"] * 16
    assert len(find(texts, [0, 1, 2], p=0.6).frame) == 1
    assert find(texts, [0, 1, 2], p=0.6, false_cost=2.0).frame.empty


def test_shared_issues_go_to_the_pattern_of_the_largest_gain() -> None:
    texts = ["ac"] * 4 + ["a"] + ["c"] * 3 + [""] * 40
    found = find(texts, issues=[0, 1, 2, 3, 4, 5, 6, 7])
    assert found.frame["cause_name"].tolist() == ["c"]
    assert found.of_issues.tolist() == [0, 0, 0, 0, -1, 0, 0, 0]


def test_a_pattern_that_is_rid_of_a_doubtful_issue_moves_ahead() -> None:
    texts = ["a"] * 5 + ["ab"] + ["b"] * 5 + [""] * 40
    p = [0.95] * 5 + [0.3] + [0.94] * 5
    found = find(texts, issues=list(range(11)), p=p, false_cost=1.0)
    assert found.frame["cause_name"].tolist() == ["b", "a"]
    assert found.frame["gain"].tolist() == pytest.approx([5 * 0.88, 5 * 0.9 - 0.4])
    assert found.of_issues.tolist() == [1] * 6 + [0] * 5


def test_a_swap_holds_the_wrong_and_the_missing_label() -> None:
    rows = np.arange(3)
    wrong = Pairs(rows, np.zeros(3, np.int64), np.ones(3, bool))
    missing = Pairs(rows, np.ones(3, np.int64), np.zeros(3, bool))
    issues = Pairs(
        *(
            np.concatenate([getattr(wrong, n), getattr(missing, n)])
            for n in ("rows", "columns", "given")
        )
    )
    every = Pairs(np.arange(20), np.zeros(20, np.int64), np.ones(20, bool))
    swap = suggested_instead(missing, (20, 2), np.zeros(2, np.int64), LABELS)
    found = find_patterns(
        issues, np.full(6, 0.9), every, [swap], LABELS, rules=PatternRules(fewest=3)
    )
    assert found.frame["description"].tolist() == [
        "Color: Navy is given where Color: Blue is likely"
    ]
    assert found.frame["n_issues"].tolist() == [6]
    assert found.of_issues.tolist() == [0] * 6


def test_a_pattern_keeps_its_id_when_its_issues_change() -> None:
    texts = ["a"] * 5 + ["b"] * 15
    one, other = find(texts, [0, 1, 2]), find(texts, [1, 2, 3, 4], p=0.8)
    assert one.frame["pattern_id"].tolist() == other.frame["pattern_id"].tolist()


def test_missing_labels_have_patterns_of_their_own() -> None:
    every = Pairs(np.arange(20), np.zeros(20, np.int64), np.zeros(20, bool))
    causes = [words(*["a"] * 4, *[""] * 16)]
    found = find_patterns(
        every.take(np.arange(4)),
        np.full(4, 0.9),
        every,
        causes,
        LABELS,
        rules=PatternRules(fewest=3),
    )
    assert found.frame["description"].tolist() == [
        "Color: Navy is not given where the text says 'a'"
    ]


@settings(deadline=None)
@drawn(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "ab", "abc"]), st.floats(0.3, 1)),
        min_size=1,
        max_size=40,
    ),
    st.data(),
)
def test_counts_of_the_table_are_those_of_the_issues(instances, data) -> None:
    texts = [text for text, _ in instances]
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), unique=True))
    p = [instances[row][1] for row in rows]
    found = find(texts, rows, p=p, least_lift=1.0)
    inside = found.of_issues >= 0
    n_issues = np.bincount(found.of_issues[inside], minlength=len(found.frame))
    assert found.frame["n_issues"].tolist() == n_issues.tolist()
    assert (n_issues >= 3).all()
    assert (found.frame["gain"] > 0).all()
    assert found.frame["gain"].is_monotonic_decreasing
    for at, row in zip(found.of_issues, rows, strict=True):
        assert at < 0 or found.frame["cause_name"][at] in texts[row]


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.5])
def test_probabilities_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(InputError, match=r"error_probability: 1 of 3 values .* positions \[1\]"):
        find(["a"] * 4 + ["b"] * 16, [0, 1, 2], p=[0.9, value, 0.9])


def test_one_probability_an_issue_is_asked_for() -> None:
    every = Pairs(np.arange(3), np.zeros(3, np.int64), np.ones(3, bool))
    with pytest.raises(InputError, match="error_probability: expected 3 values"):
        find_patterns(every, np.full(2, 0.9), every, [], LABELS)


@pytest.mark.parametrize("p", [0.0, 0.5])
def test_equal_probabilities_without_a_gain_are_no_pattern(p: float) -> None:
    assert find(["a"] * 4 + ["b"] * 16, [0, 1, 2], p=p).of_issues.tolist() == [-1] * 3


@pytest.mark.parametrize("n_instances", [1, 4])
def test_a_label_whose_pairs_are_all_issues_has_no_others_to_be_compared_with(n_instances) -> None:
    found = find(["a"] * n_instances, list(range(n_instances)), fewest=1)
    assert found.frame.notna().all(axis=None)
    assert np.isfinite(found.frame["lift"]).all()

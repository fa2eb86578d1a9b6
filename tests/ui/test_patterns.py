from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.drawing import html_of, open_page
from workbench.review.decisions import Decision
from workbench.review.judging import tally_samples
from workbench.review.samples import Promise, sample_of
from workbench.review.store import DecisionStore
from workbench.ui.pattern_data import PatternFilter, PatternIssues
from workbench.ui.pattern_rows import promise_told
from workbench.workspace import Workspace

NAME = "Color: Blue is given where the text says '<img src=x onerror=alert(1)>'"


def issues(n=60):
    return pd.DataFrame(
        {
            "instance_id": [f"q{number}" for number in range(n)],
            "label_id": "Color: Blue",
            "kind": "wrong",
            "pattern_id": ["p1", "p2"] * (n // 2),
        }
    )


def patterns():
    return pd.DataFrame(
        {
            "pattern_id": ["p1", "p2"],
            "description": [NAME, "Brand: Nike is not given within Shoes"],
            "label_id": ["Color: Blue", "Brand: Nike"],
            "attribute": ["Color", "Brand"],
            "kind": ["wrong", "missing"],
            "n_issues": [30, 30],
            "expected_errors": [12.0, 20.0],
            "expected_precision": [0.4, 2 / 3],
            "lift": [5.0, 4.0],
            "gain": [9.0, 3.0],
        }
    )


@pytest.fixture
def with_patterns(shop: Workspace, monkeypatch) -> Workspace:
    data = PatternIssues(patterns(), issues())
    monkeypatch.setattr("workbench.ui.patterns.read_pattern_issues", lambda *_: data)
    return shop


def open_patterns(workspace: Workspace, **query: str) -> AppTest:
    return open_page("patterns", workspace, **query)


def press(test: AppTest, key: str) -> AppTest:
    return test.button(key=key).click().run()


def judge_sample(workspace: Workspace, n_wrong: int = 0) -> None:
    sample = sample_of("p1", issues().query("pattern_id == 'p1'"))
    verdicts = ["present"] * n_wrong + ["absent"] * (20 - n_wrong)
    with DecisionStore(workspace.decisions_path) as store:
        store.record_many(
            Decision(str(uuid4()), datetime.now(UTC), "ken", name, "Color: Blue", verdict)
            for name, verdict in zip(sample["instance_id"], verdicts, strict=True)
        )


def current(workspace: Workspace) -> pd.DataFrame:
    with DecisionStore(workspace.decisions_path) as store:
        return store.current()


def test_a_workspace_without_issues_or_patterns_says_so(tmp_path: Path, shop):
    empty = Workspace.create(tmp_path / "empty", "")
    assert "workbench run" in html_of(open_patterns(empty))
    assert "No patterns" in html_of(open_patterns(shop))


def test_the_list_tells_of_each_pattern_what_its_sample_said(with_patterns):
    judge_sample(with_patterns, n_wrong=2)
    drawn = html_of(open_patterns(with_patterns))
    assert "20 of 30 decided" in drawn
    assert "sample: 18 right of 20 judged" in drawn
    assert "sample not judged yet" in drawn
    assert "gain 3.0 errors" in drawn


def test_once_its_sample_is_judged_a_pattern_has_as_many_errors_as_that_says(with_patterns):
    assert "<b>12</b><span>errors expected by the model" in html_of(
        open_patterns(with_patterns, pattern="p1")
    )
    judge_sample(with_patterns, n_wrong=2)
    # 18 of 20 are right, and the pattern has 30.
    assert "<b>27</b><span>errors expected by the sample" in html_of(
        open_patterns(with_patterns, pattern="p1")
    )
    assert "about 27 errors" in html_of(open_patterns(with_patterns))


def test_a_pattern_is_decided_after_its_sample_and_undone(with_patterns):
    judge_sample(with_patterns)
    test = open_patterns(with_patterns, pattern="p1")
    assert test.button(key="decide_batch").label == "Decide 10 pairs: absent"
    assert "at least 8 of the 10 open ones are right too" in html_of(test)
    press(test, "decide_batch")
    assert len(current(with_patterns)) == 30
    assert "Audit: 0 agree, 0 disagree, 10 open." in html_of(test)
    assert "Decided 10 pairs." in html_of(test)
    undo = next(button for button in test.button if button.label == "Undo")
    undo.click().run()
    assert "Undone by mika" in html_of(test)
    assert len(current(with_patterns)) == 20


def test_a_weak_promise_needs_a_tick(with_patterns):
    judge_sample(with_patterns, n_wrong=5)
    test = open_patterns(with_patterns, pattern="p1")
    assert test.button(key="decide_batch").disabled
    assert "15 of 20 sampled flags are right" in html_of(test)
    assert "adjudicator" not in html_of(test)
    test.checkbox[0].check().run()
    press(test, "decide_batch")
    assert len(current(with_patterns)) == 30


def test_an_annotator_is_offered_no_tick(with_patterns):
    path = with_patterns.config_path
    path.write_text(path.read_text() + '\n[team]\nadjudicators = ["lead"]\n')
    judge_sample(with_patterns, n_wrong=5)
    test = open_patterns(with_patterns, pattern="p1")
    assert test.button(key="decide_batch").disabled
    assert not test.checkbox
    assert "or ask an adjudicator" in html_of(test)


def test_the_name_of_a_pattern_never_becomes_markup(with_patterns):
    assert "<img" not in html_of(open_patterns(with_patterns, pattern="p1"))
    assert "&lt;img" in html_of(open_patterns(with_patterns, pattern="p1"))


def test_an_unknown_pattern_is_gone(with_patterns):
    assert "This pattern is gone" in html_of(open_patterns(with_patterns, pattern="p9"))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (PatternFilter(), [0, 1]),
        (PatternFilter(sort="expected_errors"), [1, 0]),
        (PatternFilter(text="nike SHOES"), [1]),
        (PatternFilter(attribute="Color"), [0]),
        (PatternFilter(kind="missing", text="blue"), []),
    ],
)
def test_patterns_are_found_and_put_in_order(where, expected):
    assert PatternIssues(patterns(), issues()).find(where).tolist() == expected


def test_decided_issues_are_counted_by_pattern(tmp_path):
    data = PatternIssues(patterns(), issues())
    with DecisionStore(tmp_path / "d.sqlite") as store:
        assert data.n_decided(store).tolist() == [0, 0]
        store.record(Decision(str(uuid4()), datetime.now(UTC), "m", "q3", "Color: Blue", "absent"))
        np.testing.assert_array_equal(data.n_decided(store), [0, 1])


def test_samples_are_read_anew_only_when_the_log_has_grown(tmp_path, monkeypatch):
    data = PatternIssues(patterns(), issues())
    asked = []
    monkeypatch.setattr(
        "workbench.ui.pattern_data.tally_samples",
        lambda store, samples: asked.append(len(samples)) or tally_samples(store, samples),
    )
    with DecisionStore(tmp_path / "d.sqlite") as store:
        assert [tally.n_unjudged for tally in data.tallies(store, [1, 0])] == [20, 20]
        data.tallies(store, [0, 1])
        name = sample_of("p1", issues().query("pattern_id == 'p1'"))["instance_id"].iloc[0]
        store.record(Decision(str(uuid4()), datetime.now(UTC), "m", name, "Color: Blue", "absent"))
        assert [tally.n_right for tally in data.tallies(store, [1, 0])] == [0, 1]
    assert asked == [2, 0, 2]


def test_issues_as_categories_are_the_same_as_texts():
    data = PatternIssues(patterns(), issues())
    coded = PatternIssues(patterns(), issues().astype("category"))
    pd.testing.assert_frame_equal(coded.pairs(1), data.pairs(1))
    assert coded.pairs(1)["instance_id"].tolist()[:2] == ["q1", "q3"]


def test_a_sample_that_promises_nothing_says_so():
    promise = Promise(
        n_pairs=30, n_sample=20, n_right=9, n_wrong=11, n_unsure=0, n_open=10, n_open_right=0
    )
    assert promise_told(promise) == (
        "9 of 20 sampled flags are right: that promises nothing about the 10 open ones."
    )

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.report import Report


def test_counts_of_the_same_thing_add_up():
    report = Report()
    report.count("unknown label", 2)
    report.count("unknown label", 3)
    assert report.counted("unknown label") == 2 + 3


def test_nothing_counted_zero_times_shows():
    report = Report()
    report.count("unknown label", 0, ["a"])
    assert report.lines() == []


def test_at_most_five_different_examples_are_kept():
    report = Report()
    report.count("bad", 3, ["a", "a", "b"])
    report.count("bad", 5, [1, 2, 3, 4, 5])
    assert report.lines() == ["bad: 8 (such as 'a', 'b', '1', '2', '3')"]


def test_the_same_note_is_kept_once():
    report = Report()
    report.note("no positions")
    report.note("no positions")
    assert report.notes == ("no positions",)


def test_negative_count_is_refused():
    with pytest.raises(ValueError, match="must be 0 or more, got -1"):
        Report().count("bad", -1)


def test_merge_adds_counts_and_keeps_notes():
    one, other = Report(), Report()
    one.count("bad", 1, ["a"])
    other.count("bad", 2, ["b"])
    other.note("seen")
    one.merge(other)
    assert one.lines() == ["bad: 3 (such as 'a', 'b')", "seen"]


def test_thousands_are_grouped():
    report = Report()
    report.count("clicks", 1234567)
    assert report.lines() == ["clicks: 1,234,567"]


@given(st.dictionaries(st.text(), st.tuples(st.integers(0, 10**9), st.lists(st.text()))))
def test_report_survives_json(counts):
    report = Report()
    for what, (n, examples) in counts.items():
        report.count(what, n, examples)
    report.note("a note")
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_counts_keep_their_order_through_json_with_sorted_keys():
    report = Report()
    report.count("rows", 2)
    report.count("empty rows", 1)
    text = json.dumps(report.to_dict(), sort_keys=True)
    assert Report.from_dict(json.loads(text)).lines() == ["rows: 2", "empty rows: 1"]

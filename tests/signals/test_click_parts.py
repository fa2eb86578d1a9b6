"""Counts of parts of a log add up to the counts of the whole, however it is cut."""

from itertools import chain

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.report import Report
from workbench.signals.click_counts import ClickRules, count_events
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_given_counts import count_counts
from workbench.signals.click_numbers import Numbering
from workbench.signals.click_reading import canonical_events
from workbench.signals.click_sum import sum_counts
from workbench.tables import from_frame

ITEMS = pd.DataFrame({"item_id": ["A", "B"]})
PLACE = {"user_query": "string", "object_id": "string", "position": "int64", "device": "string"}
QUERY = st.sampled_from(["red", "RED", "blue", " ", None])
ITEM = st.sampled_from(["A", "B", "Z", None])
POSITION = st.sampled_from([1, 2, None])
DEVICE = st.sampled_from(["mobile", None])


def joined(lists):
    return list(chain.from_iterable(lists))


def count_of_counts(rows):
    columns = [*PLACE, "clicks", "impressions", "purchase"]
    table = from_frame(pd.DataFrame(rows, columns=columns), types=PLACE)
    return count_counts(table, ClickRules())


def count_of_events(rows):
    types = {**PLACE, "session_id": "string"}
    frame = pd.DataFrame(rows, columns=["action_name", *types])
    events = canonical_events(from_frame(frame, types=types), ClickFormat(), Report())
    return count_events(events, ClickRules())


def summed(parts):
    """Return the log and what the report counts; examples may differ, counts may not."""
    report = Report()
    log = sum_counts(parts, ITEMS, report=report)
    return log, {what: found["n"] for what, found in report.to_dict()["counts"].items()}


def check_adds_up(count, parts, whole):
    (one, told), (many, told_of_parts) = summed([count(whole)]), summed(map(count, parts))
    pd.testing.assert_frame_equal(one.clicks, many.clicks)
    pd.testing.assert_frame_equal(one.queries, many.queries)
    assert told == told_of_parts


N = st.integers(0, 5)
COUNTS = st.tuples(QUERY, ITEM, POSITION, DEVICE, N, N, N)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(COUNTS, min_size=1, max_size=6), max_size=3))
def test_any_split_of_a_log_of_counts_adds_up(parts):
    parts = [[("red", "A", 1, "mobile", 1, 2, 0)], *parts]
    check_adds_up(count_of_counts, parts, joined(parts))


EVENTS = st.tuples(
    st.sampled_from(["impression", "click", "purchase", "hover"]), QUERY, ITEM, POSITION, DEVICE
)
SESSIONS = st.lists(st.lists(EVENTS, min_size=1, max_size=6), max_size=4)


@settings(max_examples=10, deadline=None)
@given(SESSIONS, st.data())
def test_any_split_of_an_event_log_between_sessions_adds_up(sessions, data):
    sessions = [[("click", "red", "A", 1, "mobile")], *sessions]
    told = [[(*event, f"s{i}") for event in events] for i, events in enumerate(sessions)]
    part = data.draw(st.lists(st.integers(0, 2), min_size=len(told), max_size=len(told)))
    placed = list(zip(told, part, strict=True))
    parts = [joined(rows for rows, at in placed if at == i) for i in range(3)]
    check_adds_up(count_of_events, [rows for rows in parts if rows], joined(told))


def test_most_shown_item_is_found_over_all_parts():
    first = [("red", "A", 1, None, 0, 10, 0), ("red", "B", 2, None, 0, 6, 0)]
    second = [("red", "A", 1, None, 1, 1, 0), ("RED", "B", 2, None, 0, 9, 0)]
    log, _ = summed(map(count_of_counts, (first, second)))
    assert log.queries["weight"].tolist() == [max(10 + 1, 6 + 9)]


def test_clicks_stand_for_searches_where_they_are_more():
    rows = [("red", "A", 1, None, 4, 0, 0), ("red", "B", 2, None, 3, 1, 0)]
    assert summed([count_of_counts(rows)])[0].queries["weight"].tolist() == [4 + 3]


@given(st.lists(st.lists(st.text("ab", max_size=2), max_size=5), max_size=4))
def test_an_id_has_one_number_in_all_parts(parts):
    numbering = Numbering()
    found = [numbering.number(pa.chunked_array([pa.array(ids, pa.string())])) for ids in parts]
    for ids, numbers in zip(parts, found, strict=True):
        assert numbering.ids.take(pa.array(numbers)).to_pylist() == ids
    assert len(numbering.ids) == len({one for ids in parts for one in ids})

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.click_counts import ClickRules, count_events
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_reading import canonical_events
from workbench.signals.click_sum import sum_counts
from workbench.signals.clicks import read_clicks
from workbench.tables import from_frame

ITEMS = pd.DataFrame({"item_id": ["A", "B"], "title": ["a", "b"]})
COLUMNS = ["user_query", "object_id", "action_name", "position", "session_id"]
TYPES = {
    "user_query": "string",
    "object_id": "string",
    "session_id": "string",
    "client_id": "string",
    "device": "string",
    "position": "int64",
}


def counted(rows, columns=COLUMNS, **rules):
    """Return the counts of one part of a log."""
    frame = pd.DataFrame(rows, columns=columns)
    types = {name: kind for name, kind in TYPES.items() if name in columns}
    events = canonical_events(from_frame(frame, types=types), ClickFormat(), Report())
    return count_events(events, ClickRules(**rules))


def log_of(rows, columns=COLUMNS, *, report=None, **rules):
    return sum_counts([counted(rows, columns, **rules)], ITEMS, report=report or Report())


def cell(log, query, item, column):
    rows = log.clicks
    return rows.loc[(rows["instance_id"] == query) & (rows["item_id"] == item), column].item()


def test_impressions_and_clicks_are_counted_by_query_and_item():
    log = log_of(
        [
            ("Red Shoe", "A", "impression", 1, "s1"),
            ("red  shoe", "A", "impression", 1, "s2"),
            ("red shoe", "B", "impression", 2, "s2"),
            ("ＲＥＤ shoe", "A", "click", 1, "s2"),
        ]
    )
    columns = ["instance_id", "item_id", "impressions", "clicks", "sessions"]
    assert log.clicks[columns].to_numpy().tolist() == [
        ["red shoe", "A", 2, 1, 1],
        ["red shoe", "B", 1, 0, 0],
    ]


def test_click_table_has_its_types():
    log = log_of([("red", "A", "click", 1, "s1")])
    expected = ["str", "str", "int64", "int64", "float64", "float64", "float64", "int64"]
    assert [str(kind) for kind in log.clicks.dtypes] == expected
    assert [str(kind) for kind in log.queries.dtypes] == ["str", "str", "int64"]


def test_most_frequent_spelling_is_the_text_and_searches_the_weight():
    columns = ["user_query", "object_id", "action_name", "query_id"]
    rows = [("Red", "A", "click", "q1"), ("Red", "B", "click", "q1"), ("RED", "A", "click", "q2")]
    rows += [("red", "A", "impression", "q3"), ("red", "A", "impression", "q4")]
    log = log_of(rows, columns)
    assert log.queries.to_numpy().tolist() == [["red", "red", 4]]


def test_repeated_clicks_of_a_session_count_once():
    report = Report()
    log = log_of(
        [("red", "A", "click", 1, "s1")] * 3 + [("red", "A", "click", 1, "s2")], report=report
    )
    assert cell(log, "red", "A", "clicks") == 2
    line = "repeated clicks of a session on an item for a query, left out"
    assert report.counted(line) == 2


def test_clicks_without_a_session_all_count():
    log = log_of([("red", "A", "click", 1, None)] * 3 + [("red", "A", "click", 1, "s2")])
    assert cell(log, "red", "A", "clicks") == 4
    assert cell(log, "red", "A", "sessions") == 1


def test_without_any_session_it_is_noted():
    report = Report()
    log_of([("red", "A", "click", 1)] * 2, COLUMNS[:4], report=report)
    assert any("no sessions" in note for note in report.notes)


def hours(*times):
    columns = ["user_query", "object_id", "action_name", "client_id", "session_id", "timestamp"]
    rows = [
        (f"q{i}", "A", "click", "bot", f"s{i}", pd.Timestamp(f"2025-01-01 {time}"))
        for i, time in enumerate(times)
    ]
    return rows, columns


def test_clicks_of_a_client_are_capped_by_the_hour():
    report = Report()
    log = log_of(
        *hours("10:00", "10:10", "10:59", "11:00"), max_client_clicks_per_hour=2, report=report
    )
    assert log.clicks["instance_id"].tolist() == ["q0", "q1", "q3"]
    assert report.counted("clicks beyond 2 an hour of one client, left out") == 1


def test_without_timestamps_the_cap_is_noted():
    report = Report()
    log_of([("red", "A", "click", 1, "s1")], report=report)
    assert any("could not be capped" in note for note in report.notes)


def test_unknown_items_are_counted_and_left_out():
    report = Report()
    rows = [("red", "A", "click", 1, "s1"), ("red", "Z", "click", 1, "s1")]
    log = log_of([*rows, ("red", "Z", "impression", 1, "s1")], report=report)
    assert log.clicks["item_id"].tolist() == ["A"]
    assert "rows on items that are not in the catalog: 2 (such as 'Z')" in report.lines()


def test_empty_queries_and_items_are_counted_and_left_out():
    report = Report()
    rows = [(None, "A", "click", 1, "s"), ("\u3000", "A", "click", 1, "s")]
    log = log_of(
        [*rows, ("red", "A", "click", 1, "s"), ("red", None, "click", 1, "s")], report=report
    )
    assert log.queries["instance_id"].tolist() == ["red"]
    assert report.counted("rows whose query is empty") == 2
    assert report.counted("rows without an item") == 1


def test_other_actions_are_counted_and_left_out():
    report = Report()
    rows = [("red", "A", "Click ", 1, "s1"), ("red", "B", "hover", 1, "s1")]
    log = log_of(rows, report=report)
    assert log.clicks["item_id"].tolist() == ["A"]
    what = "rows of actions that are neither clicks nor impressions, left out"
    assert report.counted(what) == 1


def test_query_whose_actions_do_not_count_stays_and_is_counted():
    report = Report()
    rows = [("red", "A", "click", 1, "s1"), ("Blue", "A", "hover", 1, "s1")]
    log = log_of([*rows, ("blue", "A", "hover", 1, "s2")], report=report)
    assert log.queries[["instance_id", "weight"]].to_numpy().tolist() == [["blue", 2], ["red", 1]]
    assert log.clicks["instance_id"].tolist() == ["red"]
    what = "queries without a click or an impression that counts, kept with their text alone"
    assert f"{what}: 1 (such as 'blue')" in report.lines()


def test_weightiest_action_of_a_session_counts_once():
    rows = [("red", "A", "click", 1, "s1"), ("red", "A", "purchase", None, "s1")]
    rows += [("red", "B", "click", 2, "s1")]
    log = log_of(rows, weights={"click": 1, "purchase": 3})
    assert log.clicks["clicks"].tolist() == [1, 1]
    assert log.clicks["weight"].tolist() == [3 / 2, 1 / 2]


def places_of(*events):
    """Return position and device of what counts of a session's events on one item."""
    columns = [*COLUMNS, "timestamp", "device"]
    rows = [
        ("red", "A", action, position, "s1", pd.Timestamp(f"2025-01-01 {time}"), device)
        for action, position, time, device in events
    ]
    return counted(rows, columns).places.to_pylist()


def test_position_and_device_are_those_of_the_first_event_with_a_position():
    found = places_of(
        ("purchase", None, "10:00", "watch"),
        ("click", 7, "10:01", "mobile"),
        ("click", 2, "10:02", "tablet"),
    )
    assert found == [{"position": 7, "device": "mobile"}]


def test_without_any_position_the_device_is_that_of_the_first_event():
    found = places_of(("click", None, "10:02", "tablet"), ("click", None, "10:00", "mobile"))
    assert found == [{"position": 0, "device": "mobile"}]


def test_events_without_a_time_are_a_day_of_their_own():
    columns = [*COLUMNS, "timestamp", "device"]
    time = pd.Timestamp("2025-01-01 10:00")
    rows = [("red", "A", "click", 1, "s1", None, "a"), ("red", "A", "click", 2, "s1", time, "b")]
    rows = [*rows, ("red", "A", "click", 3, "s1", time + pd.Timedelta("1h"), "c")]
    places = counted(rows, columns).places.to_pylist()
    assert {"position": 2, "device": "b"} in places
    assert {"position": 3, "device": "c"} not in places


def test_spellings_of_a_query_share_a_session():
    log = log_of([("red", "A", "click", 1, "s1"), ("ＲＥＤ", "A", "click", 1, "s1")])
    assert log.clicks["clicks"].tolist() == [1]


def test_expected_clicks_come_from_the_rates_of_devices():
    columns = [*COLUMNS, "device"]
    rows = [("red", "A", "impression", 1, f"s{i}", "mobile") for i in range(100)]
    rows += [("red", "B", "impression", 1, f"s{i}", "desktop") for i in range(100)]
    rows += [("red", "A", "click", 1, f"s{i}", "mobile") for i in range(50)]
    rows += [("red", "B", "click", 1, f"s{i}", "desktop") for i in range(10)]
    log = log_of(rows, columns)
    rate = (60 + 10 * 60 / 200) / 210
    assert cell(log, "red", "A", "expected_clicks") == pytest.approx(
        100 * (50 + 10 * rate) / (100 + 10)
    )


def test_log_without_a_click_is_refused():
    with pytest.raises(InputError, match="no click is left to count; check that action_name"):
        log_of([("red", "A", "impression", 1, "s1")])


def test_log_whose_actions_have_no_weight_names_them_and_the_key():
    rows = [("red", "A", "click", 1, "s1"), ("red", "A", "Klick", 1, "s2")]
    told = r"2 rows were left out for their action \(click \(1\), klick \(1\)\): name .* 'weights'"
    with pytest.raises(InputError, match=told):
        log_of(rows, weights={"tap": 1})


def test_log_without_a_query_is_refused():
    with pytest.raises(InputError, match="every query is empty"):
        log_of([(" ", "A", "click", 1, "s1")])


def test_expected_clicks_come_from_the_rates_of_positions():
    rows = [("red", "A", "impression", 1, f"s{i}") for i in range(100)]
    rows += [("red", "B", "impression", 2, f"s{i}") for i in range(100)]
    rows += [("red", "A", "click", 1, f"s{i}") for i in range(60)]
    rows += [("red", "B", "click", 2, f"s{i}") for i in range(20)]
    log = log_of(rows)
    overall = 80 / 200
    assert cell(log, "red", "A", "expected_clicks") == pytest.approx(
        100 * (60 + 10 * overall) / (100 + 10)
    )
    assert cell(log, "red", "B", "expected_clicks") == pytest.approx(
        100 * (20 + 10 * overall) / (100 + 10)
    )


def test_without_positions_the_overall_rate_is_used_and_noted():
    report = Report()
    columns = ["user_query", "object_id", "action_name"]
    rows = [("red", "A", "impression"), ("red", "B", "impression"), ("red", "A", "click")]
    log = log_of(rows, columns, report=report)
    assert log.clicks["expected_clicks"].tolist() == pytest.approx([1 / 2, 1 / 2])
    assert any("no positions" in note for note in report.notes)


def test_clicks_without_positions_take_the_one_where_the_pair_is_shown():
    rows = [("red", "A", "impression", 1, "s1"), ("red", "B", "impression", 2, "s1")]
    known = log_of([*rows, ("red", "A", "click", 1, "s1")])
    unknown = log_of([*rows, ("red", "A", "click", None, "s1")])
    pd.testing.assert_frame_equal(known.clicks, unknown.clicks)


def test_without_impressions_clicks_are_compared_with_all_of_the_query():
    report = Report()
    rows = [("red", "A", "click", 1, f"s{i}") for i in range(3)]
    log = log_of([*rows, ("red", "B", "click", 1, "s9")], report=report)
    assert log.clicks["expected_clicks"].tolist() == [4.0, 4.0]
    assert cell(log, "red", "A", "score") > cell(log, "red", "B", "score")
    assert any("no impressions" in note for note in report.notes)


def test_click_without_an_impression_is_taken_as_shown_once():
    report = Report()
    rows = [("red", "A", "impression", 1, "s1"), ("red", "A", "impression", 1, "s2")]
    log = log_of([*rows, ("red", "B", "click", 1, "s1")], report=report)
    assert cell(log, "red", "B", "expected_clicks") == pytest.approx(1 / 2)
    assert report.counted("clicks without an impression, taken as shown once each") == 1


def test_clicks_beyond_the_impressions_are_another_count():
    report = Report()
    rows = [("red", "A", "impression", 1, "s1"), ("red", "B", "impression", 2, "s1")]
    rows += [("red", "A", "click", 1, f"s{i}") for i in range(3)] + [("blue", "B", "click", 1, "s")]
    log_of(rows, report=report)
    beyond = "clicks beyond the impressions of their query and item, taken as shown once more each"
    assert report.counted(beyond) == 3 - 1
    assert report.counted("clicks without an impression, taken as shown once each") == 1


def test_low_position_does_not_fool_the_score():
    rows = []
    for i in range(200):
        rows += [("red", "A", "impression", 1, f"s{i}"), ("red", "B", "impression", 5, f"s{i}")]
        rows += [("blue", "B", "impression", 1, f"s{i}"), ("blue", "A", "impression", 5, f"s{i}")]
        rows += [("blue", "B", "click", 1, f"s{i}")] if i % 2 else []
        rows += [("red", "A", "click", 1, f"s{i}")] if i % 4 == 0 else []
        rows += [("red", "B", "click", 5, f"s{i}")] if i % 5 == 0 else []
    log = log_of(rows)
    assert cell(log, "red", "A", "clicks") > cell(log, "red", "B", "clicks")
    assert cell(log, "red", "A", "score") < cell(log, "red", "B", "score")


def slow_counts(rows):
    """Count as `count_events` does, row by row."""
    impressions, sessions, loose = {}, {}, {}
    for query, item, action, _, session in rows:
        pair = (query.lower(), item)
        if action == "impression":
            impressions[pair] = impressions.get(pair, 0) + 1
        elif session is None:
            loose[pair] = loose.get(pair, 0) + 1
        else:
            sessions.setdefault(pair, set()).add(session)
    pairs = sorted({*impressions, *sessions, *loose})
    return [
        [*pair, impressions.get(pair, 0), len(sessions.get(pair, ())) + loose.get(pair, 0)]
        for pair in pairs
    ]


EVENTS = st.tuples(
    st.sampled_from(["red", "RED", "blue"]),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["impression", "impression", "click"]),
    st.sampled_from([1, 2, None]),
    st.sampled_from(["s1", "s2", None]),
)


@settings(max_examples=5, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_counts_agree_with_counting_row_by_row(rows):
    rows = [*rows, ("red", "A", "click", 1, "s1")]
    log = log_of(rows)
    counts = log.clicks[["instance_id", "item_id", "impressions", "clicks"]]
    assert counts.to_numpy().tolist() == slow_counts(rows)
    assert (log.clicks["score"] > 0).all()


@settings(max_examples=5, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_order_of_events_does_not_matter(rows):
    rows = [*rows, ("red", "A", "click", 1, "s1")]
    one, other = log_of(rows), log_of(rows[::-1])
    pd.testing.assert_frame_equal(one.clicks, other.clicks)
    pd.testing.assert_frame_equal(one.queries, other.queries)


TIMED = st.tuples(
    st.sampled_from(["red", "RED", "blue"]),
    st.sampled_from(["A", "B", "Z"]),
    st.sampled_from(["impression", "impression", "click", "purchase", "hover"]),
    st.sampled_from([1, 2, None]),
    st.sampled_from(["s1", "s2", None]),
    st.sampled_from(["c1", None]),
    st.datetimes(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-03 23:00")),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(TIMED, max_size=30), st.integers(1, 3))
def test_days_add_up_to_the_whole_log(rows, cap):
    columns = [*COLUMNS, "client_id", "timestamp"]
    rows = [*rows, ("red", "A", "click", 1, "s1", "c1", pd.Timestamp("2025-01-02"))]
    days = {}
    for row in rows:
        days.setdefault(row[-1].date(), []).append(row)
    rules = {"max_client_clicks_per_hour": cap}
    one, many = Report(), Report()
    whole = sum_counts([counted(rows, columns, **rules)], ITEMS, report=one)
    parts = [counted(day, columns, **rules) for day in days.values()]
    summed = sum_counts(parts, ITEMS, report=many)
    pd.testing.assert_frame_equal(whole.clicks, summed.clicks)
    pd.testing.assert_frame_equal(whole.queries, summed.queries)
    assert one.to_dict()["counts"].keys() == many.to_dict()["counts"].keys()


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, bad_rows="error", **format_options):
        path = tmp_path / "clicks.csv"
        path.write_text(content, encoding="utf-8")
        fmt = ClickFormat(**format_options)
        return read_clicks(
            ibis.duckdb.connect(), path, ITEMS, fmt, bad_rows=bad_rows, report=Report()
        )

    return write_and_read


def test_file_with_a_column_of_clicks_holds_counts(read):
    log = read("user_query,object_id,n\nred,A,5\n", columns={"clicks": "n"})
    assert log.clicks["clicks"].tolist() == [5]


def test_file_of_events_is_read(read):
    log = read("user_query,object_id,action_name\nred,A,click\n")
    assert log.clicks["clicks"].tolist() == [1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("user_query,object_id,event\nred,A,click\n", "and .event. may be what it is called"),
        (
            "user_query,object_id,action_name,position\nred,A,click,0\n",
            r"'position' must be 1 or more.*line 2: '0'.*count positions from 1",
        ),
        (
            "user_query,object_id,action_name,position\nred,A,click,3000000000\n",
            r"'position' must be 1,000,000 or less, found 1 other value \(line 2: '3000000000'\)",
        ),
        ("user_query,object_id,clicks\nred,A,-3\n", r"'clicks' must be 0 or more.*line 2: '-3'"),
        ("user_query,object_id,clicks\nred,A,many\n", r"whole number.*line 2: 'many'"),
        ("user_query,object_id,clicks,impressions\nred,A,1,\n", "'impressions' must not be empty"),
    ],
)
def test_bad_rows_are_complained_about(read, content, expected):
    with pytest.raises(InputError, match=expected):
        read(content)


def test_bad_rows_can_be_left_out(read):
    content = "user_query,object_id,action_name,position\nred,A,click,0\nred,B,click,1\n"
    assert read(content, bad_rows="skip").clicks["item_id"].tolist() == ["B"]

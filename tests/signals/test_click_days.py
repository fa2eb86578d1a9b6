import ibis
import pandas as pd
import pyarrow as pa
import pytest

from workbench.report import Report
from workbench.signals.click_days import log_days, open_database_table
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_reading import click_log_of
from workbench.signals.clicks import count_log
from workbench.tables import to_frame

FMT = ClickFormat()
EVENTS = pd.DataFrame(
    {
        "query_id": ["q1", "q1", "q2", "q3"],
        "object_id": ["A", "B", "A", "B"],
        "action_name": "click",
        "timestamp": pd.to_datetime(
            ["2025-01-01 10:00", "2025-01-01 23:59", "2025-01-02 08:00", None]
        ),
    }
)
SEARCHES = pd.DataFrame(
    {
        "query_id": ["q1", "q2", "q3"],
        "user_query": ["red", "blue", "red"],
        "timestamp": pd.to_datetime(["2025-01-01", "2025-01-02", None]),
    }
)


@pytest.fixture
def database():
    connection = ibis.duckdb.connect()
    connection.create_table("events", pa.Table.from_pandas(EVENTS))
    connection.create_table("searches", pa.Table.from_pandas(SEARCHES))
    return connection


def days(database, searches=None):
    log = open_database_table(database, "events")
    return log_days(log, searches and open_database_table(database, searches), FMT)


def test_a_log_is_taken_day_by_day_and_rows_without_a_time_come_last(database):
    assert [day.name for day in days(database)] == [
        "events 2025-01-01",
        "events 2025-01-02",
        "events without a time",
    ]


def test_state_of_a_day_changes_with_its_rows_only(database):
    before = {day.name: day.state for day in days(database)}
    database.insert("events", pa.Table.from_pandas(EVENTS.iloc[[2]], preserve_index=False))
    after = {day.name: day.state for day in days(database)}
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["events 2025-01-02"]


def test_a_day_brings_its_own_searches(database):
    day = days(database, "searches")[0]
    log = click_log_of(day.log, FMT, searches=day.searches, report=Report())
    found = to_frame(log.table).sort_values(["action", "object_id"], ignore_index=True)
    assert found["action"].tolist() == ["click", "click", "search"]
    assert set(found["user_query"]) == {"red"}


def test_a_day_without_searches_is_counted_all_the_same(database):
    database.create_table("early", pa.Table.from_pandas(SEARCHES.iloc[[0]]))
    days_of_log = days(database, "early")
    assert [day.name for day in days_of_log][:2] == ["events 2025-01-01", "events 2025-01-02"]
    report = Report()
    log = click_log_of(days_of_log[0].log, FMT, searches=days_of_log[0].searches, report=report)
    assert count_log(log).clicked["clicks"].to_pylist() == [1, 1]
    quiet = log_days(
        open_database_table(database, "early"), open_database_table(database, "searches"), FMT
    )
    assert [day.name for day in quiet][1] == "early 2025-01-02"


def test_days_begin_at_midnight_utc_whatever_the_zone_of_the_log(database):
    log = open_database_table(database, "events")
    names = [day.name for day in log_days(log, None, ClickFormat(time_zone="Asia/Tokyo"))]
    # 23:59 in Tokyo is 14:59 UTC, 08:00 is 23:00 of the day before.
    assert names == ["events 2025-01-01", "events without a time"]


def test_searches_without_times_make_the_log_one_part(database):
    database.create_table("timeless", pa.Table.from_pandas(SEARCHES.drop(columns="timestamp")))
    (day,) = days(database, "timeless")
    assert day.name == "events"
    assert day.state == ("4", "3")

import gzip
import json

import ibis
import pandas as pd
import pytest

from workbench.errors import ConfigError, InputError
from workbench.report import Report
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_reading import EVENT_TYPES, read_click_log
from workbench.tables import to_frame

EVENTS = "user_query,object_id,action_name,position\n"


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


@pytest.fixture
def read(connection, tmp_path):
    """Write a log and read it; `read.report` and `read.kind` are those of the last call."""

    def write_and_read(content, name="clicks.csv", bad_rows="error", **settings):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        write_and_read.report = Report()
        fmt = ClickFormat(**settings)
        log = read_click_log(connection, path, fmt, bad_rows=bad_rows, report=write_and_read.report)
        write_and_read.kind = log.kind
        return to_frame(log.table)

    return write_and_read


def test_events_have_all_canonical_columns_in_their_types(read):
    log = read(EVENTS + "red,A, Click ,3\n")
    assert list(log.columns) == list(EVENT_TYPES)
    row = log.iloc[0]
    assert row[["user_query", "object_id", "action", "position"]].tolist() == [
        "red",
        "A",
        "click",
        3,
    ]
    assert row[["query_id", "session_id", "client_id", "timestamp", "device"]].isna().all()


def test_log_without_actions_is_one_of_clicks(read):
    log = read(
        "user,sku,category,query,click_time,query_time\n"
        '7,123,abc,"Red Shoe",2011-09-01 23:44:52.533,2011-09-01 23:43:59.752\n',
        columns={
            "client_id": "user",
            "object_id": "sku",
            "user_query": "query",
            "timestamp": "click_time",
        },
        time_zone="America/Chicago",
    )
    row = log.iloc[0]
    assert row[["user_query", "object_id", "client_id", "action"]].tolist() == [
        "Red Shoe",
        "123",
        "7",
        "click",
    ]
    assert row["timestamp"] == pd.Timestamp("2011-09-02 04:44:52.533")
    assert read.report.notes == ("no column action_name: every row of the log counts as a click",)


def test_log_that_names_its_actions_otherwise_is_not_taken_for_clicks(read):
    with pytest.raises(InputError, match=r'set columns\.action_name = "event_type", or rename'):
        read("user_query,object_id,event_type\nred,A,view\n")
    mapped = read(
        "user_query,object_id,event_type\nred,A,view\n", columns={"action_name": "event_type"}
    )
    assert mapped["action"].tolist() == ["view"]


def test_positions_from_0_come_out_from_1(read):
    assert read(EVENTS + "red,A,click,0\nred,B,click,\n", first_position=0)["position"][0] == 1
    with pytest.raises(InputError, match=r"'position' must be 0 or more.*line 2: '-1'.*first_posi"):
        read(EVENTS + "red,A,click,-1\n", first_position=0)


def test_position_of_0_says_what_to_set(read):
    with pytest.raises(
        InputError,
        match=r"'position' must be 1 or more, found 1 other value \(line 2: '0'\); count positions "
        r"from 1 \(set first_position = 0 if the log counts them from 0\), or leave the column out",
    ):
        read(EVENTS + "red,A,click,0\nred,A,click,1\n")


def test_rows_without_query_or_item_stay_as_nulls(read):
    log = read(EVENTS + " ,A,click,1\nred,,click,1\n")
    assert log["user_query"].isna().tolist() == [True, False]
    assert log["object_id"].isna().tolist() == [False, True]


def test_empty_action_says_where_searches_belong(read):
    with pytest.raises(InputError, match=r"'action_name' must not be empty.*set queries_path to"):
        read(EVENTS + "red,A,,1\n")


def test_timestamps_of_three_spellings_are_one_moment(read):
    content = "user_query,object_id,timestamp\n" + "".join(
        f"red,A,{text}\n"
        for text in ("2025-01-31T12:00:00+09:00", "2025/01/31 03:00", "1738292400000")
    )
    assert set(read(content)["timestamp"]) == {pd.Timestamp("2025-01-31 03:00")}


def test_ambiguous_timestamp_is_refused_with_what_is_expected(read):
    content = "user_query,object_id,timestamp\nred,A,01/02/2025\nred,B,2025-01-31\n"
    with pytest.raises(
        InputError,
        match=r"'timestamp' must be a date and time of 1990 to 2100 like 2025-01-31T12:00:00\+09:00"
        r" or 2025/01/31 12:00, or seconds,.* found 1 other value \(line 2: '01/02/2025'\)",
    ):
        read(content)
    assert read(content, bad_rows="skip")["object_id"].tolist() == ["B"]


def test_zone_that_is_not_there_is_refused(read):
    with pytest.raises(ConfigError, match="there is no zone 'Tokio'"):
        read("user_query,object_id,timestamp\nred,A,2025-01-31\n", time_zone="Tokio")


def test_nested_fields_of_insights_are_found(read):
    event = {"user_query": "red", "action_name": "click"}
    event["event_attributes"] = {"object": {"object_id": "A"}, "position": {"ordinal": 2}}
    log = read(json.dumps(event), "events.ndjson")
    assert log[["object_id", "position"]].to_numpy().tolist() == [["A", 2]]


def test_counts_keep_what_is_there(read):
    log = read(
        "q;item;n;shown;place;day;purchase;other\nred;A;3;10;0;2025-01-31;1;x\n",
        delimiter=";",
        first_position=0,
        columns={
            "user_query": "q",
            "object_id": "item",
            "clicks": "n",
            "impressions": "shown",
            "position": "place",
            "date": "day",
        },
    )
    assert read.kind == "counts"
    assert log.iloc[0].to_dict() == {
        "user_query": "red",
        "object_id": "A",
        "clicks": 3,
        "impressions": 10,
        "position": 1,
        "date": pd.Timestamp("2025-01-31").date(),
        "purchase": 1,
    }


@pytest.mark.parametrize("column", ["clicks", "impressions", "purchase"])
def test_negative_counts_are_refused(read, column):
    names = ["user_query", "object_id", "clicks", "impressions", "purchase"]
    cells = ["red", "A", *("-2" if name == column else "5" for name in names[2:])]
    with pytest.raises(InputError, match=f"'{column}' must be 0 or more.*line 2: '-2'"):
        read(f"{','.join(names)}\n{','.join(cells)}\n")


def test_more_clicks_than_impressions_are_kept(read):
    log = read("user_query,object_id,clicks,impressions\nred,A,5,0\n")
    assert log[["clicks", "impressions"]].to_numpy().tolist() == [[5, 0]]


def test_unknown_names_of_the_mapping_are_refused(read):
    with pytest.raises(ConfigError, match="click events has no column 'nope'; it has user_query"):
        read(EVENTS + "red,A,click,1\n", columns={"nope": "x"})


def test_damaged_files_are_refused(read, tmp_path):
    log = pd.DataFrame({"user_query": ["red"] * 999, "object_id": ["A"] * 999})
    log.to_parquet(tmp_path / "whole.parquet")
    packed = gzip.compress(log.to_csv(index=False).encode())
    cut = (tmp_path / "whole.parquet").read_bytes()[:-100]
    for content, name in ((cut, "clicks.parquet"), (packed[:-9], "clicks.csv.gz")):
        with pytest.raises(InputError, match=f"{name}: cannot be read as .*cut off or damaged"):
            read(content, name, bad_rows="skip")

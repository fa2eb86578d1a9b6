import json
import os
from pathlib import Path

import ibis
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_reading import read_click_log
from workbench.tables import to_frame

DATA = Path(os.environ.get("WORKBENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))
UBI = DATA / "search_ubi" / "ubi_queries_events.ndjson"


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


@pytest.fixture
def read(connection, tmp_path):
    """Write events and searches and read them; `read.report` is that of the last call."""

    def write_and_read(events, queries, suffix=".csv", bad_rows="error", **settings):
        paths = []
        for name, content in (("events", events), ("queries", queries)):
            paths.append(tmp_path / f"{name}{suffix}")
            if isinstance(content, pd.DataFrame):
                content.to_parquet(paths[-1])
            else:
                paths[-1].write_text(content, encoding="utf-8")
        return read_files(*paths, bad_rows=bad_rows, **settings)

    def read_files(events, queries, bad_rows="error", **settings):
        report = write_and_read.report = Report()
        log = read_click_log(
            connection,
            events,
            ClickFormat(**settings),
            queries_path=queries,
            bad_rows=bad_rows,
            report=report,
        )
        return to_frame(log.table)

    write_and_read.files = read_files
    return write_and_read


def rows(log, action, *columns):
    """Return the rows of an action, sorted, with None for what is unknown."""
    found = log.loc[log["action"] == action, list(columns)].astype(object)
    return sorted(found.where(found.notna(), None).to_numpy().tolist(), key=str)


QUERIES = 'query_id,user_query,query_response_hit_ids\nq1,red shoe,"A,B"\nq2,blue,\n'
CLICKS = "query_id,object_id\nq1,B\nq2,C\n"


def test_clicks_take_query_and_place_from_their_search(read):
    log = read(CLICKS, QUERIES)
    assert rows(log, "click", "user_query", "object_id", "position") == [
        ["blue", "C", None],
        ["red shoe", "B", 2],
    ]


def test_hits_are_impressions_at_their_place(read):
    log = read(CLICKS, QUERIES)
    assert rows(log, "impression", "query_id", "object_id", "position") == [
        ["q1", "A", 1],
        ["q1", "B", 2],
    ]
    assert read.report.counted("searches whose hit list gives their impressions") == 1


def test_every_search_is_a_row_of_its_own(read):
    log = read(CLICKS, QUERIES)
    assert rows(log, "search", "user_query", "object_id") == [["blue", None], ["red shoe", None]]


def test_hits_of_a_search_with_impressions_do_not_count_twice(read):
    events = "query_id,object_id,action_name,position\nq1,B,impression,2\nq1,B,click,2\n"
    queries = QUERIES.replace("blue,", 'blue,"C,D"')
    log = read(events, queries)
    assert rows(log, "impression", "query_id", "object_id") == [
        ["q1", "B"],
        ["q2", "C"],
        ["q2", "D"],
    ]
    line = "searches whose hit list is not counted, for their impressions are in the log"
    assert read.report.counted(line) == 1


def test_what_an_event_says_itself_stays(read):
    events = "query_id,object_id,user_query,session_id\nq1,B,crimson,\nq1,B,,s9\n"
    queries = "query_id,user_query,session_id\nq1,red,s1\n"
    log = read(events, queries)
    assert rows(log, "click", "user_query", "session_id") == [["crimson", "s1"], ["red", "s9"]]


def test_diginetica_like_log(read):
    log = read(
        "queryId;timeframe;eventdate;itemId\n1;800;2016-05-09;20\n",
        "queryId;sessionId;userId;timeframe;duration;eventdate;searchstring.tokens;items\n"
        "1;5;;10;3;2016-05-09;30,31;10,20,30\n",
        delimiter=";",
        columns={"query_id": "queryId", "object_id": "itemId", "timestamp": "eventdate"},
        query_columns={
            "query_id": "queryId",
            "session_id": "sessionId",
            "client_id": "userId",
            "user_query": "searchstring.tokens",
            "timestamp": "eventdate",
            "query_response_hit_ids": "items",
        },
    )
    day = pd.Timestamp("2016-05-09")
    assert rows(log, "click", "user_query", "object_id", "session_id", "position", "timestamp") == [
        ["30,31", "20", "5", 2, day]
    ]
    assert rows(log, "impression", "object_id", "position") == [["10", 1], ["20", 2], ["30", 3]]


def test_yandex_like_log(read):
    log = read(
        "serp\turl\n1-0\tu2\n",
        "serp\tsession\tquery\turls\n1-0\t1\t158\tu1 u2\n",
        suffix=".tsv",
        hits_separator=" ",
        columns={"query_id": "serp", "object_id": "url"},
        query_columns={
            "query_id": "serp",
            "session_id": "session",
            "user_query": "query",
            "query_response_hit_ids": "urls",
        },
    )
    assert rows(log, "click", "user_query", "session_id", "position") == [["158", "1", 2]]
    assert rows(log, "impression", "object_id", "position") == [["u1", 1], ["u2", 2]]


@pytest.mark.parametrize("hits", [["A", "B"], "A,B", "['A', 'B']", '["A","B"]'])
def test_hits_of_parquet_may_be_lists_or_texts(read, hits):
    queries = {"query_id": ["q1"], "user_query": ["red"], "query_response_hit_ids": [hits]}
    events = pd.DataFrame({"query_id": ["q1"], "object_id": ["A"]})
    log = read(events, pd.DataFrame(queries), suffix=".parquet")
    assert rows(log, "impression", "object_id") == [["A"], ["B"]]


def test_events_without_a_search_are_counted(read):
    events = "query_id,object_id,action_name\nq1,A,click\nq9,A,click\n,A,purchase\n,B,purchase\n"
    log = read(events, QUERIES)
    assert rows(log, "purchase", "object_id") == []
    assert read.report.lines()[2:4] == [
        "events without a query and without a query_id, left out: 2 (such as 'purchase (2)')",
        "events whose query_id no search has, left out: 1 (such as 'q9')",
    ]


def test_no_event_of_any_search_is_an_error(read):
    with pytest.raises(InputError, match=r"queries\.csv: no event has a query_id of the searches"):
        read("query_id,object_id\nx1,A\n", QUERIES)


def test_of_searches_with_one_query_id_the_one_with_most_hits_counts(read):
    queries = 'query_id,user_query,query_response_hit_ids\nq1,re,A\nq1,red,"A,B"\nq1,r,\nq2,b,C\n'
    log = read(CLICKS, queries)
    assert rows(log, "search", "query_id", "user_query") == [["q1", "red"], ["q2", "b"]]
    assert rows(log, "impression", "object_id") == [["A"], ["B"], ["C"]]
    lines = "\n".join(read.report.lines())
    assert "with the query_id of another, left out (the one with most hits counts): 2" in lines
    assert "searches whose rows have several queries" in lines


def test_search_without_an_id_is_a_bad_row(read):
    queries = "query_id,user_query\n,red\nq2,blue\n"
    with pytest.raises(InputError, match=r"queries\.csv: 'query_id' must not be empty.*\(line 2\)"):
        read(CLICKS, queries)
    log = read(CLICKS, queries, bad_rows="skip")
    assert rows(log, "click", "user_query") == [["blue"]]
    assert read.report.counted("queries.csv: rows left out, 'query_id' must not be empty") == 1


def test_missing_column_of_the_searches_names_its_setting(read):
    with pytest.raises(InputError, match=r"'user_query' is missing.*set query_columns\.user_query"):
        read(CLICKS, "query_id,text\nq1,red\n")


def test_counts_take_no_searches(read):
    with pytest.raises(InputError, match=r"counts need no table of searches.*leave queries_path"):
        read("user_query,object_id,clicks\nred,A,1\n", QUERIES)


def test_searches_may_stand_between_the_events(read, tmp_path):
    click = {"action_name": "click", "query_id": "q1", "timestamp": 1717527762025}
    click["event_attributes"] = {"object": {"object_id": "A"}, "position": {"ordinal": 0}}
    lines = [
        {"index": {"_index": "ubi_queries"}},
        {"query_id": "q1", "user_query": "red", "timestamp": "2024-06-04T19:02:42+0000"},
        click,
        {"action_name": "page_exit", "query_id": "q1", "user_query": None},
        {"query_id": "q1", "event_attributes": {"object": {"object_id": "B"}}},
    ]
    path = tmp_path / "ubi.ndjson"
    path.write_text("\n".join(map(json.dumps, lines)))
    log = read.files(path, path, first_position=0)
    assert rows(log, "click", "user_query", "object_id", "position", "timestamp") == [
        ["red", "A", 1, pd.Timestamp("2024-06-04 19:02:42.025")]
    ]
    assert rows(log, "page_exit", "object_id", "user_query") == [[None, "red"]]
    counted = read.report.counted
    assert counted("ubi.ndjson: rows with an item but without an action, left out") == 1
    assert (
        counted(
            "ubi.ndjson: rows that are neither events nor searches, such as lines of a bulk "
            "index, left out"
        )
        == 1
    )


@pytest.mark.skipif(not UBI.exists(), reason="needs search_ubi of the shared data")
def test_real_file_of_insights_is_read_whole(read):
    log = read.files(UBI, UBI, first_position=0)
    slow = [json.loads(line) for line in UBI.read_bytes().splitlines()]
    events = [row for row in slow if row.get("action_name")]
    texts = {row["query_id"] for row in slow if "query_id" in row and not row.get("action_name")}
    kept = [e for e in events if e.get("user_query") or e.get("query_id") in texts]
    n_clicks = sum(event["action_name"] == "click" for event in kept)
    assert len(rows(log, "click", "object_id")) == n_clicks
    own = {e["query_id"] for e in kept if e["action_name"] == "impression"}
    n_own = sum(event["action_name"] == "impression" for event in kept)
    lists = {}
    for row in slow:
        if row.get("query_id") in texts - own and "query_response_hit_ids" in row:
            n_hits = len(row["query_response_hit_ids"])
            lists[row["query_id"]] = max(lists.get(row["query_id"], 0), n_hits)
    assert len(rows(log, "impression", "object_id")) == n_own + sum(lists.values())
    assert log["position"].min() == 1
    assert log.loc[log["action"] != "search", "timestamp"].notna().all()


def test_searches_that_were_all_skipped_are_named_as_the_cause(read):
    queries = "query_id,user_query,timestamp\nq1,red,01/02/2025\nq2,blue,2025-01-01\n"
    events = "query_id,object_id\nq1,A\nq1,B\nq9,C\n"
    says = r"queries\.csv: no event is left: 2 of 3 belong to searches in bad rows, .*such as q1\)"
    with pytest.raises(InputError, match=says):
        read(events, queries, bad_rows="skip")

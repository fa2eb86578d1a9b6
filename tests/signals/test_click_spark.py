"""The same log on PySpark as on DuckDB."""

import json
import shutil

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.report import Report
from workbench.signals.click_counts import ClickRules
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_reading import read_click_log
from workbench.signals.click_sum import sum_counts
from workbench.signals.clicks import read_counts
from workbench.tables import connect, from_frame
from workbench.tables.times import typed_time

pytest.importorskip("pyspark", reason="needs PySpark: pip install 'label-workbench[spark]'")
pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="PySpark needs Java"),
    # PySpark warns of the pandas that we need; its streams and sockets close when Python ends.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    session = (
        builder.config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield ibis.pyspark.connect(session)
    session.stop()


def read(connection, events, queries, fmt):
    report = Report()
    log = read_click_log(connection, events, fmt, queries_path=queries, report=report)
    rows = log.table.to_pyarrow().to_pylist()
    return sorted(map(str, map(list, map(dict.values, rows)))), report.lines()


def insights(folder):
    """Searches between events: positions from 0, times of several spellings, hits, a lost id."""
    times = ["2025-01-31T12:00:00+09:00", "2025/01/31 12:00", 1738292400000, "1738292400", None]
    click = {
        "action_name": "Click",
        "event_attributes": {"object": {"object_id": "B"}, "position": {"ordinal": 1}},
    }
    lines = [{"index": {"_index": "ubi"}}, {"query_id": "q1", "user_query": "re"}]
    lines += [{"query_id": "q1", "user_query": "red", "query_response_hit_ids": ["A", "B"]}]
    lines += [{"query_id": "q2", "user_query": "青い靴", "query_response_hit_ids": ["B"]}]
    lines += [{**click, "query_id": f"q{i % 3}", "timestamp": t} for i, t in enumerate(times)]
    lines += [{**click, "query_id": "q2", "action_name": "impression"}]
    path = folder / "ubi.ndjson"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path, path, ClickFormat(first_position=0, time_zone="Asia/Tokyo")


def parquet(folder):
    events = {"query_id": ["q1", "q2", None], "object_id": ["B", " ", "C"]}
    pd.DataFrame(events).to_parquet(folder / "events.parquet")
    queries = {"query_id": ["q1", "q2"], "user_query": ["red", ""]}
    hits = {
        "query_response_hit_ids": ["A, B", None],
        "timestamp": pd.to_datetime(["2025-07-01"] * 2),
    }
    pd.DataFrame(queries | hits).to_parquet(folder / "queries.parquet")
    return (
        folder / "events.parquet",
        folder / "queries.parquet",
        ClickFormat(time_zone="Asia/Tokyo"),
    )


def delimited(folder):
    events = folder / "events.csv"
    events.write_text('user_query;object_id;position\n"red; dark";A;1\n"say ""hi""";B;\n')
    return events, None, ClickFormat(delimiter=";")


def counts(folder):
    events = folder / "counts.csv"
    events.write_text("user_query,object_id,clicks,date,position\nred,A,3,2025/01/31,0\n")
    return events, None, ClickFormat(first_position=0)


@pytest.mark.parametrize("write", [insights, parquet, delimited, counts])
def test_log_is_the_same_on_both(spark, write, tmp_path):
    log = write(tmp_path)
    found, expected = read(spark, *log), read(ibis.duckdb.connect(), *log)
    assert found == expected
    assert found[0]


def test_summer_time_is_the_same_on_both(spark):
    texts = [f"2025-{month:02d}-09 02:30" for month in range(1, 13)] + ["2025-11-02T01:30:00Z"]
    cells = from_frame(pd.DataFrame({"cell": texts}))
    times = cells.select("cell", time=typed_time(cells["cell"], "America/New_York"))
    found, expected = (
        connection.to_pyarrow(times).to_pylist() for connection in (spark, ibis.duckdb.connect())
    )
    assert sorted(map(str, found)) == sorted(map(str, expected))


def log_of_all_kinds(folder):
    """Spellings, sessions and clients with and without ids, devices, days, a client too busy."""
    rng = np.random.default_rng(0)
    n = 400
    pick = rng.choice
    minutes = pd.to_timedelta(rng.integers(0, 3 * 24 * 60, n), unit="min")
    events = pd.DataFrame(
        {
            "user_query": pick(["red", "RED", "青い靴", None], n),
            "object_id": pick(["A", "B", "C", None], n),
            "action_name": pick(
                ["impression", "click", "purchase", "hover"], n, p=[0.5, 0.3, 0.1, 0.1]
            ),
            "position": pd.array(pick([1, 2, 3], n), dtype="Int64"),
            "session_id": pick(["s1", "s2", "s3", None], n),
            "client_id": pick(["c1", "c2", None], n),
            "query_id": pick([f"q{i}" for i in range(40)], n),
            "device": pick(["mobile", "desktop", None], n),
            "timestamp": pd.Timestamp("2025-01-01") + minutes,
        }
    )
    events.to_parquet(folder / "events.parquet", index=False)
    return folder / "events.parquet"


def counts_of(connection, path):
    report = Report()
    counts = read_counts(
        connection, path, rules=ClickRules(max_client_clicks_per_hour=2), report=report
    )
    log = sum_counts([counts], pd.DataFrame({"item_id": ["A", "B", "C"]}), report=report)
    return log, report


def test_counts_are_the_same_on_both(spark, tmp_path):
    path = log_of_all_kinds(tmp_path)
    (found, told), (expected, told_by_duckdb) = counts_of(spark, path), counts_of(connect(), path)
    pd.testing.assert_frame_equal(found.clicks, expected.clicks)
    pd.testing.assert_frame_equal(found.queries, expected.queries)
    assert told.lines() == told_by_duckdb.lines()
    assert len(found.clicks) == 2 * 3

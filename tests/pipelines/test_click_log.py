import re

import pytest

from pipelines.click_doubts import doubts_about_log
from pipelines.click_form import LogSample
from pipelines.config import check_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.init import InitRequest, init_workspace
from pipelines.run import run_pipeline
from pipelines.stages import Run
from workbench.errors import ConfigError
from workbench.report import Report
from workbench.signals.click_scores import UNSEEN

QUIET = Terminal(quiet=True)


@pytest.fixture
def shop(tmp_path):
    """A workspace over clicks that name their search by an id only."""
    (tmp_path / "items.csv").write_text("id,title,brand\nA,red shoe,x\nB,blue shoe,y\n")
    (tmp_path / "clicks.csv").write_text("queryId;itemId\n1;B\n2;A\n")
    (tmp_path / "queries.csv").write_text(
        "queryId;searchstring.tokens;items\n1;red;A,B\n2;blue;A\n"
    )
    request = InitRequest(
        clicks=tmp_path / "clicks.csv",
        queries=tmp_path / "queries.csv",
        catalog=tmp_path / "items.csv",
    )
    return init_workspace(tmp_path / "shop", request, QUIET)


def read(workspace):
    config = check_config(workspace.config(), "workbench.toml")
    return ingest(Run(workspace, config, QUIET))


def test_clicks_and_searches_of_two_files_meet(shop):
    clicks = read(shop).table("clicks")
    counts = clicks[["instance_id", "item_id", "impressions", "clicks"]]
    assert counts.to_numpy().tolist() == [
        ["blue", "A", 1, 1],
        ["red", "A", 1, 0],
        ["red", "B", 1, 1],
    ]


def test_changed_searches_are_read_again(shop, tmp_path):
    first = read(shop)
    queries = (tmp_path / "queries.csv").read_text()
    (tmp_path / "queries.csv").write_text(queries.replace("red", "crimson"))
    again = read(shop)
    assert again.folder != first.folder
    assert "crimson" in again.table("instances")["instance_id"].tolist()


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("time_zone", "Tokio", "there is no zone 'Tokio'; use a name such as 'UTC'"),
        ("first_position", 2, "input should be 0 or 1"),
        ("delimiter", "||", "should have at most 1 character"),
    ],
)
def test_settings_that_make_no_sense_are_named(key, value, says):
    clicks = {"path": "c.csv", key: value}
    inputs = {"clicks": clicks, "catalog": {"path": "i.csv", "attributes": {"B": "b"}}}
    with pytest.raises(ConfigError, match=says):
        check_config({"inputs": inputs}, "workbench.toml")


@pytest.fixture
def skipping(shop, tmp_path):
    """What is reported of a log whose bad rows are skipped."""

    def report_of(queries, events):
        (tmp_path / "queries.csv").write_text(f"query_id,user_query,timestamp\n{queries}")
        header = "query_id,object_id,action_name,position\n"
        (tmp_path / "clicks.csv").write_text(header + events)
        text = shop.config_path.read_text().replace('bad_rows = "error"', 'bad_rows = "skip"')
        text = re.sub(r"(?m)^(columns|query_columns) = .*queryId.*$", "", text)
        shop.config_path.write_text(text.replace('delimiter = ";"', ""))
        return Report.from_dict(read(shop).json("report"))

    return report_of


def test_events_of_a_search_that_was_skipped_are_told_from_those_of_none(skipping):
    events = "q1,A,click,1\nq2,A,click,1\nq2,B,click,2\nq4,A,click,1\n"
    report = skipping("q1,red,2025-01-01\nq2,blue,01/02/2025\n", events)
    lines = "\n".join(report.lines())
    assert (
        "events without a query whose search was left out of queries.csv for its bad row, left out "
        "too: 2 (such as 'q2')"
    ) in lines
    assert "events whose query_id no search has, left out: 1 (such as 'q4')" in lines


def test_clicks_may_have_lost_their_impressions_with_skipped_rows(skipping):
    events = "q1,A,impression,1\nq1,B,impression,-3\nq1,B,click,\nq1,A,click,1\n"
    assert (
        "clicks without an impression (1) may have lost it with the rows of the log that "
        'bad_rows = "skip" left out (1)'
    ) in skipping("q1,red,2025-01-01\n", events).notes


def test_skipped_searches_are_no_rows_of_the_log(skipping):
    events = "q1,A,impression,1\nq1,B,click,\nq1,A,click,1\n"
    report = skipping("q1,red,2025-01-01\nq2,blue,01/02/2025\n", events)
    assert any(line.startswith("queries.csv: rows left out, ") for line in report.lines())
    assert report.counted(UNSEEN) == 1
    assert not any("may have lost it" in note for note in report.notes)


COUNTS = (
    "user_query;object_id;klicks;einblendungen;when\nred shoe;1;3;12;May\nred shoe;2;0;20;June\n"
)


@pytest.fixture
def counts(tmp_path):
    """A log of counts whose columns have names of their own, of one query: enough for labels."""
    (tmp_path / "items.csv").write_text("id,title,color\n1,Red shoe,Red\n2,Blue hat,Blue\n")
    (tmp_path / "counts.csv").write_text(COUNTS)
    return InitRequest(clicks=str(tmp_path / "counts.csv"), catalog=tmp_path / "items.csv")


def test_counts_under_other_names_are_warned_of_at_every_run(counts, tmp_path, capsys):
    root = init_workspace(tmp_path / "shop", counts, QUIET).root
    for _ in range(2):
        run_pipeline(root, terminal=QUIET, show=0)
        told = capsys.readouterr().err
        assert "every row counts as a click" in told
        assert "'klicks', 'einblendungen' hold whole numbers that nobody reads" in told
        assert 'columns = { clicks = "klicks" }' in told


def test_counts_that_were_mapped_are_not_warned_of(counts, tmp_path, capsys):
    path = init_workspace(tmp_path / "shop", counts, QUIET).config_path
    mapped = 'columns = { clicks = "klicks", impressions = "einblendungen" }'
    path.write_text(path.read_text().replace("columns = {}", mapped, 1))
    run_pipeline(path.parent, terminal=QUIET, show=0)
    assert "every row counts" not in capsys.readouterr().err


def test_counts_of_cells_that_a_configured_sign_parts_are_warned_of(counts, tmp_path, capsys):
    path = init_workspace(tmp_path / "shop", counts, QUIET).config_path
    # One sign that is never guessed, and one that a comma in the header hides.
    for sign in "^;":
        text = COUNTS.replace(";", sign).replace("when", '"when, roughly"')
        (tmp_path / "counts.csv").write_text(text)
        path.write_text(re.sub('delimiter = "."', f'delimiter = "{sign}"', path.read_text()))
        run_pipeline(path.parent, terminal=QUIET, show=0)
        assert "'klicks', 'einblendungen' hold whole" in capsys.readouterr().err


def test_a_warning_that_is_wrong_can_be_silenced_and_nothing_is_read_anew(counts, tmp_path, capsys):
    path = init_workspace(tmp_path / "shop", counts, QUIET).config_path
    run_pipeline(path.parent, terminal=QUIET, show=0)
    answer = 'not_counts = ["klicks", "einblendungen"]'
    assert answer in capsys.readouterr().err
    path.write_text(path.read_text().replace("not_counts = []", answer))
    run = run_pipeline(path.parent, terminal=QUIET, show=0)
    assert "every row counts" not in capsys.readouterr().err
    assert not any(entry["done"] for entry in run.costs.entries)


def test_init_names_the_numbers_that_may_be_counts(counts, tmp_path, capsys):
    init_workspace(tmp_path / "shop", counts, Terminal())
    assert "'klicks', 'einblendungen' hold whole numbers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "n_doubts"),
    [
        ({"n": 3, "m": 2.0}, 1),
        ({"n": "12"}, 1),
        ({"n": 1.5, "m": True, "k": float("nan"), "text": "3 of 4", "none": None}, 0),
        ({"n": 3, "action_name": "view"}, 0),
        ({"position": 3, "session_id": 12}, 0),
    ],
)
def test_only_whole_numbers_that_nobody_reads_are_doubted(row, n_doubts):
    log = LogSample("log", [{"user_query": "q", "object_id": "1", **row}])
    assert len(doubts_about_log(log, {})) == n_doubts


def log_of(name, cells, *, n_pairs):
    """Return a log whose pairs come again after so many rows."""
    rows = [
        {"user_query": f"q{row % n_pairs}", "object_id": "1", name: cell}
        for row, cell in enumerate(cells)
    ]
    return LogSample("log", rows)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("user_id", range(4000, 4100)),
        ("price_cents", [1299, 0, 250, 99] * 25),
        ("date", ["20260105", "20260106"] * 50),
        ("click_date", [20260105, 20260106] * 50),
        ("clicked_at", [1767600000, 1767600001] * 50),
        ("year", [2025, 2026] * 50),
        ("position", [0, 1, 2, 1, 0, 3] * 20),
        ("rank", [0, 1, 2, 1, 0, 3] * 20),
        ("click_rank", [1, 2, 3] * 30),
        ("n_results", [48, 7, 1, 2, 320] * 20),
        ("quantity", [1, 1, 1, 2, 4] * 20),
        ("is_mobile", [0, 1] * 50),
        ("percent_off", [0, 0, 0, 10, 20] * 20),
        ("review_count", [3, 12, 240] * 30),
        ("account", [1, 2, 3] * 30),
        ("client_number", [1, 2, 3] * 30),
    ],
)
@pytest.mark.parametrize("n_pairs", [10, 1000])
def test_whole_numbers_beside_clicks_are_no_counts(name, cells, n_pairs):
    assert doubts_about_log(log_of(name, cells, n_pairs=n_pairs), {}) == []


@pytest.mark.parametrize(
    "name",
    "klicks n views anzahl クリック数 ｸﾘｯｸ数 表示回数 Klicks_gesamt clicks_30_days numClicks "
    "nb_clics page_views pageViews viewcount Impressions tıklama клики 点击量 클릭수 n_searches "
    "event_count cnt wyświetlenia visualizaciones".split(),
)
def test_counts_are_doubted_by_their_name(name):
    (doubt,) = doubts_about_log(log_of(name, ["3", "12", "0"], n_pairs=1), {})
    assert f"'{name}' holds whole numbers" in doubt
    assert f'not_counts = ["{name}"]' in doubt


def test_counts_are_doubted_by_their_numbers_where_no_pair_comes_twice():
    cells = [0, 1, 0, 2, 1, 0, 17, 3] * 10
    assert len(doubts_about_log(log_of("m1", cells, n_pairs=80), {})) == 1
    assert doubts_about_log(log_of("m1", cells, n_pairs=40), {}) == []


def test_a_name_in_any_language_is_proposed_for_clicks():
    (doubt,) = doubts_about_log(log_of("クリック数", [3, 12], n_pairs=2), {})
    assert 'columns = { clicks = "クリック数" }' in doubt

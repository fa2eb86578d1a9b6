import duckdb
import pandas as pd
import pytest
from scipy.sparse import csr_array, save_npz

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.init import InitRequest, init_workspace
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.signals.click_days import connect_database
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "items.csv").write_text("id,name,heel_height,brand,product_type\n1,a,x,z,S\n")
    (tmp_path / "events.csv").write_text("user_query,object_id,action_name\nq,1,click\n")
    (tmp_path / "texts.jsonl").write_text('{"id": "a", "title": "red shoe"}\n')
    (tmp_path / "labels.csv").write_text("id,label\na,red\n")
    (tmp_path / "tree.csv").write_text("category_id,parent_id,name\ns,,Shoes\n")
    (tmp_path / "aliases.csv").write_text("attribute,value,alias\nbrand,z,zed\n")
    (tmp_path / "log.jsonl").write_text('{"user_query": "q", "object_id": "1"}\n')
    (tmp_path / "names.txt").write_text("red\n")
    save_npz(tmp_path / "Y.npz", csr_array([[1]]))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "Y.npz").read_bytes()[:50])
    return tmp_path


def test_columns_of_a_feed_become_attributes(files):
    request = InitRequest(clicks=files / "events.csv", catalog=files / "items.csv")
    workspace = init_workspace(files / "shop", request, QUIET)
    catalog = read_config(workspace.config_path).inputs.catalog
    assert catalog.attributes == {"Heel height": "heel_height", "Brand": "brand"}
    assert catalog.category == "product_type"
    assert catalog.columns == {"title": "name"}


def test_common_names_of_columns_are_mapped(files):
    request = InitRequest(texts=files / "texts.jsonl", labels=files / "labels.csv")
    workspace = init_workspace(files / "papers", request, QUIET)
    labels = read_config(workspace.config_path).inputs.labels
    assert labels.text_columns == {"instance_id": "id", "text": "title"}
    assert labels.pair_columns == {"instance_id": "id", "label_id": "label"}


def test_a_log_may_begin_with_an_event_without_an_object(files):
    search, click = '{"user_query": "q", "id": "1", "title": "t"}', '{"object_id": "1"}'
    (files / "log.jsonl").write_text(f"{search}\n{click}\n")
    request = InitRequest(clicks=files / "log.jsonl", catalog=files / "items.csv")
    assert init_workspace(files / "shop", request, QUIET).config_path.exists()


def said(files, capsys, **named):
    init_workspace(files / "shop", InitRequest(**named), Terminal())
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("catalog", ["id,name", "artno,path", "artno,titel"])
def test_columns_of_other_names_are_told_and_left_to_the_configuration(files, catalog, capsys):
    (files / "searches.csv").write_text("suchwort,sku,name\nq,1,a\n")
    (files / "catalog.csv").write_text(f"{catalog}\n1,a\n")
    shown = said(files, capsys, clicks=files / "searches.csv", catalog=files / "catalog.csv")
    assert "  read: object_id from 'sku'" in shown
    assert "  not read: 'suchwort', 'name'" in shown
    assert (
        "  user_query was not found (one of 'suchwort', 'name'?): add user_query = \"its column\" "
        "to `columns` of [inputs.clicks] in workbench.toml"
    ) in shown
    lost = [line.split()[0] for line in shown if "[inputs.catalog] in workbench.toml" in line]
    assert (
        lost
        == {"id,name": [], "artno,path": ["id", "title"], "artno,titel": ["id", "title"]}[catalog]
    )


def test_key_and_title_under_foreign_names_are_no_attributes(files, capsys):
    rows = [f"A{i},Nike light running shoe {i},{'red' if i % 2 else 'blue'}" for i in range(30)]
    (files / "catalog.csv").write_text("\n".join(["artno,bezeichnung,farbe", *rows]))
    shown = said(files, capsys, clicks=files / "events.csv", catalog=files / "catalog.csv")
    assert "  attributes: Farbe from 'farbe'" in shown
    assert "  left out, another value on every row: 'artno'" in shown
    assert "  left out, free text: 'bezeichnung'" in shown
    assert any(line.startswith("  id was not found (one of 'artno'?)") for line in shown)
    assert any(line.startswith("  title was not found (one of 'bezeichnung'?)") for line in shown)


def test_what_is_not_found_but_not_needed_is_listed(files, capsys):
    shown = said(files, capsys, clicks=files / "events.csv", catalog=files / "items.csv")
    assert "events.csv is read as a log of events:" in shown
    assert "  not found: query_id, session_id, client_id, timestamp, position, device" in shown


@pytest.fixture
def database(files):
    with duckdb.connect(files / "log.duckdb") as connection:
        connection.sql("create table events (search_term text, object_id text, clicks int)")
        connection.sql("insert into events values ('red', '1', 2)")
    return f"duckdb://{files / 'log.duckdb'}"


def test_a_log_may_be_a_table_of_a_database(files, database, capsys):
    log = {"clicks": database, "clicks_table": "events", "catalog": files / "items.csv"}
    shown = said(files, capsys, **log)
    assert shown[:2] == [
        "table events is read as a log of counts:",
        "  read: user_query from 'search_term', object_id, clicks",
    ]
    config = read_config(files / "shop" / "workbench.toml")
    assert (config.inputs.clicks.database, config.inputs.clicks.table) == (database, "events")
    workspace = Workspace(files / "shop")
    with workspace.lock():
        ingested = ingest(Run(workspace, config, QUIET))
    assert ingested.table("clicks")["clicks"].tolist() == [2]


def test_a_duckdb_beside_the_user_is_written_with_its_whole_path(files, database, monkeypatch):
    monkeypatch.chdir(files)
    log = {"clicks": "duckdb://log.duckdb", "clicks_table": "events"}
    init_workspace(files / "shop", InitRequest(**log, catalog=files / "items.csv"), QUIET)
    assert read_config(files / "shop" / "workbench.toml").inputs.clicks.database == database


@pytest.mark.parametrize("name", ["a b", "a#1", "a%20b", "a?b", "ü"])
def test_a_duckdb_may_have_any_name(files, database, monkeypatch, name):
    (files / "log.duckdb").rename(files / f"{name}.duckdb")
    monkeypatch.chdir(files)
    log = {"clicks": f"duckdb://{name}.duckdb", "clicks_table": "events"}
    workspace = init_workspace(files / "w", InitRequest(**log, catalog=files / "items.csv"), QUIET)
    monkeypatch.chdir(files / "w")
    with workspace.lock():
        ingested = ingest(Run(workspace, read_config(workspace.config_path), QUIET))
    assert ingested.table("clicks")["clicks"].tolist() == [2]


@pytest.mark.parametrize("read_only", ["True", "False"])
def test_a_duckdb_is_only_read_whatever_its_url_says(files, database, read_only):
    connection = connect_database(f"{database}?read_only={read_only}", files)
    assert connection.list_tables() == ["events"]
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        connection.raw_sql("create table more as select 1")


def test_settings_of_a_duckdb_reach_it(files, database):
    connection = connect_database(f"{database}?memory_limit=77MB&threads=1", files)
    told = connection.raw_sql("select current_setting('memory_limit')").fetchone()
    assert told == ("73.4 MiB",)


def test_a_database_that_is_not_there_is_told_with_the_name_of_the_option(files, monkeypatch):
    monkeypatch.chdir(files)
    log = {"clicks": "duckdb://no.duckdb", "clicks_table": "events"}
    says = rf"duckdb://no.duckdb: there is no database {files}/no.duckdb; .* correct --clicks, or"
    with pytest.raises(InputError, match=says):
        init_workspace(files / "w", InitRequest(**log, catalog=files / "items.csv"), QUIET)


def test_a_variable_of_the_environment_stays_a_name(files, database, monkeypatch):
    monkeypatch.setenv("LOG_DATABASE", database.removeprefix("duckdb://"))
    log = {"clicks": "duckdb://$LOG_DATABASE", "clicks_table": "events"}
    workspace = init_workspace(files / "w", InitRequest(**log, catalog=files / "items.csv"), QUIET)
    text = workspace.config_path.read_text()
    assert 'database = "duckdb://$LOG_DATABASE"' in text
    assert "log.duckdb" not in text


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ({"clicks": "sqlite://me:secret@host/d", "clicks_table": "e"}, "the URL holds a password"),
        ({"clicks": "trino://h/d?token=secret", "clicks_table": "e"}, "the URL holds a password"),
        ({"clicks": "trino://me:se#cret@h/d", "clicks_table": "e"}, "the URL holds a password"),
        ({"clicks": "events.csv", "clicks_table": "e"}, "--clicks-table: for a log in a database"),
        ({"clicks": "duckdb://x", "queries": "events.csv"}, "of searches is --queries-table"),
    ],
)
def test_a_log_in_a_database_is_named_as_one(files, log, says):
    with pytest.raises(InputError, match=says):
        init_workspace(files / "w", InitRequest(**log, catalog=files / "items.csv"), QUIET)


def test_without_a_table_those_of_the_database_are_named(files, database):
    with pytest.raises(InputError, match="with --clicks-table; the database has events"):
        init_workspace(
            files / "w", InitRequest(clicks=database, catalog=files / "items.csv"), QUIET
        )


def test_a_log_may_be_a_folder_of_parts(files):
    (files / "log").mkdir()
    pd.DataFrame({"user_query": ["q"], "object_id": ["1"]}).to_parquet(files / "log" / "1.parquet")
    request = InitRequest(clicks=files / "log", catalog=files / "items.csv")
    assert init_workspace(files / "shop", request, QUIET).config()["inputs"]["clicks"]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({}, "name the inputs"),
        ({"clicks": "events.csv"}, "--clicks needs --catalog"),
        ({"texts": "texts.jsonl"}, "--labels needs --texts"),
        ({"texts": "none.csv", "labels": "labels.csv"}, "does not exist"),
        (
            {"clicks": "items.csv", "catalog": "events.csv"},
            "--clicks .*items.csv: expected the columns user_query, .*, found id, name, .*"
            " as of --catalog; are the files swapped",
        ),
        ({"clicks": "events.csv", "catalog": "tree.csv"}, "--catalog .* as of --taxonomy; are"),
        (
            {
                "clicks": "log.jsonl",
                "catalog": "items.csv",
                "taxonomy": "aliases.csv",
                "aliases": "tree.csv",
            },
            "--taxonomy .* expected the columns category_id, parent_id, name or path, .* --aliases",
        ),
        (
            {"clicks": "tree.csv", "catalog": "log.jsonl", "taxonomy": "items.csv"},
            "--clicks .*swap",
        ),
        ({"texts": "labels.csv", "labels": "texts.jsonl"}, "--texts .* as of --labels; are the"),
        (
            {"texts": "texts.jsonl", "labels": "names.txt", "label_names": "Y.npz"},
            "--label-names .*Y.npz is a matrix .*, which only --labels takes; are the files swap",
        ),
        ({"texts": "Y.npz", "labels": "labels.csv"}, "--texts .*Y.npz is a matrix"),
        (
            {"texts": "texts.jsonl", "labels": "cut.npz", "label_names": "names.txt"},
            "cut.npz: expected a sparse matrix .* is cut off",
        ),
        (
            {"texts": "texts.jsonl", "labels": "labels.csv", "label_names": "items.csv"},
            "--label-names is for a matrix",
        ),
        (
            {"texts": "texts.jsonl", "labels": "labels.csv", "catalog": "items.csv"},
            "--texts, --labels cannot be used together with --catalog: a workspace starts from",
        ),
    ],
)
def test_options_that_make_no_way_in_are_named(named, says, files):
    request = InitRequest(**{name: files / path for name, path in named.items()})
    with pytest.raises(InputError, match=says):
        init_workspace(files / "w", request, QUIET)


def click_settings(files, clicks, **named):
    request = InitRequest(clicks=files / clicks, catalog=files / "items.csv", **named)
    workspace = init_workspace(files / "shop", request, QUIET)
    return read_config(workspace.config_path).inputs.clicks


def test_names_of_known_logs_are_mapped_and_their_delimiter_told(files):
    (files / "clicks.csv").write_text("queryId;timeframe;eventdate;itemId\n1;5;2016-05-09;A\n")
    (files / "queries.csv").write_text("queryId;userId;searchstring.tokens;items\n1;7;red;A,B\n")
    clicks = click_settings(files, "clicks.csv", queries=files / "queries.csv")
    assert clicks.queries_path == "../queries.csv"
    assert clicks.delimiter == ";"
    assert clicks.columns == {
        "object_id": "itemId",
        "query_id": "queryId",
        "timestamp": "eventdate",
    }
    assert clicks.query_columns == {
        "user_query": "searchstring.tokens",
        "query_id": "queryId",
        "client_id": "userId",
        "query_response_hit_ids": "items",
    }


def test_positions_from_0_and_searches_between_events_are_seen(files):
    (files / "ubi.ndjson").write_text(
        '{"index": {}}\n{"query_id": "1", "user_query": "red"}\n'
        '{"action_name": "click", "query_id": "1", "event_attributes": '
        '{"object": {"object_id": "A"}, "position": {"ordinal": 0}}}\n'
    )
    clicks = click_settings(files, "ubi.ndjson")
    assert (clicks.first_position, clicks.queries_path) == (0, "../ubi.ndjson")


def test_only_the_columns_that_are_not_found_are_called_so(files, capsys):
    (files / "labels.csv").write_text("query_nr,tag\na,red\n")
    request = InitRequest(texts=files / "texts.jsonl", labels=files / "labels.csv")
    init_workspace(files / "shop", request, Terminal())
    told = capsys.readouterr().out
    assert "labels.csv: not found: instance_id; found query_nr, tag: name the column " in told
    assert "`pair_columns` of [inputs.labels] in workbench.toml" in told
    assert "column 'tag' is taken as label_id" in told


def test_plain_log_needs_no_settings(files):
    clicks = click_settings(files, "events.csv")
    assert (clicks.columns, clicks.queries_path, clicks.delimiter) == ({}, None, None)
    assert clicks.first_position == 1

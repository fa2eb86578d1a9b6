import duckdb
import pandas as pd
import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.report import Report
from workbench.signals import clicks
from workbench.workspace import Workspace


def ingested(folder):
    """Return the artefact of the first stage, and the lines of its report."""
    workspace = Workspace(folder)
    with workspace.lock():
        run = Run(workspace, read_config(workspace.config_path), Terminal(quiet=True))
        artefact = ingest(run)
    return artefact, Report.from_dict(artefact.json("report"))


@pytest.fixture
def parts(workspace):
    """The folder of the log in parts, and the events of each; the workspace reads the folder."""
    events = pd.read_parquet(workspace.parent / "data" / "events.parquet")
    folder = workspace.parent / "data" / "days"
    folder.mkdir()
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("data/events.parquet", "data/days"))
    month = events["timestamp"].dt.strftime("%Y-%m")
    first_half = events["timestamp"].dt.day <= 15
    return folder, dict(list(events.groupby(month + first_half.map({True: "-a", False: "-b"}))))


def write(folder, part, events):
    events.to_parquet(folder / f"{part}.parquet", index=False)


def test_parts_give_the_tables_of_one_file(workspace, parts):
    folder, events = parts
    assert len(events) > 3
    for part, rows in events.items():
        write(folder, part, rows)
    one = Workspace(workspace).artefact("ingest")
    many, _ = ingested(workspace)
    for name in ("clicks", "instances"):
        pd.testing.assert_frame_equal(one.table(name), many.table(name))


def test_only_new_parts_are_read(workspace, parts, monkeypatch):
    folder, events = parts
    *first, last = events.items()
    for part, rows in first:
        write(folder, part, rows)
    ingested(workspace)
    write(folder, *last)
    read = []
    original = clicks.read_counts

    def counted(connection, path, *rest, **named):
        read.append(path.name)
        return original(connection, path, *rest, **named)

    monkeypatch.setattr("pipelines.ingest_clicks.read_counts", counted)
    _, report = ingested(workspace)
    assert read == [f"{last[0]}.parquet"]
    assert any(note.startswith(f"1 of {len(events)} parts of the log") for note in report.notes)


def test_rows_of_all_parts_are_counted_in_one_line(workspace, parts):
    folder, events = parts
    for part, rows in events.items():
        write(folder, part, rows)
    _, report = ingested(workspace)
    assert report.counted("log: rows") == sum(map(len, events.values()))


def test_new_catalog_needs_no_log_to_be_read(workspace, monkeypatch):
    def refused(*arguments, **named):
        raise AssertionError("the log was read again")

    monkeypatch.setattr("pipelines.ingest_clicks.read_counts", refused)
    items = workspace.parent / "data" / "items.csv"
    items.write_text("\n".join(items.read_text().splitlines()[:-1]) + "\n")
    ingested(workspace)


@pytest.fixture
def warehouse(workspace):
    """A database with the events of all days but the last, and a function that adds the last."""
    return make_warehouse(workspace, pd.read_parquet(workspace.parent / "data" / "events.parquet"))


@pytest.fixture
def few_days(workspace):
    """A database with the events of two days, each of which is read by itself."""
    events = pd.read_parquet(workspace.parent / "data" / "events.parquet")
    day = events["timestamp"].dt.date
    make_warehouse(workspace, events[day >= sorted(set(day))[-3]])


def make_warehouse(workspace, events):
    path = workspace.parent / "data" / "warehouse.duckdb"
    day = events["timestamp"].dt.date
    is_last = day == day.max()

    def add(rows, sql="insert into events from rows"):
        with duckdb.connect(path) as database:
            database.register("rows", rows)
            database.sql(sql)

    add(events[~is_last], "create table events as from rows")
    config = workspace / "workbench.toml"
    text = config.read_text()
    line = next(
        line for line in text.splitlines() if line.startswith("path = ") and "events" in line
    )
    url = f"duckdb://{path}"
    config.write_text(text.replace(line, f'database = "{url}"\ntable = "events"'))
    return lambda: add(events[is_last])


def test_days_of_a_database_give_the_tables_of_one_file(workspace, warehouse):
    one = Workspace(workspace).artefact("ingest")
    _, before = ingested(workspace)
    warehouse()
    many, report = ingested(workspace)
    pd.testing.assert_frame_equal(one.table("clicks"), many.table("clicks"))
    assert any(note.startswith("1 of ") for note in report.notes)
    assert report.counted("log: rows") > before.counted("log: rows")


@pytest.mark.parametrize("form", ["duckdb://../data/warehouse.duckdb", "../data/warehouse.duckdb"])
def test_relative_database_starts_at_the_configuration(workspace, few_days, form, monkeypatch):
    config = workspace / "workbench.toml"
    path = workspace.parent / "data" / "warehouse.duckdb"
    config.write_text(config.read_text().replace(f"duckdb://{path}", form))
    monkeypatch.chdir(workspace.parent.parent)
    _, report = ingested(workspace)
    assert report.counted("log: rows") > 0
    path.unlink()
    with pytest.raises(InputError, match=rf"there is no database {path}; a relative path starts"):
        ingested(workspace)


def test_table_that_is_not_there_is_named_with_those_that_are(workspace, few_days):
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace('table = "events"', 'table = "clicks"'))
    with pytest.raises(InputError, match="table 'clicks' is not in the database; it has events"):
        ingested(workspace)


def test_database_that_cannot_be_reached_is_told(workspace, few_days):
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("duckdb://", "nonsense://"))
    with pytest.raises(InputError, match=r"nonsense://.*cannot connect.*has to be an Ibis URL"):
        ingested(workspace)

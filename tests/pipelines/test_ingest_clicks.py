import pandas as pd
import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.stages import Run
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
def days(workspace):
    """The folder of the log by day, and the events of each; the workspace reads the folder."""
    events = pd.read_parquet(workspace.parent / "data" / "events.parquet")
    folder = workspace.parent / "data" / "days"
    folder.mkdir()
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("data/events.parquet", "data/days"))
    return folder, dict(list(events.groupby(events["timestamp"].dt.date)))


def write(folder, day, events):
    events.to_parquet(folder / f"{day}.parquet", index=False)


def test_days_give_the_tables_of_one_file(workspace, days):
    folder, events = days
    for day, rows in events.items():
        write(folder, day, rows)
    one = Workspace(workspace).artefact("ingest")
    many, _ = ingested(workspace)
    for name in ("clicks", "instances"):
        pd.testing.assert_frame_equal(one.table(name), many.table(name))


def test_only_new_days_are_read(workspace, days, monkeypatch):
    folder, events = days
    *first, last = events.items()
    for day, rows in first:
        write(folder, day, rows)
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


def test_rows_of_all_days_are_counted_in_one_line(workspace, days):
    folder, events = days
    for day, rows in events.items():
        write(folder, day, rows)
    _, report = ingested(workspace)
    assert report.counted("log: rows") == sum(map(len, events.values()))


def test_new_catalog_needs_no_log_to_be_read(workspace, monkeypatch):
    def refused(*arguments, **named):
        raise AssertionError("the log was read again")

    monkeypatch.setattr("pipelines.ingest_clicks.read_counts", refused)
    items = workspace.parent / "data" / "items.csv"
    items.write_text("\n".join(items.read_text().splitlines()[:-1]) + "\n")
    ingested(workspace)

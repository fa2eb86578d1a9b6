import pandas as pd
import pytest

from pipelines.console import Terminal
from pipelines.drift import drift_line
from pipelines.run import run_pipeline
from pipelines.status import show_status
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)


def lose_clicks(workspace) -> None:
    """Keep a third of the queries' clicks only."""
    path = workspace.parent / "data" / "events.parquet"
    events = pd.read_parquet(path)
    clicked = events["action_name"] == "click"
    path.unlink()
    events[~clicked | (events.index % 3 == 0)].to_parquet(path, index=False)


def test_the_first_run_has_nothing_to_compare_with(finished):
    told = drift_line(Workspace(finished / "workspace"))
    assert told == "sources: nothing to compare with yet"


def test_a_run_says_what_drifted(workspace, capsys):
    lose_clicks(workspace)
    run_pipeline(workspace, terminal=Terminal(), show=0)
    printed = capsys.readouterr().out
    assert "figures drifted since" in printed
    assert "click: " in printed


def test_status_says_so_if_nothing_drifted(workspace, capsys):
    config = workspace / "workbench.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("\nthreshold = 0.5", "\nthreshold = 0.45"), encoding="utf-8")
    run_pipeline(workspace, terminal=QUIET, show=0)
    show_status(workspace, terminal=Terminal(), check=False, rebuild=False, report=False)
    assert "sources: no drift beyond noise since 20" in capsys.readouterr().out


def test_what_reviewed_pairs_teach_is_no_drift_of_the_signals(workspace):
    posterior = Workspace(workspace).artefact("label").table("posterior")
    # Every fourth pair that was believed is none.
    wrong = posterior[(posterior["posterior"] > 0.9) & (posterior["votes_for"] > 0)][::4]
    sheet = wrong[["instance_id", "label_id"]].assign(verdict="absent")
    sheet.to_csv(workspace / "reviewed.csv", index=False)
    config = workspace / "workbench.toml"
    config.write_text(config.read_text() + '\n[inputs.reviewed]\npath = "reviewed.csv"\n')
    run_pipeline(workspace, terminal=QUIET, show=0)
    told = drift_line(Workspace(workspace))
    assert "so no signal drifted; what is believed of them moved with the reviewed pairs" in told
    assert "the label model (dawid_skene before, dawid_skene_reviewed now): click: accuracy" in told


def test_damaged_labels_of_another_run_do_not_fail_this_one(workspace):
    lose_clicks(workspace)
    before = Workspace(workspace).artefact("label").folder
    run_pipeline(workspace, terminal=QUIET, show=0)
    (before / "sources.parquet").unlink()
    told = drift_line(Workspace(workspace))
    assert told.startswith("sources: cannot be compared with the run before;")
    assert "sources.parquet is gone" in told


@pytest.mark.parametrize("name", ["sources", "source_pairs", "source_levels"])
def test_the_label_stage_writes_the_figures_of_its_sources(finished, name):
    table = Workspace(finished / "workspace").artefact("label").table(name)
    assert len(table) >= 3

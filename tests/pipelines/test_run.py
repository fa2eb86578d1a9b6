import json

import pandas as pd
import pytest

from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.retrain import retrain_model
from pipelines.run import run_pipeline
from pipelines.status import show_status
from workbench.errors import AxisMismatchError, WorkbenchError
from workbench.model import training
from workbench.workspace import Workspace
from workbench.workspace.trained_models import newest_model

QUIET = Terminal(quiet=True)


def stages_done(folder):
    run = run_pipeline(folder, terminal=QUIET, show=0)
    return [entry["stage"] for entry in run.costs.entries if entry["done"]]


def change(folder, old, new):
    path = folder / "workbench.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_second_run_does_nothing(workspace):
    assert stages_done(workspace) == []


def test_a_second_run_says_so(workspace, capsys):
    run_pipeline(workspace, terminal=Terminal(), show=0)
    assert "nothing to do: everything is up to date" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("max_issues = 100000", "max_issues = 50", ["flag"]),
        ("below_quality = 0.75", "below_quality = 0.5", ["flag"]),
        ("n_folds = 5", "n_folds = 3", ["score", "flag"]),
        ("leaf_size = 100", "leaf_size = 50", ["train", "score", "flag"]),
        ("min_df = 2", "min_df = 3", ["features", "train", "score", "flag"]),
        ("threshold = 0.5", "threshold = 0.6", ["label", "train", "score", "flag"]),
    ],
)
def test_after_a_parameter_only_the_stages_below_run(workspace, old, new, expected):
    change(workspace, old, new)
    assert stages_done(workspace) == expected


def test_after_an_input_changed_every_stage_that_sees_it_runs(workspace):
    aliases = workspace.parent / "data" / "aliases.csv"
    aliases.write_text(aliases.read_text() + "Color,Blue,ao-iro,ja\n")
    assert stages_done(workspace) == ["ingest", "label", "features", "train", "score", "flag"]


def test_a_parameter_set_back_finds_its_artefacts_again(workspace):
    change(workspace, "max_issues = 100000", "max_issues = 50")
    stages_done(workspace)
    change(workspace, "max_issues = 50", "max_issues = 100000")
    assert stages_done(workspace) == []
    assert len(Workspace(workspace).artefact("flag").table("issues")) > 50


def test_a_configuration_set_back_brings_its_labels_and_model_back(workspace):
    change(workspace, "threshold = 0.5", "threshold = 0.9")
    stages_done(workspace)
    assert Workspace(workspace).latest_labels().name == "v2"
    change(workspace, "threshold = 0.9", "threshold = 0.5")
    stages_done(workspace)
    assert Workspace(workspace).latest_labels().name == "v1"
    assert newest_model(Workspace(workspace), "v1").manifest["label_version"] == "v1"


def test_an_interrupted_run_leaves_the_last_good_state(workspace, monkeypatch):
    before = Workspace(workspace).current()
    change(workspace, "min_df = 2", "min_df = 3")
    monkeypatch.setattr("pipelines.run.score", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_pipeline(workspace, terminal=QUIET, show=0)
    assert Workspace(workspace).current() == before


def interrupt(*_):
    raise KeyboardInterrupt


def test_labels_of_other_inputs_are_not_trained_on(workspace):
    items = workspace.parent / "data" / "events.parquet"
    events = pd.read_parquet(items)
    gone = events["user_query"].iloc[0]
    events[events["user_query"] != gone].to_parquet(items)
    run_pipeline(workspace, terminal=QUIET, show=0)
    with pytest.raises(AxisMismatchError, match="labels v1 were made from other inputs"):
        retrain_model(workspace, labels="v1", terminal=QUIET)


def test_the_run_report_names_what_every_stage_cost(finished):
    report = json.loads((finished / "workspace" / "reports" / "run.json").read_text())
    costs = {entry["stage"]: entry for entry in report["stages"]}
    assert list(costs) == ["ingest", "label", "features", "train", "score", "flag"]
    assert all(entry["cpu_seconds"] > 0 and entry["peak_mb"] > 0 for entry in costs.values())
    assert [part["part"] for part in costs["label"]["parts"]][:3] == [
        "similar texts",
        "votes of click",
        "votes of dictionary",
    ]


def test_every_issue_has_a_readable_reason_and_a_rank_of_its_kind(finished):
    issues = Workspace(finished / "workspace").artefact("flag").table("issues")
    assert set(issues["kind"]) == {"wrong", "missing"}
    for _, part in issues.groupby("kind"):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
    assert issues["reason"].str.endswith(".").all()


def test_all_artefacts_match_their_checksums(finished):
    workspace = Workspace(finished / "workspace")
    for stage in ("ingest", "label", "features", "score", "flag"):
        workspace.artefact(stage).check()


def test_a_run_beside_another_is_refused(workspace):
    with (
        Workspace(workspace).lock(),
        pytest.raises(WorkbenchError, match="another command is writing"),
    ):
        run_pipeline(workspace, terminal=QUIET, show=0)


@pytest.fixture
def interrupted(workspace, monkeypatch):
    """A workspace whose training with leaves of 40 was interrupted."""
    change(workspace, "leaf_size = 100", "leaf_size = 40")
    real, calls = training.train_block, []

    def interrupt_the_fourth(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt("by hand")
        return real(*arguments)

    monkeypatch.setattr(training, "train_block", interrupt_the_fourth)
    with pytest.raises(KeyboardInterrupt, match="by hand"):
        stages_done(workspace)
    return workspace


def test_an_interrupted_training_goes_on_from_its_finished_blocks(interrupted):
    workspace = interrupted
    assert list((workspace / "unfinished").glob("*/blocks-*.npz"))
    assert stages_done(workspace) == ["train", "score", "flag"]
    assert not list((workspace / "unfinished").glob("*"))


def test_what_an_abandoned_configuration_left_is_removed_and_said(interrupted, capsys):
    (left,) = (interrupted / "unfinished").iterdir()
    change(interrupted, "leaf_size = 40", "leaf_size = 30")
    run_pipeline(interrupted, terminal=Terminal(), show=0)
    assert not list((interrupted / "unfinished").iterdir())
    assert f"of other interrupted trainings, 1: {left.name}" in capsys.readouterr().out


def test_what_is_unfinished_is_named_with_what_becomes_of_it(interrupted, capsys):
    (left,) = (interrupted / "unfinished").iterdir()
    show_status(interrupted, terminal=Terminal(), check=False, rebuild=False, report=False)
    assert f"interrupted trainings: {left.name}, " in capsys.readouterr().out


def test_what_is_unfinished_stays_until_another_model_is_trained(interrupted):
    change(interrupted, "leaf_size = 40", "leaf_size = 100")
    assert stages_done(interrupted) == []
    assert list((interrupted / "unfinished").glob("*/blocks-*.npz"))


def test_too_few_queries_for_a_model_still_make_labels(tmp_path, capsys):
    (tmp_path / "log.csv").write_text("user_query,object_id,clicks\nred shoe,1,9\n")
    (tmp_path / "items.csv").write_text("id,title,color\n1,Red shoe,Red\n2,Blue hat,Blue\n")
    request = InitRequest(clicks=tmp_path / "log.csv", catalog=tmp_path / "items.csv")
    workspace = init_workspace(tmp_path / "w", request, QUIET)
    assert run_pipeline(tmp_path / "w", terminal=Terminal(), show=0).n_done == 2
    shown = capsys.readouterr()
    said = "1 instance is too few: a model, its scores and the issues need at least 2"
    assert said in shown.err
    assert "given pairs; no model was trained" in shown.out
    assert "too few" not in shown.out
    assert workspace.latest_labels().labels().label_ids.tolist() == ["Color: Blue", "Color: Red"]

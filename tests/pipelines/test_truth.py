"""What is said of a configured truth that knows other instances than the workspace."""

import pandas as pd
import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.run import run_pipeline
from pipelines.stages import Run
from pipelines.test_labels import read_truth
from workbench.errors import InputError
from workbench.workspace import Workspace


@pytest.fixture
def read(workspace, capsys):
    """Read a truth whose rows are those of the shop after a change; return what was told."""
    found, path = Workspace(workspace), workspace / "workbench.toml"
    path.write_text(path.read_text() + '\n[inputs.truth]\npath = "truth.csv"\n')
    given = found.latest_labels().labels()
    pairs = given.to_frame()[["instance_id", "label_id"]]

    def write_and_read(change):
        renamed = pairs.assign(instance_id=pairs["instance_id"].map(change))
        renamed.to_csv(workspace / "truth.csv", index=False)
        run = Run(found, read_config(path), Terminal())
        read_truth(run, pd.Index(pairs["instance_id"].unique()), given.label_ids)
        return capsys.readouterr().out

    write_and_read.first = pairs["instance_id"].iloc[0]
    return write_and_read


def test_a_truth_of_the_same_instances_says_nothing(read):
    assert read(lambda instance: instance) == ""


def test_instances_that_only_one_side_knows_are_counted(read):
    told = read(lambda instance: "elsewhere" if instance == read.first else instance)
    unknown, without = told.splitlines()
    assert unknown.startswith("truth.csv: 1 of its ")
    assert unknown.endswith(" is not in the workspace and is left out (such as 'elsewhere')")
    assert without.startswith("truth.csv: 1 of the ")
    assert without.endswith(f" to measure on has no label in it (such as '{read.first}')")


def test_queries_in_another_spelling_are_told_with_the_form_to_use(read):
    told = read(lambda instance: instance.upper() if instance == read.first else instance)
    assert f"; 1 of them would be if written in normal form, such as '{read.first}'" in told
    with pytest.raises(InputError, match=r"none of its instances .* of them would be if written"):
        read(lambda instance: instance.upper() if instance.islower() else f"no {instance}")


def test_a_truth_that_is_missing_stops_a_run_at_once(workspace):
    path = workspace / "workbench.toml"
    path.write_text(path.read_text() + '\n[inputs.truth]\npath = "none.csv"\n')
    with pytest.raises(InputError, match=r"none\.csv does not exist; correct the path 'none\.csv'"):
        run_pipeline(workspace, terminal=Terminal(quiet=True), show=0)

import re

import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.demo import run_demo, tell_detection
from pipelines.stages import Run
from pipelines.test_labels import read_truth
from workbench.errors import WorkbenchError
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(WorkbenchError, match=r"neither empty .*: it holds thesis\.tex; name"):
        run_demo(tmp_path, budget=1, terminal=Terminal(quiet=True))
    with pytest.raises(WorkbenchError, match=r"thesis\.tex is a file; name another folder"):
        run_demo(tmp_path / "thesis.tex", budget=1, terminal=Terminal(quiet=True))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "shop"
    run_demo(folder, budget=1500, terminal=Terminal(quiet=True))
    return Workspace(folder)


@pytest.mark.slow
def test_the_model_is_better_after_cleaning(demo):
    (comparison,) = demo.comparisons()
    found = comparison.table("metrics")
    found = found[(found["segment"] == "all") & (found["metric"] == "precision")]
    values = found.set_index(["k", "model"])["value"]
    assert comparison.manifest["test_labels"] == "the known truth"
    for k in (1, 3, 5):
        assert values[k, "v2"] > values[k, "v1"]
    gains = comparison.table("differences")
    gains = gains[(gains["segment"] == "all") & (gains["metric"] == "precision")].set_index("k")
    assert gains.loc[5, "low"] > 0


@pytest.mark.slow
def test_every_decision_of_the_stand_in_is_on_record(demo):
    with DecisionStore(demo.decisions_path) as store:
        log = store.log()
    assert len(log) == len(log.drop_duplicates(["instance_id", "label_id"]))
    assert set(log["reviewer"]) == {"stand-in (truth)"}
    assert set(log["label_version"]) == {"v1"}


@pytest.mark.slow
def test_the_queue_beats_a_random_one_by_three_times(demo, capsys):

    labels = demo.label_version("v1").labels()
    run = Run(demo, read_config(demo.config_path), Terminal(quiet=True))
    truth = read_truth(run, labels.instance_ids, labels.label_ids)
    tell_detection(demo, truth, Terminal())
    gains = re.findall(r"([\d.]+) times", capsys.readouterr().out)
    assert len(gains) == 2
    assert all(float(gain) >= 3 for gain in gains)

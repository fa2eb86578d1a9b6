import re

import numpy as np
import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.demo import run_demo, tell_detection
from pipelines.stages import Run
from pipelines.test_labels import read_truth
from pipelines.training import make_estimator, rows_of_split, weighted_labels
from workbench.errors import WorkbenchError
from workbench.evaluate import precision_at_k
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
    run_demo(folder, budget=2000, terminal=Terminal(quiet=True))
    return Workspace(folder)


@pytest.fixture(scope="module")
def truth(demo):
    given = demo.label_version("v1").labels()
    run = Run(demo, read_config(demo.config_path), Terminal(quiet=True))
    return read_truth(run, given.instance_ids, given.label_ids)


def precision_of_models(demo, truth, version, n_models=12):
    """Return P@1, P@3 and P@5 on test instances, means over models that differ by their seed."""
    train, test = (
        rows_of_split(demo.artefact("ingest").table("instances"), split)
        for split in ("train", "test")
    )
    X, Y = demo.artefact("features").matrix("X"), demo.label_version(version).labels()
    model, found = make_estimator(read_config(demo.config_path)), []
    for seed in range(n_models):
        model.set_params(random_state=seed).fit(X[train], weighted_labels(Y)[train])
        predicted = model.predict(X[test], k=5)
        found.append([precision_at_k(predicted, truth.values[test], k) for k in (1, 3, 5)])
    return np.mean(found, axis=0)


@pytest.mark.slow
def test_models_are_better_after_cleaning(demo, truth):
    before, after = (precision_of_models(demo, truth, version) for version in ("v1", "v2"))
    assert (after > before).all()


@pytest.mark.slow
def test_the_gain_is_shown_against_the_truth_and_beyond_chance(demo):
    (comparison,) = demo.comparisons()
    assert comparison.manifest["test_labels"] == "the known truth"
    gains = comparison.table("differences")
    gains = gains[(gains["segment"] == "all") & (gains["metric"] == "precision")].set_index("k")
    assert gains.loc[3, "low"] > 0
    assert gains.loc[5, "low"] > 0


@pytest.mark.slow
def test_every_decision_of_the_stand_in_is_on_record(demo):
    with DecisionStore(demo.decisions_path) as store:
        log = store.log()
    assert len(log) == len(log.drop_duplicates(["instance_id", "label_id"]))
    assert set(log["reviewer"]) == {"stand-in (truth)"}
    assert set(log["label_version"]) == {"v1"}


@pytest.mark.slow
def test_the_queue_beats_a_random_one_by_three_times(demo, truth, capsys):
    tell_detection(demo, truth, Terminal())
    gains = re.findall(r"([\d.]+) times", capsys.readouterr().out)
    assert len(gains) == 2
    assert all(float(gain) >= 3 for gain in gains)

"""Training on a label version takes the trees and the unchanged blocks of the model before."""

import json
import shutil

import numpy as np
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.console import Terminal
from pipelines.model_choice import remove_model, use_model
from pipelines.model_list import show_models
from pipelines.retrain import retrain_model
from workbench.errors import DamagedArtefactError, InputError
from workbench.workspace import Workspace
from workbench.workspace.trained_models import load_model

QUIET = Terminal(quiet=True)


@pytest.fixture
def decided(workspace, decide_pairs):
    """A workspace whose first twenty likely wrong pairs are taken away in v2."""
    issues = Workspace(workspace).artefact("flag").table("issues")
    decide_pairs(issues[issues["kind"] == "wrong"].head(20), "absent")
    apply_decisions_to(workspace, terminal=QUIET)
    return workspace


def test_a_model_says_whose_trees_it_stands_on_and_what_was_trained(decided, capsys):
    first = Workspace(decided).current_model("v1")
    model = retrain_model(decided, labels=None, terminal=Terminal())
    assert first.manifest["trees"]["of"] == first.folder.name
    assert model.manifest["trees"] == first.manifest["trees"]
    assert model.manifest["blocks"]["taken_from"] == first.folder.name
    assert f"on the trees of {first.folder.name}" in capsys.readouterr().out


def test_fresh_grows_other_trees_and_both_models_stay(decided):
    model = retrain_model(decided, labels=None, terminal=QUIET)
    fresh = retrain_model(decided, labels=None, fresh=True, terminal=QUIET)
    assert fresh.manifest["trees"]["of"] == fresh.folder.name != model.folder.name
    assert Workspace(decided).current_model("v2").folder == fresh.folder
    assert retrain_model(decided, labels=None, terminal=QUIET).folder == fresh.folder
    assert Workspace(decided).model(model.folder.name).folder == model.folder


def test_a_model_is_made_the_current_one_again(decided, capsys):
    model = retrain_model(decided, labels=None, terminal=QUIET).folder.name
    fresh = retrain_model(decided, labels=None, fresh=True, terminal=QUIET).folder.name
    with pytest.raises(InputError, match=rf"once another is: workbench models .* --use {model}$"):
        remove_model(decided, fresh, terminal=QUIET)
    use_model(decided, model, terminal=Terminal())
    assert f"{model} is the current model of labels v2; it was {fresh}" in capsys.readouterr().out
    assert retrain_model(decided, labels=None, terminal=QUIET).folder.name == model
    use_model(decided, model, terminal=Terminal())
    assert "already" in capsys.readouterr().out
    remove_model(decided, fresh, terminal=QUIET)


def test_a_model_of_other_settings_is_not_made_current(decided):
    model = Workspace(decided).current_model("v1").folder.name
    path = Workspace(decided).config_path
    path.write_text(path.read_text().replace("\nC = 1.0\n", "\nC = 0.5\n"))
    retrain_model(decided, labels="v1", terminal=QUIET)
    with pytest.raises(
        InputError, match=r"was made from other settings of \[model\] than those of today"
    ):
        use_model(decided, model, terminal=QUIET)


def test_a_damaged_model_is_not_made_current_and_is_not_promised_to_be_made_again(decided):
    model = retrain_model(decided, labels=None, terminal=QUIET).folder
    fresh = retrain_model(decided, labels=None, fresh=True, terminal=QUIET).folder
    weights = model / "model" / "tree0_level0_weights.npy"
    weights.write_bytes(bytes(weights.stat().st_size))
    with pytest.raises(DamagedArtefactError, match="another model of these labels is current"):
        use_model(decided, model.name, terminal=QUIET)
    assert Workspace(decided).current_model("v2").folder == fresh


def test_the_same_trees_and_labels_make_the_same_model_again(decided):
    model = retrain_model(decided, labels=None, terminal=QUIET)
    kept = load_model(model).trees_[0].levels[-1].weights.copy()
    fresh = retrain_model(decided, labels=None, fresh=True, terminal=QUIET)
    Workspace(decided).make_current({"model v2": model.folder.name})
    shutil.rmtree(model.folder)
    again = retrain_model(decided, labels=None, terminal=QUIET)
    assert again.folder.name == model.folder.name
    np.testing.assert_array_equal(load_model(again).trees_[0].levels[-1].weights, kept)
    remove_model(decided, fresh.folder.name, terminal=QUIET)
    assert not fresh.folder.exists()


def test_a_damaged_model_gives_no_trees_and_is_named(decided, capsys):
    first = Workspace(decided).current_model("v1").folder
    weights = first / "model" / "tree0_level0_weights.npy"
    weights.write_bytes(bytes(weights.stat().st_size))
    model = retrain_model(decided, labels=None, terminal=QUIET)
    assert model.manifest["trees"]["of"] == model.folder.name
    assert f"model {first.name} gives no trees" in capsys.readouterr().err


def test_a_damaged_current_model_is_made_again(decided, capsys):
    model = retrain_model(decided, labels=None, terminal=QUIET)
    weights = model.folder / "model" / "tree0_level0_weights.npy"
    sound = weights.read_bytes()
    weights.write_bytes(bytes(len(sound)))
    again = retrain_model(decided, labels=None, terminal=QUIET)
    assert (again.folder, weights.read_bytes()) == (model.folder, sound)
    assert f"{model.folder} is damaged: it is removed and the model" in capsys.readouterr().err


def test_a_deleted_fresh_model_grows_its_own_trees_again(decided):
    retrain_model(decided, labels=None, terminal=QUIET)
    fresh = retrain_model(decided, labels=None, fresh=True, terminal=QUIET)
    shutil.rmtree(fresh.folder)
    assert retrain_model(decided, labels=None, terminal=QUIET).folder == fresh.folder


def test_the_deleted_first_model_grows_its_own_trees_again(decided):
    first = Workspace(decided).current_model("v1")
    retrain_model(decided, labels=None, fresh=True, terminal=QUIET)
    shutil.rmtree(first.folder)
    assert (
        retrain_model(decided, labels="v1", terminal=QUIET).manifest["trees"]
        == (first.manifest["trees"])
    )


def test_the_trees_that_a_deleted_model_had_come_before_nearer_ones(decided, decide_pairs):
    model = retrain_model(decided, labels=None, terminal=QUIET)
    issues = Workspace(decided).artefact("flag").table("issues")
    decide_pairs(issues[issues["kind"] == "wrong"].tail(5), "absent")
    apply_decisions_to(decided, terminal=QUIET)
    third = retrain_model(decided, labels="v3", terminal=QUIET)
    retrain_model(decided, labels="v2", fresh=True, terminal=QUIET)
    shutil.rmtree(third.folder)
    again = retrain_model(decided, labels="v3", terminal=QUIET)
    assert (again.folder, again.manifest["trees"]) == (third.folder, model.manifest["trees"])


def test_models_are_listed_with_what_they_were_measured_against(workspace, capsys):
    (told,) = show_models(workspace, measure=True, terminal=Terminal())
    assert told["is_current"]
    assert told["measures"][0]["test_labels"] == "v1"
    assert 0 < told["measures"][0]["P@1"] <= 1
    assert "a label version may hold errors itself" in capsys.readouterr().out
    show_models(workspace, as_json=True, terminal=QUIET)
    assert json.loads(capsys.readouterr().out)[0]["model"] == told["model"]


def test_a_model_is_measured_once_on_the_same_labels(workspace):
    show_models(workspace, measure=True, terminal=QUIET)
    (told,) = show_models(workspace, measure=True, terminal=QUIET)
    assert len(told["measures"]) == 1


def test_models_measured_on_different_labels_are_not_compared(decided, capsys):
    Workspace(decided).measures_path(Workspace(decided).current_model("v1").folder.name).unlink()
    show_models(decided, test_labels="v1", terminal=QUIET)
    retrain_model(decided, labels=None, terminal=QUIET)
    show_models(decided, terminal=Terminal())
    printed = capsys.readouterr().out
    assert "cannot be compared by these figures" in printed
    assert sum(line.rstrip().endswith(" †") for line in printed.splitlines()) == 1


def test_a_measure_against_the_truth_is_shown_before_a_later_one(workspace, capsys):
    config = workspace / "workbench.toml"
    Workspace(workspace).latest_labels().labels().to_frame().to_csv(
        workspace / "t.csv", index=False
    )
    config.write_text(config.read_text() + '\n[inputs.truth]\npath = "t.csv"\n')
    for labels in ("truth", "v1"):
        show_models(workspace, test_labels=labels, terminal=QUIET)
    show_models(workspace, terminal=Terminal())
    assert "P@k in percent on the test split, against the known truth" in capsys.readouterr().out


def test_a_damaged_list_of_measures_is_measured_anew(workspace):
    path = Workspace(workspace).measures_path(Workspace(workspace).models()[0].folder.name)
    path.write_text("{")
    (told,) = show_models(workspace, measure=True, terminal=QUIET)
    assert len(told["measures"]) == 1


def test_the_current_model_is_not_removed(workspace):
    name = Workspace(workspace).models()[0].folder.name
    with pytest.raises(InputError, match="is the current model of labels v1 and is kept"):
        remove_model(workspace, name, terminal=QUIET)


@pytest.mark.parametrize("name", ["v9-12345678", "../labels/v1", ""])
@pytest.mark.parametrize("choose", [use_model, remove_model])
def test_what_is_no_model_is_neither_removed_nor_made_current(workspace, name, choose):
    with pytest.raises(InputError, match=r"there is no model .* there are: v1-"):
        choose(workspace, name, terminal=QUIET)

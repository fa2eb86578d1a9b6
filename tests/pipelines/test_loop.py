import uuid
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.compare import compare_models
from pipelines.console import Terminal
from pipelines.export import export_labels
from pipelines.predict import predict_texts
from pipelines.retrain import retrain_model
from workbench.errors import InputError, MissingArtefactError
from workbench.formats import read_xmc
from workbench.review.decisions import Decision
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)


def decide(folder, pair, verdict):
    workspace = Workspace(folder)
    decision = Decision(
        event_uid=str(uuid.uuid4()),
        decided_at=datetime(2026, 1, 5, tzinfo=UTC),
        reviewer="mika",
        instance_id=pair[0],
        label_id=pair[1],
        verdict=verdict,
    )
    with DecisionStore(workspace.decisions_path) as store:
        store.record(decision)


def first_issue(folder, kind):
    issues = Workspace(folder).artefact("flag").table("issues")
    one = issues[issues["kind"] == kind].iloc[0]
    return one["instance_id"], one["label_id"]


def pairs_of(labels):
    return set(labels.to_frame()[["instance_id", "label_id"]].itertuples(index=False, name=None))


def test_decisions_make_the_next_label_version(workspace):
    wrong, missing = first_issue(workspace, "wrong"), first_issue(workspace, "missing")
    decide(workspace, wrong, "absent")
    decide(workspace, missing, "present")
    version = apply_decisions_to(workspace, terminal=QUIET)
    before = pairs_of(Workspace(workspace).label_version("v1").labels())
    assert version.name == "v2"
    assert version.parent == "v1"
    assert pairs_of(version.labels()) == before - {wrong} | {missing}


def test_applying_twice_makes_one_version(workspace):
    decide(workspace, first_issue(workspace, "wrong"), "absent")
    apply_decisions_to(workspace, terminal=QUIET)
    assert apply_decisions_to(workspace, terminal=QUIET).name == "v2"


def test_what_was_applied_is_said_to_be_in_the_version_already(workspace, capsys):
    decide(workspace, first_issue(workspace, "wrong"), "absent")
    apply_decisions_to(workspace, terminal=Terminal())
    assert "1 pair decided: 0 so in v1 already, 0 to add, 1 to remove" in capsys.readouterr().out
    apply_decisions_to(workspace, terminal=Terminal())
    assert "1 pair decided: 1 so in v2 already, 0 to add, 0 to remove" in capsys.readouterr().out


def test_decided_pairs_that_are_not_here_are_named(workspace, capsys):
    decide(workspace, ("no such query", "Color: Blue"), "absent")
    apply_decisions_to(workspace, terminal=Terminal())
    assert "(kept in the log), such as 'no such query / Color: Blue'" in capsys.readouterr().out


def test_retraining_on_the_same_labels_does_nothing(workspace, capsys):
    retrain_model(workspace, labels=None, terminal=Terminal())
    assert "is up to date" in capsys.readouterr().out


def test_a_version_that_is_not_there_lists_those_that_are(workspace):
    with pytest.raises(MissingArtefactError, match=r"no labels 'v9' in .*; there are: v1"):
        retrain_model(workspace, labels="v9", terminal=QUIET)


def test_one_version_cannot_be_compared(workspace):
    with pytest.raises(InputError, match=r"one label version only; review some issues"):
        compare_models(workspace, [], None, terminal=QUIET)


def test_a_comparison_says_which_test_labels_it_used(workspace, capsys):
    decide(workspace, first_issue(workspace, "wrong"), "absent")
    apply_decisions_to(workspace, terminal=QUIET)
    retrain_model(workspace, labels=None, terminal=QUIET)
    artefact = compare_models(workspace, [], None, terminal=Terminal())
    assert artefact.manifest["test_labels"] == "labels v2, which may hold errors themselves"
    assert "held against labels v2" in capsys.readouterr().out
    assert set(artefact.table("metrics")["model"]) == {"v1", "v2"}


def test_a_comparison_with_other_settings_is_another_one(workspace):
    decide(workspace, first_issue(workspace, "wrong"), "absent")
    apply_decisions_to(workspace, terminal=QUIET)
    retrain_model(workspace, labels=None, terminal=QUIET)
    first = compare_models(workspace, [], None, terminal=QUIET)
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace("k = [1, 3, 5]", "k = [2, 60]"))
    second = compare_models(workspace, [], None, terminal=QUIET)
    assert first.folder != second.folder
    assert set(second.table("metrics")["k"]) == {2, 60}


def test_every_export_holds_every_given_pair(workspace, tmp_path):
    folder = export_labels(
        workspace, labels=None, formats=None, out=tmp_path / "all", overwrite=False, terminal=QUIET
    )
    assert folder == tmp_path / "all"
    labels = Workspace(workspace).label_version("v1").labels()
    frame = pd.read_parquet(folder / "instances.parquet")
    assert frame["labels"].map(len).sum() == labels.n_given
    parts = [read_xmc(folder / "xmc" / f"{split}.txt")[1] for split in ("train", "test")]
    assert sum(part.nnz for part in parts) == labels.n_given


@pytest.mark.parametrize("out", [".", "..", "a:b", "x/a?"])
def test_an_export_needs_the_name_of_a_folder(workspace, out):
    with pytest.raises(InputError, match=r"export name .* cannot name a folder"):
        export_labels(
            workspace, labels=None, formats=["csv"], out=Path(out), overwrite=False, terminal=QUIET
        )


def test_an_export_replaces_no_other_folder(workspace, tmp_path):
    (tmp_path / "mine").mkdir()
    out = tmp_path / "mine"
    with pytest.raises(InputError, match=r"is not an export .* so it is not replaced"):
        export_labels(
            workspace, labels=None, formats=["csv"], out=out, overwrite=True, terminal=QUIET
        )


def test_a_text_gets_labels_with_the_words_that_speak_for_them(workspace, capsys):
    found = predict_texts(
        workspace, text="nike", file=None, out=None, labels=None, k=3, explain=True,
        terminal=Terminal(),
    )  # fmt: skip
    assert "Brand: Nike" in found["label_id"].tolist()
    assert "nike" in capsys.readouterr().out


def test_a_file_of_texts_becomes_a_table(workspace, tmp_path):
    (tmp_path / "texts.txt").write_text("nike\nblue shoes\n")
    out = tmp_path / "labels.csv"
    predict_texts(
        workspace, text=None, file=tmp_path / "texts.txt", out=out, labels=None, k=2,
        explain=False, terminal=QUIET,
    )  # fmt: skip
    assert pd.read_csv(out).groupby("text").size().to_dict() == {"nike": 2, "blue shoes": 2}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_texts_are_numbered_by_the_lines_of_their_file(workspace, tmp_path, end):
    # U+2028 ends a line of prose, not of a file.
    lines = ["", "nike\u2028shoes", " ", "zzzqqq", "blue shoes", ""]
    (tmp_path / "texts.txt").write_bytes(end.join(lines).encode())
    found = predict_texts(
        workspace, text=None, file=tmp_path / "texts.txt", out=tmp_path / "labels.csv",
        labels=None, k=1, explain=False, terminal=QUIET,
    )  # fmt: skip
    assert found["row"].tolist() == [2, 5]
    assert found["text"].tolist() == ["nike\u2028shoes", "blue shoes"]


def test_a_text_beside_a_file_is_refused(workspace, tmp_path):
    (tmp_path / "texts.txt").write_text("nike\n")
    with pytest.raises(InputError, match=r"both --file .*texts\.txt and the text 'red'; give one"):
        predict_texts(
            workspace, text="red", file=tmp_path / "texts.txt", out=None, labels=None, k=1,
            explain=False, terminal=QUIET,
        )  # fmt: skip

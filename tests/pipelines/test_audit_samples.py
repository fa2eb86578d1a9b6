"""Samples that people fill in: how they are drawn, added to, and asked for."""

import re

import numpy as np
import pandas as pd
import pytest

from pipelines.audit import draw_audit_sample, extend_audit_sample
from pipelines.cli import main
from pipelines.console import Terminal
from pipelines.review_effect import note_rare_state
from workbench.errors import InputError
from workbench.label_model.verdicts import PairVerdicts
from workbench.report import Report
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]


def note_of(report, beginning):
    (note,) = [note for note in report.notes if note.startswith(beginning)]
    return note


class Spoken(Terminal):
    """Keeps what is said."""

    text = ""

    def say(self, text=""):
        self.text += text + "\n"


def test_an_audit_sample_is_written_for_people(workspace):
    out = workspace / "audit.csv"
    draw_audit_sample(workspace, draw=50, out=out, seed=1, overwrite=False, terminal=QUIET)
    sheet = pd.read_csv(out, keep_default_na=False, encoding="utf-8-sig")
    assert sheet.columns.tolist() == [
        "text", "label_id", "verdict", "instance_id", "audit", "weight"
    ]  # fmt: skip
    assert len(sheet) == 50
    posterior = Workspace(workspace).artefact("label").table("posterior")
    voted = posterior["votes_for"] + posterior["votes_against"] > 0
    assert sheet["weight"].sum() == pytest.approx(voted.sum())
    with pytest.raises(InputError, match="exists already and may hold verdicts"):
        draw_audit_sample(workspace, draw=9, out=out, seed=1, overwrite=False, terminal=QUIET)


def test_the_lines_that_name_the_audit_file_work_from_any_folder(
    workspace, tmp_path, capsys, labelled, configure
):
    out = tmp_path / "to fill in.csv"
    sheet = draw_audit_sample(
        workspace, draw=9, out=out, seed=1, overwrite=False, terminal=Terminal()
    )
    lines = capsys.readouterr().out.splitlines()
    configure(workspace, "\n" + "\n".join(lines[lines.index("[inputs.reviewed]") :]) + "\n")
    labelled(workspace)
    assert f"of {len(sheet)} rows of ../../to fill in.csv that can be read none" in (
        capsys.readouterr().err
    )


def test_a_rare_state_in_the_audit_sample_is_named_with_what_to_do(workspace, labelled, filled_in):
    sheet = filled_in(workspace, n=200)
    present = sheet.index[sheet["verdict"] == "present"]
    sheet.loc[present[12:], "verdict"] = "absent"
    sheet.to_csv(workspace / "audit.csv", index=False)
    _, report = labelled(workspace)
    told = note_of(report, "only 12 of the 200 audited pairs are present")
    # 200 * (30 / 12 - 1) is 300.
    assert "about 300 more would make it 30: draw them with workbench audit --more 300" in told


def run_command(monkeypatch, text):
    monkeypatch.setattr("sys.argv", text.split())
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code


def test_the_advice_on_a_rare_state_works_to_the_letter(
    workspace, monkeypatch, capsys, labelled, filled_in
):
    sheet = filled_in(workspace, n=200)
    present = sheet.index[sheet["verdict"] == "present"]
    sheet.loc[present[12:], "verdict"] = "absent"
    sheet.to_csv(workspace / "audit.csv", index=False)
    told = note_of(labelled(workspace)[1], "only 12 of the 200 audited pairs are present")
    advised = re.search(r"workbench audit --more 300 --out (\S+),", told)
    monkeypatch.chdir(workspace)
    run_command(monkeypatch, advised[0].rstrip(","))
    path = capsys.readouterr().out.splitlines()[-1]
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace('path = "audit.csv"', path))
    more = pd.read_csv(workspace / advised[1], dtype="str", keep_default_na=False)
    assert more["verdict"].tolist()[:200] == sheet["verdict"].tolist()
    assert more["instance_id"].tolist()[:200] == sheet["instance_id"].tolist()
    # Who goes on to fill it in finds enough of both states.
    more.loc[200:, "verdict"] = ["present", "absent"] * 150
    more.to_csv(workspace / advised[1], index=False)
    artefact, report = labelled(workspace)
    assert artefact.table("posterior")["reviewed"].sum() == 500
    assert not any(note.startswith("only ") for note in report.notes)
    voted = artefact.table("posterior").eval("votes_for + votes_against > 0").sum()
    assert more["weight"].astype(float).sum() == pytest.approx(voted)


def test_what_was_reviewed_for_a_reason_may_be_drawn_too(workspace, configure):
    posterior = Workspace(workspace).artefact("label").table("posterior")
    voted = posterior[posterior["votes_for"] + posterior["votes_against"] > 0]
    known = voted[PAIR].head(40).assign(verdict="present", note="as Ann says")
    known.to_csv(workspace / "known.csv", index=False)
    configure(workspace, '\n[inputs.reviewed]\npath = "known.csv"\n')
    out, said = workspace / "all.csv", Spoken()
    sheet = extend_audit_sample(
        workspace, more=len(voted), out=out, seed=0, overwrite=False, terminal=said
    )
    assert len(sheet) == len(voted)
    assert set(sheet["audit"]) == {"true"}
    assert sheet["weight"].tolist() == pytest.approx([1.0] * len(voted))
    assert (sheet["verdict"] == "present").sum() == 40
    assert "the columns of known.csv that are not read: ['note']" in said.text
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("known.csv", "all.csv"))
    with pytest.raises(InputError, match="pairs to draw from are drawn already"):
        extend_audit_sample(workspace, more=5, out=out, seed=0, overwrite=True, terminal=said)


def test_pairs_that_are_drawn_from_no_longer_are_told(workspace, configure):
    posterior = Workspace(workspace).artefact("label").table("posterior")
    has_vote = posterior["votes_for"] + posterior["votes_against"] > 0
    drawn = pd.concat([posterior[has_vote].head(40), posterior[~has_vote].head(2)])[PAIR]
    drawn.assign(verdict="absent", audit=True, weight=7).to_csv(workspace / "d.csv", index=False)
    configure(workspace, '\n[inputs.reviewed]\npath = "d.csv"\n')
    out, said = workspace / "more.csv", Spoken()
    sheet = extend_audit_sample(workspace, more=50, out=out, seed=0, overwrite=False, terminal=said)
    assert "drawn before that are none of the pairs with a vote today: 2, such as" in said.text
    assert len(sheet) == 40 + 2 + 50
    assert sheet["weight"].sum() == pytest.approx(has_vote.sum() + 2 * 7)


def test_more_pairs_need_a_file_to_add_to(workspace):
    out = workspace / "more.csv"
    out.write_text("is there already\n")
    with pytest.raises(InputError, match="draw a first sample with --draw"):
        extend_audit_sample(workspace, more=9, out=out, seed=0, overwrite=False, terminal=QUIET)


def verdicts_on(n, n_present):
    present = np.arange(n) < n_present
    return PairVerdicts(np.arange(n), present.astype(np.int8), np.ones(n))


@pytest.mark.parametrize(
    ("n_pairs", "says"),
    [
        (8, "; all pairs with a vote are audited already"),
        (20, "; about 12 more are all there are: draw them with workbench audit --more 12 --out"),
        (900, "; about 250 more would make it 30: draw them with workbench audit --more 250 --out"),
    ],
)
def test_no_more_pairs_are_asked_for_than_there_are(n_pairs, says):
    report = Report()
    note_rare_state(verdicts_on(8, 1), n_pairs, report)
    assert says in note_of(report, "only 1 of the 8 audited pairs are present")


def test_a_draw_of_all_pairs_says_that_there_are_no_more(tmp_path, labelled):
    config = '[inputs.clicks]\npath = "c.csv"\n[inputs.catalog]\npath = "i.csv"\n'
    workspace = Workspace.create(tmp_path / "w", config + 'attributes = { Color = "color" }\n')
    (workspace.root / "c.csv").write_text("user_query,object_id,clicks\nred shoe,1,9\nhat,2,1\n")
    (workspace.root / "i.csv").write_text("id,title,color\n1,Red shoe,Red\n2,Blue hat,Blue\n")
    labelled(workspace.root)
    said, out = Spoken(), tmp_path / "audit.csv"
    sheet = draw_audit_sample(
        workspace.root, draw=300, out=out, seed=0, overwrite=False, terminal=said
    )
    assert f"{len(sheet)} of {len(sheet)} pairs with a vote" in said.text
    assert "all pairs with a vote are drawn already" in said.text
    assert "with --draw" not in said.text


@pytest.mark.parametrize(("n", "is_few"), [(20, True), (300, False)])
def test_a_draw_that_leaves_a_state_rare_says_so(workspace, monkeypatch, capsys, n, is_few):
    out = workspace / "audit.csv"
    draw_audit_sample(workspace, draw=n, out=out, seed=1, overwrite=False, terminal=Terminal())
    printed = capsys.readouterr().out
    assert "if the label model is right, about " in printed
    advised = re.search(r"draw \d+ with (--draw \d+ --overwrite)", printed)
    assert (advised is not None) == is_few
    if advised:
        run_command(monkeypatch, f"workbench audit {workspace} --out {out} {advised[1]}")

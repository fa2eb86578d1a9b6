"""From an audit sample to the label model that is chosen by it."""

import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from pipelines.audit import draw_audit_sample, extend_audit_sample
from pipelines.cli import main
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.label import label
from pipelines.review_effect import note_rare_state
from pipelines.stages import Run
from workbench.errors import ConfigError, InputError
from workbench.label_model.verdicts import PairVerdicts
from workbench.report import Report
from workbench.review.decisions import Decision
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]


class Spoken(Terminal):
    """Keeps what is said."""

    text = ""

    def say(self, text=""):
        self.text += text + "\n"


def labelled(folder):
    """The artefact of the label stage, brought up to date, and its report."""
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), QUIET)
    with workspace.lock():
        artefact = label(run, ingest(run)).artefact
        run.settle()
    return artefact, Report.from_dict(artefact.json("report"))


def configure(folder, text, method="auto"):
    path = folder / "workbench.toml"
    told = path.read_text().replace('method = "auto"', f'method = "{method}"')
    path.write_text(told + text)


def filled_in(folder, n=200):
    """An audit sample that the known truth of the shop has filled in."""
    out = folder / "audit.csv"
    draw_audit_sample(folder, draw=n, out=out, seed=1, overwrite=True, terminal=QUIET)
    sheet = pd.read_csv(out, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    truth = pd.read_parquet(folder.parent / "data" / "truth.parquet")
    known = pd.MultiIndex.from_frame(truth[PAIR])
    ids = sheet[PAIR].apply(lambda cells: cells.str.removeprefix("'"))
    present = pd.MultiIndex.from_frame(ids).isin(known)
    sheet["verdict"] = pd.Series(present).map({True: "present", False: "absent"})
    sheet.to_csv(out, index=False)
    configure(folder, '\n[inputs.reviewed]\npath = "audit.csv"\n')
    return sheet


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


def test_the_lines_that_name_the_audit_file_work_from_any_folder(workspace, tmp_path, capsys):
    out = tmp_path / "to fill in.csv"
    sheet = draw_audit_sample(
        workspace, draw=9, out=out, seed=1, overwrite=False, terminal=Terminal()
    )
    lines = capsys.readouterr().out.splitlines()
    configure(workspace, "\n" + "\n".join(lines[lines.index("[inputs.reviewed]") :]) + "\n")
    _, report = labelled(workspace)
    assert report.counted("reviewed pairs that are not filled in yet") == len(sheet)


def test_without_reviewed_pairs_nothing_is_chosen(workspace):
    artefact, report = labelled(workspace)
    assert artefact.table("label_models").empty
    assert not artefact.table("posterior")["reviewed"].any()
    looked_at = artefact.table("dependence")
    assert len(looked_at)
    assert not looked_at["warned"].any()
    assert not any("copy each other" in note for note in report.notes)


def test_the_label_model_is_chosen_on_the_audit_sample(workspace):
    sheet = filled_in(workspace)
    artefact, report = labelled(workspace)
    losses = artefact.table("label_models")
    assert losses["name"].tolist()[:3] == ["dawid_skene_reviewed", "dawid_skene", "majority"]
    assert losses["chosen"].sum() == 1
    assert losses["n_audit"].tolist() == [len(sheet)] * len(losses)
    chosen = losses.loc[losses["chosen"], "name"].item()
    assert any(
        note.startswith(f"label model {chosen}: the first of dawid_skene_reviewed, ")
        and note.count("(standard error ") == len(losses) - 1
        for note in report.notes
    )


def test_reviewed_pairs_are_certain_and_marked(workspace):
    sheet = filled_in(workspace)
    artefact, report = labelled(workspace)
    posterior = artefact.table("posterior")
    settled = posterior[posterior["reviewed"]]
    assert len(settled) == len(sheet)
    assert set(settled["posterior"]) == {0, 1}
    assert (settled["posterior"] == 1).sum() == (sheet["verdict"] == "present").sum()
    assert report.counted("reviewed pairs that enter the label model as certain") == len(sheet)


def test_what_is_not_filled_in_or_not_known_is_counted(workspace):
    sheet = filled_in(workspace, n=30)
    sheet.loc[:9, "verdict"] = ""
    sheet.loc[10:12, "verdict"] = "unsure"
    sheet.loc[13, "label_id"] = "Color: ultraviolet"
    sheet.to_csv(workspace / "audit.csv", index=False)
    _, report = labelled(workspace)
    assert report.counted("reviewed pairs that are not filled in yet") == 10
    assert report.counted("reviewed pairs that are unsure") == 3
    assert report.counted("reviewed pairs of an unknown label (left out)") == 1
    assert any("16 reviewed pairs with a vote, 100 are needed" in note for note in report.notes)


@pytest.mark.parametrize("weight", ["0", "-2", "nan"])
def test_reviewed_pairs_without_a_weight_are_refused_where_they_are_read(workspace, weight):
    sheet = filled_in(workspace, n=3)
    told = ["1", "", weight, *[""] * (len(sheet) - 3)]
    sheet.assign(weight=told).to_csv(workspace / "audit.csv", index=False)
    message = rf"audit.csv: 'weight' must be .* found 1 other value \(line 4: '{weight}'\)"
    with pytest.raises(InputError, match=message):
        labelled(workspace)


def test_decisions_count_as_reviewed_if_asked_for(workspace):
    posterior = Workspace(workspace).artefact("label").table("posterior")
    pair = posterior[posterior["posterior"] > 0.9].iloc[0]
    with DecisionStore(Workspace(workspace).decisions_path) as store:
        store.record(
            Decision(
                "5f0c1f2e-8c64-4d0a-9f3e-0d9b2f6f1c11",
                datetime(2026, 1, 5, tzinfo=UTC),
                "ann",
                pair["instance_id"],
                pair["label_id"],
                "absent",
            )
        )
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace("decisions = false", "decisions = true"))
    after = labelled(workspace)[0].table("posterior")
    row = after[(after[PAIR] == pair[PAIR]).all(axis=1)]
    assert (row["posterior"].item(), row["reviewed"].item()) == (0, True)


def test_stacked_needs_reviewed_pairs(workspace):
    configure(workspace, "", method="stacked")
    with pytest.raises(ConfigError, match="'stacked' needs 100 reviewed pairs with a vote"):
        labelled(workspace)


def test_groups_and_weights_come_from_the_configuration(workspace):
    more = '\n[label.weights]\nclick = 2.0\n[label.groups]\nclick = "text"\nrules = "text"\n'
    configure(workspace, more, method="majority")
    artefact, report = labelled(workspace)
    click = artefact.table("posterior")["evidence_click"]
    assert set(click.unique()) <= {-2, 0, 2}
    sources = artefact.table("sources").set_index("source")["group"]
    assert sources["click"] == sources["dictionary"] == "text"
    assert any("[label.groups] names rules, which cast no vote" in note for note in report.notes)


def test_the_report_says_how_many_given_pairs_rest_on_one_source(workspace):
    artefact = Workspace(workspace).artefact("label")
    posterior = artefact.table("posterior")
    given = posterior[posterior["posterior"] >= 0.5]
    alone = (given["votes_for"] == 1).mean()
    per_instance = len(given) / given["instance_id"].nunique()
    (line,) = [
        line
        for line in Report.from_dict(artefact.json("report")).lines()
        if "one source alone" in line
    ]
    assert f"{per_instance:.1f} given pairs an instance" in line
    assert f"; {alone:.0%} of them rest on one source alone (" in line


def test_the_report_names_queries_that_are_a_value_but_lose_its_label(workspace):
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("threshold = 0.5", "threshold = 0.99"))
    artefact, report = labelled(workspace)
    (line,) = [line for line in report.lines() if "are a value's name and lose" in line]
    text, label_id, told = re.search(r"such as '(.+?) / (.+?) \((\d\.\d+)\)'", line).groups()
    votes = artefact.table("votes").set_index([*PAIR, "source"])
    assert votes.loc[(text, label_id, "dictionary"), "detail"] == text
    posterior = artefact.table("posterior").set_index(PAIR).loc[(text, label_id), "posterior"]
    assert posterior == pytest.approx(float(told), abs=0.005)
    assert posterior < 0.99


def note_of(report, beginning):
    (note,) = [note for note in report.notes if note.startswith(beginning)]
    return note


def test_the_report_says_what_reviewed_pairs_did_to_the_given_pairs(workspace):
    before = Workspace(workspace).artefact("label").labels()
    filled_in(workspace)
    artefact, report = labelled(workspace)
    after = artefact.labels()
    told = note_of(report, "given pairs: ")
    assert f"{before.n_given:,} without the reviewed pairs, {after.n_given:,} with them" in told
    lost, new = re.search(r"([\d,]+) lost and ([\d,]+) new", told).groups()
    lost, new = (int(text.replace(",", "")) for text in (lost, new))
    assert new - lost == after.n_given - before.n_given


def test_without_reviewed_pairs_nothing_is_said_of_them(finished):
    report = Workspace(finished / "workspace").artefact("label").json("report")
    assert not any(note.startswith(("given pairs: ", "only ")) for note in report["notes"])


def test_a_rare_state_in_the_audit_sample_is_named_with_what_to_do(workspace):
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


def test_the_advice_on_a_rare_state_works_to_the_letter(workspace, monkeypatch, capsys):
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


def test_what_was_reviewed_for_a_reason_may_be_drawn_too(workspace):
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


def test_more_pairs_need_a_file_to_add_to(workspace):
    out = workspace / "more.csv"
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


def test_a_draw_of_all_pairs_says_that_there_are_no_more(tmp_path):
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

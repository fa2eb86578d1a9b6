"""From an audit sample to the label model that is chosen by it."""

import re
from datetime import UTC, datetime

import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.console import Terminal
from pipelines.label_models import GROUPS, note_copies
from workbench.errors import ConfigError, InputError
from workbench.report import Report
from workbench.review.decisions import Decision
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]


def test_without_reviewed_pairs_nothing_is_chosen(workspace, labelled):
    artefact, report = labelled(workspace)
    assert artefact.table("label_models").empty
    assert not artefact.table("posterior")["reviewed"].any()
    looked_at = artefact.table("dependence")
    assert len(looked_at)
    assert not looked_at["warned"].any()
    assert not any("copy each other" in note for note in report.notes)


def test_a_source_that_copies_two_others_is_put_in_one_group_first():
    rows = [("dictionary", "verifier"), ("neighbours", "verifier"), ("click", "neighbours")]
    found = pd.DataFrame(rows, columns=["source_a", "source_b"]).assign(
        warned=[True, True, False], observed_agreement=0.9, expected_agreement=0.7, n_pairs=500
    )
    report = Report()
    note_copies(found, {"dictionary": "text"}, report)
    first, second = report.notes
    assert 'dictionary = "text", verifier = "text"' in first
    assert second.endswith("and see whether these still do")


def advice_on(a, b, groups):
    """The advice on two of five sources."""
    rows = [(a, b), ("click", "neighbours"), ("dictionary", "taxonomy"), ("taxonomy", "verifier")]
    found = pd.DataFrame(rows, columns=["source_a", "source_b"]).assign(
        warned=[True, False, False, False],
        **{"observed_agreement": 1.0, "expected_agreement": 0.78, "n_pairs": 500},
    )
    report = Report()
    note_copies(found, groups, report)
    (note,) = report.notes
    return note


def test_a_source_joins_the_group_that_the_other_is_in_with_others():
    groups = {"click": "clicks", "neighbours": "clicks", "verifier": "titles"}
    told = advice_on("verifier", "click", groups)
    assert "in [label]: groups = { click =" in told
    assert 'click = "clicks", neighbours = "clicks", verifier = "clicks" }; sources of one' in told


def test_following_the_advice_takes_no_source_out_of_its_group():
    groups = GROUPS | {"dictionary": "text", "verifier": "text"}
    told = advice_on("click", "verifier", groups)
    members = ("click", "dictionary", "neighbours", "verifier")
    assert ", ".join(f'{source} = "clicks"' for source in members) in told
    assert "taxonomy =" not in told


def test_the_advice_says_what_it_may_cost_and_how_to_see_it():
    told = advice_on("dictionary", "verifier", GROUPS)
    assert "copy each other, or are both nearly always right, which votes alone" in told
    assert "labels that only they support may be lost" in told
    assert "workbench benchmark signals" in told


def test_the_label_model_is_chosen_on_the_audit_sample(workspace, labelled, filled_in):
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


def test_reviewed_pairs_are_certain_and_marked(workspace, labelled, filled_in):
    sheet = filled_in(workspace)
    artefact, report = labelled(workspace)
    posterior = artefact.table("posterior")
    settled = posterior[posterior["reviewed"]]
    assert len(settled) == len(sheet)
    assert set(settled["posterior"]) == {0, 1}
    assert (settled["posterior"] == 1).sum() == (sheet["verdict"] == "present").sum()
    assert report.counted("reviewed pairs that enter the label model as certain") == len(sheet)


def test_what_is_not_filled_in_or_not_known_is_counted(workspace, labelled, filled_in):
    sheet = filled_in(workspace, n=30)
    sheet.loc[:9, "verdict"] = ""
    sheet.loc[10:12, "verdict"] = "unsure"
    sheet.loc[13, "label_id"] = "Color: ultraviolet"
    sheet.to_csv(workspace / "audit.csv", index=False)
    _, report = labelled(workspace)
    assert report.counted("reviewed pairs that are not filled in yet") == 10
    assert report.counted("reviewed pairs that are unsure") == 3
    assert report.counted("reviewed pairs of an unknown label (left out)") == 1
    assert any(
        note.startswith("the audit sample has 16 reviewed pairs with a vote, 100 are needed ")
        and note.endswith(": dawid_skene_reviewed is used")
        for note in report.notes
    )


def test_a_file_without_any_verdict_makes_no_new_labels_and_is_warned_of(
    workspace, labelled, filled_in, capsys
):
    filled_in(workspace, n=30).assign(verdict="").to_csv(workspace / "audit.csv", index=False)
    before = Workspace(workspace).artefact("label").fingerprint
    artefact, _ = labelled(workspace)
    assert artefact.fingerprint == before
    assert [version.name for version in Workspace(workspace).label_versions()] == ["v1"]
    told = "of 30 rows of audit.csv that can be read none has a verdict, so it counts as no file"
    assert told in capsys.readouterr().err
    apply_decisions_to(workspace, terminal=Terminal())
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("weight", ["0", "-2", "nan"])
def test_reviewed_pairs_without_a_weight_are_refused_where_they_are_read(
    workspace, weight, labelled, filled_in
):
    sheet = filled_in(workspace, n=3)
    told = ["1", "", weight, *[""] * (len(sheet) - 3)]
    sheet.assign(weight=told).to_csv(workspace / "audit.csv", index=False)
    message = rf"audit.csv: 'weight' must be .* found 1 other value \(line 4: '{weight}'\)"
    with pytest.raises(InputError, match=message):
        labelled(workspace)


def test_decisions_count_as_reviewed_if_asked_for(workspace, labelled):
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


def test_stacked_needs_reviewed_pairs(workspace, labelled, configure):
    configure(workspace, "", method="stacked")
    with pytest.raises(ConfigError, match="'stacked' needs 100 reviewed pairs with a vote"):
        labelled(workspace)


def test_groups_and_weights_come_from_the_configuration(workspace, labelled, configure):
    sources = 'method = "majority"\nsources = ["click", "dictionary"]'
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace('method = "auto"', sources, 1))
    more = '\n[label.weights]\nclick = 2.0\n[label.groups]\nclick = "text"\nverifier = "text"\n'
    configure(workspace, more)
    artefact, report = labelled(workspace)
    click = artefact.table("posterior")["evidence_click"]
    assert set(click.unique()) <= {-2, 0, 2}
    sources = artefact.table("sources").set_index("source")["group"]
    assert sources["click"] == sources["dictionary"] == "text"
    assert any("[label.groups] names verifier, which cast no vote" in note for note in report.notes)


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


def test_the_report_names_queries_that_are_a_value_but_lose_its_label(workspace, labelled):
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


def test_apply_says_that_run_took_in_the_verdicts_of_the_file(
    workspace, labelled, filled_in, capsys
):
    sheet = filled_in(workspace, n=30)
    labelled(workspace)
    apply_decisions_to(workspace, terminal=Terminal())
    told = f"{len(sheet)} verdicts in audit.csv count beside these: run has taken them into the"
    assert told in capsys.readouterr().out
    sheet.assign(verdict="absent").to_csv(workspace / "audit.csv", index=False)
    apply_decisions_to(workspace, terminal=Terminal())
    assert "are not in these labels as they are now; take them in with" in capsys.readouterr().out


def test_apply_counts_the_verdicts_of_the_file_that_were_left_out(
    workspace, labelled, filled_in, capsys
):
    sheet = filled_in(workspace, n=30)
    sheet.loc[:1, "instance_id"] = ["vanished", "gone"]
    sheet.loc[2, "verdict"] = "unsure"
    sheet.to_csv(workspace / "audit.csv", index=False)
    labelled(workspace)
    apply_decisions_to(workspace, terminal=Terminal())
    printed = capsys.readouterr().out
    assert f"{len(sheet) - 3} of {len(sheet)} verdicts in audit.csv count beside these" in printed
    assert "3 were left out" in printed


def note_of(report, beginning):
    (note,) = [note for note in report.notes if note.startswith(beginning)]
    return note


def test_the_report_says_what_reviewed_pairs_did_to_the_given_pairs(workspace, labelled, filled_in):
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

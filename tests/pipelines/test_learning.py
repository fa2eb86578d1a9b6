from __future__ import annotations

import pandas as pd
import pytest

from pipelines.console import Terminal
from pipelines.run import run_pipeline
from pipelines.run_report import report_of
from pipelines.status import show_status
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]


def issues_of(folder):
    return Workspace(folder).artefact("flag").table("issues")


@pytest.fixture
def review(workspace, decide_pairs):
    """Decide the first n missing ones, every second as a false alarm."""

    def decide(n: int, *, reason: str = ""):
        missing = issues_of(workspace).query("kind == 'missing'")
        missing = missing[missing["reason"].str.startswith(reason)].head(n)
        decide_pairs(missing.iloc[::2], "present")
        decide_pairs(missing.iloc[1::2], "absent")
        return missing

    return decide


def test_from_fifty_decisions_on_a_run_ranks_anew(workspace, review) -> None:
    before, decided = issues_of(workspace), review(60)
    run = run_pipeline(workspace, terminal=QUIET, show=0)
    assert [entry["stage"] for entry in run.costs.entries if entry["done"]] == ["flag"]
    after = issues_of(workspace)
    assert after.merge(decided[PAIR]).empty
    both = before.merge(after, on=[*PAIR, "kind"])
    changed = both["label_quality_x"] != both["label_quality_y"]
    assert "missing" in set(both.loc[changed, "kind"])
    # What contradicts a pair that was settled, or became less likely, changes, what stands above
    # a missing label too, and nothing else.
    wrong = both[changed & (both["kind"] == "wrong")]
    by_model = wrong[["reason_x", "reason_y"]].apply(lambda told: told.str.startswith("The model"))
    alone = wrong[by_model.all(axis=1).to_numpy()]
    missing = pd.concat([before, after])
    missing = missing[missing["kind"] == "missing"]
    above = {
        (instance, " > ".join(parts[:n]))
        for instance, parts in zip(
            missing["instance_id"], missing["label_id"].str.split(" > "), strict=True
        )
        for n in range(1, len(parts))
    }
    assert set(zip(alone["instance_id"], alone["label_id"], strict=True)) <= above
    assert run_pipeline(workspace, terminal=QUIET, show=0).n_done == 0


def test_fewer_decisions_leave_the_issues_up_to_date(workspace, review) -> None:
    review(40)
    assert run_pipeline(workspace, terminal=QUIET, show=0).n_done == 0


def test_decisions_can_be_kept_out_of_the_ranking(workspace, review, set_issues) -> None:
    set_issues("decisions = false")
    run_pipeline(workspace, terminal=QUIET, show=0)
    review(60)
    assert run_pipeline(workspace, terminal=QUIET, show=0).n_done == 0


def test_reviewed_pairs_are_counted_in_the_estimates(workspace, review) -> None:
    review(60)
    run_pipeline(workspace, terminal=QUIET, show=0)
    noise = Workspace(workspace).artefact("flag").table("noise")
    whole = noise[noise["scope"] == "all"].iloc[0]
    assert whole["n_reviewed"] == 60
    assert whole["missing_low"] >= 60 / 2


def test_the_report_says_what_the_verdicts_taught(workspace, review) -> None:
    # What contradicts another label is judged by that too, which the report leaves out.
    decided = review(60, reason="Not given, but the model")
    run_pipeline(workspace, terminal=QUIET, show=0)
    notes = report_of(Workspace(workspace).artefact("flag")).notes
    (told,) = (note for note in notes if note.startswith("of 60 reviewed pairs that are not given"))
    assert " 30 were missing, label quality expected " in told
    numbers = [
        float(word.strip(";").replace(",", "")) for word in told.split() if word[0].isdigit()
    ]
    assert abs(numbers[2] - (1 - decided["label_quality"]).sum()) <= 0.5
    assert numbers[3] < numbers[5]  # half were false alarms: fewer errors are expected than before


def test_reviewed_pairs_too_few_to_learn_from_are_counted(workspace, review, capsys) -> None:
    review(40)
    told = "40 reviewed pairs that are not given; from 50 on the ranking learns from them"
    run_pipeline(workspace, terminal=Terminal(), show=0)
    assert told in capsys.readouterr().out
    show_status(workspace, terminal=Terminal(), check=False, rebuild=False, report=True)
    assert told in capsys.readouterr().out


def test_a_batch_teaches_nothing(workspace, decide_pairs) -> None:
    before = issues_of(workspace)
    decide_pairs(before.query("kind == 'missing'").head(60), "present", batch_id="b")
    assert run_pipeline(workspace, terminal=QUIET, show=0).n_done == 0


def test_a_batch_leaves_the_queue_with_the_pairs_that_taught_it(
    workspace, review, decide_pairs
) -> None:
    batch = issues_of(workspace).query("kind == 'missing'").iloc[60:70]
    review(60)
    decide_pairs(batch, "present", batch_id="b")
    run_pipeline(workspace, terminal=QUIET, show=0)
    assert issues_of(workspace).merge(batch[PAIR]).empty

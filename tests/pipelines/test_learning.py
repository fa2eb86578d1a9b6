from __future__ import annotations

import pytest

from pipelines.console import Terminal
from pipelines.run import run_pipeline
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]


def issues_of(folder):
    return Workspace(folder).artefact("flag").table("issues")


@pytest.fixture
def review(workspace, decide_pairs):
    """Decide the first n missing ones, every second as a false alarm."""

    def decide(n: int):
        missing = issues_of(workspace).query("kind == 'missing'").head(n)
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
    # What contradicts a pair that was settled, or became less likely, changes, and nothing else.
    wrong = both[changed & (both["kind"] == "wrong")]
    by_model = wrong[["reason_x", "reason_y"]].apply(lambda told: told.str.startswith("The model"))
    assert not by_model.all(axis=1).any()
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

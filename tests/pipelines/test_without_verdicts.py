"""What verdicts teach is the same before they enter the labels and after."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.audit import draw_audit_sample
from pipelines.console import Terminal
from pipelines.run import run_pipeline
from pipelines.without_verdicts import posterior_without_verdicts
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]


def is_true(folder, pairs: pd.DataFrame) -> np.ndarray:
    truth = pd.read_parquet(folder.parent / "data" / "truth.parquet", columns=PAIR)
    return pd.MultiIndex.from_frame(pairs[PAIR]).isin(pd.MultiIndex.from_frame(truth))


def table(folder, name: str) -> pd.DataFrame:
    return Workspace(folder).artefact("flag").table(name)


def confirmed(folder, decided: pd.DataFrame) -> dict[str, int]:
    """How many suspects of each kind a verdict confirmed."""
    errors = decided[decided["is_true"] == (decided["kind"] == "missing")]
    found = table(folder, "suspects").merge(errors[PAIR])
    return {kind: int((found["kind"] == kind).sum()) for kind in ("wrong", "missing")}


@pytest.fixture(scope="module")
def reviewed(finished_labels, tmp_path_factory, decide_in):
    """Two copies of a workspace with the same verdicts of the truth: ranked, and applied first."""
    folders = [tmp_path_factory.mktemp(name) / "copy" for name in ("decided", "applied")]
    for copy in folders:
        shutil.copytree(finished_labels, copy)
    decided, applied = (copy / "workspace" for copy in folders)
    issues = table(decided, "issues").groupby("kind").head(60)
    issues = issues.assign(is_true=is_true(decided, issues))
    for folder in (decided, applied):
        decide_in(folder, issues[issues["is_true"]], "present")
        decide_in(folder, issues[~issues["is_true"]], "absent")
    apply_decisions_to(applied, terminal=QUIET)
    for folder in (decided, applied):
        run_pipeline(folder, terminal=QUIET, show=0)
    return decided, applied, issues


def test_what_decisions_taught_is_kept_once_they_are_applied(reviewed) -> None:
    decided, applied, _ = reviewed
    before, after = (
        table(folder, "issues").groupby("kind")["label_quality"].apply(lambda q: q.head(100).mean())
        for folder in (decided, applied)
    )
    assert after.to_dict() == pytest.approx(before.to_dict(), abs=0.1)


def test_confirmed_errors_still_vouch_once_they_are_applied(reviewed) -> None:
    decided, applied, issues = reviewed
    before, after = confirmed(decided, issues), confirmed(applied, issues)
    assert min(before.values()) > 0
    for kind, n in before.items():
        assert after[kind] >= 0.8 * n


def test_repaired_pairs_are_errors_no_longer_and_no_issues(reviewed) -> None:
    decided, applied, issues = reviewed
    before, after = (table(f, "noise").query("scope == 'all'").iloc[0] for f in (decided, applied))
    n_repaired = int((~issues["is_true"] & (issues["kind"] == "wrong")).sum())
    assert after["n_given"] == before["n_given"] - n_repaired + int(
        (issues["is_true"] & (issues["kind"] == "missing")).sum()
    )
    assert before["n_reviewed"] == after["n_reviewed"] == len(issues)
    assert before["wrong_low"] >= n_repaired
    assert after["estimated_wrong"] < before["estimated_wrong"]
    assert after["n_judged"] + after["n_unjudged"] == after["n_given"]
    assert table(applied, "issues").merge(issues[PAIR]).empty


def test_decisions_do_not_empty_the_queue(reviewed, finished_labels) -> None:
    decided, _, issues = reviewed
    before, after = (table(f, "issues") for f in (finished_labels / "workspace", decided))
    left = before.merge(issues[PAIR], how="left", on=PAIR, indicator="which")
    ranked = left[(left["which"] == "left_only") & left["reason"].str.startswith("The model")]
    assert len(ranked.merge(after[PAIR])) == len(ranked)


@pytest.fixture
def audited(workspace):
    """A workspace whose random sample was filled in from the truth."""
    out = workspace / "audit.csv"
    draw_audit_sample(workspace, draw=300, out=out, seed=0, overwrite=False, terminal=QUIET)
    sheet = pd.read_csv(out, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    verdicts = np.where(is_true(workspace, sheet), "present", "absent")
    sheet.assign(verdict=verdicts).to_csv(out, index=False)
    config = workspace / "workbench.toml"
    config.write_text(config.read_text() + '\n[inputs.reviewed]\npath = "audit.csv"\n')
    run_pipeline(workspace, terminal=QUIET, show=0)
    return workspace


def test_a_random_sample_tells_how_much_is_wrong(audited) -> None:
    whole = table(audited, "noise").query("scope == 'all'").iloc[0]
    assert whole["wrong_basis"] == "random sample"
    given = Workspace(audited).latest_labels().labels().to_frame()
    n_wrong = int((~is_true(audited, given)).sum())
    # The estimate is about the pairs that were judged.
    assert whole["wrong_low"] <= n_wrong <= whole["wrong_high"] + whole["n_unjudged"]
    assert whole["estimated_wrong"] > n_wrong / 2


def test_a_pair_is_believed_by_its_votes_whatever_its_verdict(audited) -> None:
    labelled = Workspace(audited).artefact("label")
    labels = Workspace(audited).artefact("ingest").table("labels")
    free = posterior_without_verdicts(labelled, labels)
    posterior = labelled.table("posterior")
    certain = posterior[posterior["reviewed"]]
    assert set(free["instance_id"] + free["label_id"]) == set(
        certain["instance_id"] + certain["label_id"]
    )
    assert set(certain["posterior"]) == {0, 1}
    assert ((free["posterior"] > 0) & (free["posterior"] < 1)).all()

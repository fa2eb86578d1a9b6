"""A random sample of labels that exist: drawn, filled in, and what it corrects."""

import shutil

import numpy as np
import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.audit import draw_audit_sample, extend_audit_sample
from pipelines.candidates import scores_of_candidates
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.noise import noise_line
from pipelines.run import run_pipeline
from pipelines.status import show_status
from workbench.issues.noise_estimates import SAMPLE
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]
WORDS = ["red", "blue", "green", "shoe", "bag", "hat", "nike", "puma"]
N_TEXTS, N_WRONG = 300, 60


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Each text carries its words, and every fifth another one too; run once."""
    folder, rng = tmp_path_factory.mktemp("audit"), np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 3, replace=False)) for _ in range(N_TEXTS)]
    pairs = [(f"q{i}", word) for i, text in enumerate(texts) for word in text.split()]
    others = [[word for word in WORDS if word not in text.split()] for text in texts]
    pairs += [(f"q{i}", rng.choice(others[i])) for i in range(0, N_TEXTS, N_TEXTS // N_WRONG)]
    frame = pd.DataFrame({"instance_id": [f"q{i}" for i in range(N_TEXTS)], "text": texts})
    frame.to_csv(folder / "texts.csv", index=False)
    pd.DataFrame(pairs, columns=PAIR).to_csv(folder / "labels.csv", index=False)
    request = InitRequest(texts=folder / "texts.csv", labels=folder / "labels.csv")
    init_workspace(folder / "w", request, QUIET)
    run_pipeline(folder / "w", terminal=QUIET, show=0)
    return folder


@pytest.fixture
def workspace(made, tmp_path):
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy" / "w"


def fill_in(out):
    sheet = pd.read_csv(out, keep_default_na=False)
    right = [label in text.split() for label, text in sheet[["label_id", "text"]].to_numpy()]
    sheet["verdict"] = np.where(right, "present", "absent")
    sheet.to_csv(out, index=False)
    return sheet


def name_it(workspace, name="audit.csv"):
    path = workspace / "workbench.toml"
    text = path.read_text().replace("# [inputs.reviewed]", "[inputs.reviewed]")
    path.write_text(text.replace('# path = "audit.csv"', f'path = "{name}"'))


@pytest.fixture
def audited(workspace):
    """A workspace with a sample of 300 pairs, half of them given, that is filled in."""
    out = workspace / "audit.csv"
    draw_audit_sample(workspace, draw=300, out=out, seed=0, overwrite=False, terminal=QUIET)
    fill_in(out)
    name_it(workspace)
    return workspace


def n_judged(workspace):
    """Return how many pairs a sample is drawn among: all are judged here."""
    return scores_of_candidates(Workspace(workspace).artefact("score")).n_judged


def test_a_sample_stands_for_given_pairs_and_candidates(workspace):
    sheet = draw_audit_sample(
        workspace, draw=90, out=workspace / "a.csv", seed=0, overwrite=False, terminal=QUIET
    )
    given = Workspace(workspace).label_version("v1").labels()
    of_given = sheet.merge(given.to_frame())
    assert len(sheet) == 90
    assert of_given["weight"].sum() == pytest.approx(given.n_given)
    assert sheet["weight"].sum() == pytest.approx(n_judged(workspace))


def test_a_second_sample_says_that_the_verdicts_of_the_first_are_not_in_it(audited, capsys):
    draw_audit_sample(
        audited, draw=9, out=audited / "b.csv", seed=0, overwrite=False, terminal=Terminal()
    )
    assert "the verdicts of audit.csv, which [inputs.reviewed] names" in capsys.readouterr().err


def test_a_filled_in_sample_corrects_the_number_of_wrong_pairs(audited):
    run_pipeline(audited, terminal=QUIET, show=0)
    noise = Workspace(audited).artefact("flag").table("noise", where=[("scope", "==", "all")])
    whole = noise.iloc[0]
    assert whole["wrong_basis"] == SAMPLE
    assert whole["wrong_low"] <= N_WRONG <= whole["wrong_high"]
    assert "corrected by the random sample" in noise_line(Workspace(audited))


def test_it_corrects_the_number_of_missing_pairs_too(audited):
    run_pipeline(audited, terminal=QUIET, show=0)
    noise = Workspace(audited).artefact("flag").table("noise", where=[("scope", "==", "all")])
    whole = noise.iloc[0]
    assert whole["missing_basis"] == SAMPLE
    assert whole["estimated_missing"] == pytest.approx(0, abs=1)  # nothing is missing
    assert noise_line(Workspace(audited)).count("by the") == 1


def wrong_ones(workspace):
    """Return the given pairs of the sample that are called absent."""
    sheet = pd.read_csv(workspace / "audit.csv")
    given = Workspace(workspace).label_version("v1").labels().to_frame()
    return sheet[sheet["verdict"] == "absent"].merge(given)[PAIR]


def test_a_sample_with_few_verdicts_is_said_to_be_too_small(audited, capsys):
    sheet = pd.read_csv(audited / "audit.csv")
    sheet.loc[20:, "verdict"] = None
    given = Workspace(audited).label_version("v1").labels().to_frame()
    n_given = len(sheet[:20].merge(given))
    sheet.to_csv(audited / "audit.csv", index=False)
    run_pipeline(audited, terminal=QUIET, show=0)
    assert capsys.readouterr().err == ""  # it is nothing that a scheduler has to know
    run_pipeline(audited, terminal=Terminal(), show=0)
    told = capsys.readouterr().out
    assert f"{n_given} reviewed given pairs; from 50 on the ranking learns from them" in told
    assert "drawn at random, they correct the estimated noise then too" in told


def test_apply_corrects_what_the_sample_found(audited):
    wrong = wrong_ones(audited)
    before = Workspace(audited).latest_labels().labels().n_given
    version = apply_decisions_to(audited, terminal=QUIET)
    assert len(wrong) > 0
    assert version.labels().n_given == before - len(wrong)
    assert version.labels().to_frame().merge(wrong).empty


def test_after_apply_the_sample_still_tells_how_many_are_left(audited):
    n_found = len(wrong_ones(audited))
    apply_decisions_to(audited, terminal=QUIET)
    run_pipeline(audited, terminal=QUIET, show=0)
    noise = Workspace(audited).artefact("flag").table("noise", where=[("scope", "==", "all")])
    whole = noise.iloc[0]
    assert whole["wrong_basis"] == SAMPLE
    assert whole["wrong_low"] <= N_WRONG - n_found <= whole["wrong_high"]
    assert whole["estimated_wrong"] == pytest.approx(N_WRONG - n_found, abs=15)


def test_more_pairs_join_the_sample_and_keep_its_verdicts(audited):
    out = audited / "more.csv"
    sheet = extend_audit_sample(audited, more=50, out=out, seed=0, overwrite=False, terminal=QUIET)
    assert (sheet["verdict"] != "").sum() == 300
    assert len(sheet) == 350
    assert sheet["weight"].sum() == pytest.approx(n_judged(audited))


def test_after_apply_status_says_that_the_issues_are_of_older_labels(audited, capsys):
    apply_decisions_to(audited, terminal=QUIET)
    show_status(audited, terminal=Terminal(), check=False, rebuild=False, report=False)
    told = " ".join(capsys.readouterr().out.split())
    assert "the issues are those of labels v1, the newest labels are v2; bring them up to" in told


def test_status_counts_the_verdicts_of_the_file_that_apply_would_put_in(audited, capsys):
    wrong = wrong_ones(audited)
    show_status(audited, terminal=Terminal(), check=False, rebuild=False, report=False)
    lacking = f"labels v1 do not hold {len(wrong)} decided pairs yet; put them in with"
    assert lacking in capsys.readouterr().out


def test_status_counts_the_verdicts_of_the_file_beside_the_decisions(audited, capsys):
    apply_decisions_to(audited, terminal=QUIET)
    show_status(audited, terminal=Terminal(), check=False, rebuild=False, report=False)
    told = capsys.readouterr().out
    assert "decisions: none in the app yet; review with: workbench app" in told
    assert "reviewed pairs: 300 verdicts in audit.csv" in told


def test_a_file_of_verdicts_that_is_gone_leaves_the_rest_of_status(audited, capsys):
    (audited / "audit.csv").unlink()
    show_status(audited, terminal=Terminal(), check=False, rebuild=False, report=False)
    told = capsys.readouterr().out
    assert "whether the newest labels hold all verdicts cannot be told" in told
    assert "audit.csv does not exist" in told
    assert "decisions: " in told

"""Noise estimated from a random sample, the truth of the shop as the auditor."""

import shutil

import numpy as np
import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.audit_sheet import read_audit_sheet, write_audit_sheet
from pipelines.console import Terminal
from pipelines.estimate import draw_audit, extend_audit, show_estimates
from workbench.errors import InputError, MissingArtefactError
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace
from workbench.workspace.audit_frame import current_frame, draw_sample, read_audit
from workbench.workspace.audited import tell_audit

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]


class Spoken(Terminal):
    """Keeps what is said."""

    text = ""

    def say(self, text=""):
        self.text += text + "\n"


@pytest.fixture(scope="module")
def truth(shop):
    return pd.MultiIndex.from_frame(pd.read_parquet(shop / "truth.parquet")[PAIR])


def said_by(truth, pairs):
    present = pd.MultiIndex.from_frame(pairs[PAIR]).isin(truth)
    verdict = pd.Series(np.where(present, "present", "absent"), dtype="object")
    return pd.DataFrame({"audited": verdict, "looked": None})


@pytest.fixture(scope="module")
def cleaned(finished, truth, decide_in, tmp_path_factory):
    """A workspace with a sample, whose first issues somebody decided well afterwards."""
    folder = tmp_path_factory.mktemp("cleaned") / "copy"
    shutil.copytree(finished, folder)
    root = folder / "workspace"
    draw_audit(root, draw=150, seed=1, new=False, terminal=QUIET)
    issues = Workspace(root).artefact("flag").table("issues", ["instance_id", "label_id", "rank"])
    first = issues[issues["rank"] <= 200]
    present = pd.MultiIndex.from_frame(first[PAIR]).isin(truth)
    decide_in(root, first[present].iloc[:150], "present")
    apply_decisions_to(root, terminal=QUIET)
    return root


@pytest.fixture
def sampled(cleaned, tmp_path):
    """A copy of that, free to be changed."""
    shutil.copytree(cleaned.parent, tmp_path / "copy")
    return tmp_path / "copy" / "workspace"


def fill_in(workspace, truth, tmp_path, n=None):
    out = tmp_path / "sheet.csv"
    write_audit_sheet(workspace, out=out, overwrite=True, terminal=QUIET)
    sheet = pd.read_csv(out, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    ids = sheet[PAIR].apply(lambda cells: cells.str.removeprefix("'"))
    verdict = said_by(truth, ids)["audited"]
    sheet["verdict"] = verdict if n is None else verdict.where(verdict.index < n, "")
    sheet.to_csv(out, index=False)
    return out


def test_estimates_hold_the_truth_before_and_after_over_many_draws(cleaned, truth):
    workspace = Workspace(cleaned)
    frame = current_frame(workspace)
    everything = draw_sample(frame, frame.n_pairs, seed=0, drawn_at="")
    exact = tell_audit(workspace, everything, said_by(truth, everything.pairs))
    held, value = {one.name: 0 for one in exact.figures}, {one.name: [] for one in exact.figures}
    for seed in range(25):
        sample = draw_sample(frame, 200, seed=seed, drawn_at="")
        for one in tell_audit(workspace, sample, said_by(truth, sample.pairs)).figures:
            true = exact.figure(one.name).estimate.value
            held[one.name] += one.estimate.low - 1e-12 <= true <= one.estimate.high + 1e-12
            value[one.name].append(one.estimate.value)
    assert {"wrong after", "missing less", "precision wrong first"} <= set(held)
    # Of 25 intervals that hold in 95 % of the cases so few hold once in a thousand.
    assert min(held.values()) >= 20
    wrong = exact.figure("wrong before").estimate.value
    assert np.mean(value["wrong before"]) == pytest.approx(wrong, rel=0.2)


def test_all_pairs_reviewed_are_the_truth_itself(cleaned, truth):
    workspace = Workspace(cleaned)
    frame = current_frame(workspace)
    sample = draw_sample(frame, frame.n_pairs, seed=0, drawn_at="")
    found = tell_audit(workspace, sample, said_by(truth, sample.pairs)).figure("wrong after")
    after = workspace.latest_labels().labels().to_frame()
    inside = frame.keys_of(after)
    after = after[np.isin(inside, frame.keys)]
    n_wrong = (~pd.MultiIndex.from_frame(after[PAIR]).isin(truth)).sum()
    assert found.estimate.low == pytest.approx(n_wrong / len(after))
    assert found.estimate.high == pytest.approx(n_wrong / len(after))


def test_a_filled_in_sheet_counts_once_and_changes_no_label(sampled, truth, tmp_path):
    sheet = fill_in(sampled, truth, tmp_path)
    n = read_audit_sheet(sampled, file=sheet, reviewer="kim", terminal=QUIET)
    assert n == 150
    assert read_audit_sheet(sampled, file=sheet, reviewer="kim", terminal=QUIET) == 0
    before = Workspace(sampled).latest_labels().name
    assert apply_decisions_to(sampled, terminal=QUIET).name == before
    told = show_estimates(sampled, labels=None, width=0.1, terminal=QUIET)
    assert told.n_audited == 150
    assert told.n_open == 0


def test_a_sheet_half_filled_in_is_a_smaller_random_sample(sampled, truth, tmp_path):
    sheet = fill_in(sampled, truth, tmp_path, n=75)
    read_audit_sheet(sampled, file=sheet, reviewer="kim", terminal=QUIET)
    told = show_estimates(sampled, labels=None, width=None, terminal=QUIET)
    assert told.n_passed == 0
    reached = told.strata["n_reached"] / told.strata["n_drawn"]
    assert reached[told.strata["n_drawn"] > 8].between(0.3, 0.8).all()


def test_more_pairs_extend_the_sample(sampled, truth, tmp_path):
    read_audit_sheet(
        sampled, file=fill_in(sampled, truth, tmp_path), reviewer="kim", terminal=QUIET
    )
    before = read_audit(Workspace(sampled)).pairs
    larger = extend_audit(sampled, more=60, terminal=QUIET)
    assert len(larger) == 210
    assert len(before.merge(larger.pairs, on=[*PAIR, "stratum", "place"])) == 150
    told = show_estimates(sampled, labels=None, width=None, terminal=QUIET)
    assert (told.n_audited, told.n_open + told.n_looked) == (150, 60)


def test_what_it_says_names_what_is_not_covered_and_what_to_do(sampled):
    spoken = Spoken()
    show_estimates(sampled, labels=None, width=0.02, terminal=spoken)
    assert "that are neither given nor candidates" in spoken.text
    assert "queue 'Random pairs'" in spoken.text
    assert "for intervals of 2.0% from end to end" in spoken.text


def test_verdicts_on_pairs_that_were_not_drawn_are_told(sampled, tmp_path, capsys, truth):
    sheet = pd.read_csv(fill_in(sampled, truth, tmp_path), dtype="str")
    other = sheet.head(1).assign(label_id="Brand: none")
    pd.concat([sheet, other]).to_csv(tmp_path / "more.csv", index=False)
    read_audit_sheet(sampled, file=tmp_path / "more.csv", reviewer="kim", terminal=Terminal())
    assert "1 verdict on pairs that were not drawn left out" in capsys.readouterr().err
    other.to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(InputError, match="1 rows, 1 of them filled in and none of those drawn"):
        read_audit_sheet(sampled, file=tmp_path / "none.csv", reviewer="kim", terminal=QUIET)


def test_a_sheet_that_nobody_filled_in_is_told(sampled, tmp_path, truth):
    sheet = pd.read_csv(fill_in(sampled, truth, tmp_path), dtype="str")
    sheet.assign(verdict="").to_csv(tmp_path / "empty.csv", index=False)
    with pytest.raises(InputError, match=rf"verdict is empty in all of its {len(sheet)} rows"):
        read_audit_sheet(sampled, file=tmp_path / "empty.csv", reviewer="kim", terminal=QUIET)


def test_a_reviewer_without_a_name_is_refused(sampled, tmp_path):
    with pytest.raises(InputError, match="--reviewer: expected the name of who filled the file"):
        read_audit_sheet(sampled, file=tmp_path / "none.csv", reviewer=" ", terminal=QUIET)


def test_a_sample_is_not_replaced_by_accident(sampled):
    with pytest.raises(InputError, match=r"add to it with --more 10, or start another with --new"):
        draw_audit(sampled, draw=10, seed=0, new=False, terminal=QUIET)
    assert len(draw_audit(sampled, draw=40, seed=0, new=True, terminal=QUIET)) == 40


def test_what_is_missing_is_named_with_what_makes_it(finished, sampled):
    with pytest.raises(MissingArtefactError, match="no audit sample yet; draw one with"):
        show_estimates(finished / "workspace", labels=None, width=None, terminal=QUIET)
    with pytest.raises(InputError, match="--width is a share between 0 and 1"):
        show_estimates(sampled, labels=None, width=2.0, terminal=QUIET)


def test_the_log_keeps_what_an_auditor_says(sampled, truth, tmp_path):
    sheet = fill_in(sampled, truth, tmp_path, n=10)
    read_audit_sheet(sampled, file=sheet, reviewer="kim", terminal=QUIET)
    with DecisionStore(Workspace(sampled).decisions_location()) as store:
        assert (store.log()["role"] == "auditor").sum() == 10
        assert "kim" not in set(store.current()["reviewer"])

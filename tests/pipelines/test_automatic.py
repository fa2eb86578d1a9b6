from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.automatic import draw_automatic_audit
from pipelines.console import Terminal
from pipelines.run import run_pipeline
from workbench.errors import InputError
from workbench.review.automatic import BANDS
from workbench.workspace import Workspace
from workbench.workspace.automatic import made_so_far

QUIET = Terminal(quiet=True)


@pytest.fixture
def workspace(finished_labels, tmp_path):
    """Labels without votes, for beside votes little is sure enough to be corrected."""
    shutil.copytree(finished_labels, tmp_path / "copy")
    return tmp_path / "copy" / "workspace"


def largest_band(folder) -> pd.DataFrame:
    """The suspects for a wrong label in the band that has most of them."""
    found = Workspace(folder).artefact("flag").table("suspects")
    found = found[found["kind"] == "wrong"]
    found = found.assign(place=np.digitize(found["probability"], BANDS))
    bands = [band for _, band in found.groupby(["attribute", "place"])]
    # The least suspicious first: they vouch for the others.
    band = max(bands, key=len).sort_values("suspicion", ignore_index=True)
    return band.drop(columns="place")


@pytest.fixture
def corrected(workspace, decide_pairs, set_issues):
    """A workspace in which a band was verified and its open pairs were corrected."""
    set_issues("auto_precision = 0.6")
    band = largest_band(workspace)
    assert len(band) >= 8
    decide_pairs(band.head(6), "absent")  # 0.05 ** (1 / 6) = 0.607
    version = apply_decisions_to(workspace, terminal=QUIET)
    return workspace, version, band


def test_corrections_of_a_verified_band_are_made_and_marked(corrected) -> None:
    workspace, version, band = corrected
    made = version.artefact.table("automatic")
    assert set(made["instance_id"]) == set(band["instance_id"][6:])
    assert version.artefact.manifest["automatic"]["precision"] == 0.6
    assert version.artefact.manifest["made_by"] == "decisions, automatic"
    assert version.artefact.manifest["removed"] == len(band)
    before = Workspace(workspace).label_version("v1").labels().n_given
    assert version.labels().n_given == before - len(band)


def test_one_pair_fewer_is_not_enough(workspace, decide_pairs, set_issues) -> None:
    set_issues("auto_precision = 0.6")
    decide_pairs(largest_band(workspace).head(5), "absent")
    version = apply_decisions_to(workspace, terminal=QUIET)
    assert version.artefact.manifest["removed"] == 5
    assert not version.artefact.holds("automatic.parquet")


def test_what_was_decided_in_a_batch_vouches_for_nothing(
    workspace, decide_pairs, set_issues
) -> None:
    set_issues("auto_precision = 0.6")
    decide_pairs(largest_band(workspace).head(6), "absent", batch_id="b")
    version = apply_decisions_to(workspace, terminal=QUIET)
    assert version.artefact.manifest["removed"] == 6
    assert not version.artefact.holds("automatic.parquet")


def test_the_band_that_lacks_least_is_named_with_what_it_lacks(
    workspace, decide_pairs, set_issues, capsys
) -> None:
    set_issues("auto_precision = 0.6")
    decide_pairs(largest_band(workspace).head(5), "absent")
    apply_decisions_to(workspace, terminal=Terminal())
    said = capsys.readouterr().out
    assert "0 of 1 reviewed bands hold pairs" in said
    # 0.05 ** (1 / 5) = 0.549, 0.05 ** (1 / 6) = 0.607
    assert "5 of 5 right, which is at least 55 % with 95 % confidence; 1 more of its" in said
    assert "open pairs without a false alarm would reach 60 %" in said


@pytest.mark.parametrize(
    ("precision", "n_left", "says"),
    [
        (0.6, 0, "reviewed pairs that vouch are right; none of it is open"),
        (0.6, 1, "made 1 automatic correction, marked in v2"),
        (0.999, 1, "more would have to be right, but only 1 is open"),
        (0.999, 0, "more would have to be right, but none is open"),
    ],
)
def test_what_is_open_in_a_band_is_said(
    workspace, decide_pairs, set_issues, capsys, precision, n_left, says
) -> None:
    set_issues(f"auto_precision = {precision}")
    band = largest_band(workspace)
    decide_pairs(band.head(len(band) - n_left), "absent")
    apply_decisions_to(workspace, terminal=Terminal())
    assert says in capsys.readouterr().out


def test_without_the_key_nothing_is_corrected(workspace, decide_pairs) -> None:
    decide_pairs(largest_band(workspace).head(6), "absent")
    assert apply_decisions_to(workspace, terminal=QUIET).artefact.manifest["removed"] == 6


def test_automatic_corrections_are_taken_back_in_one_step_and_stay_so(corrected) -> None:
    workspace, _version, band = corrected
    undone = apply_decisions_to(workspace, terminal=QUIET, undo_automatic=True)
    assert undone.artefact.manifest["undid_automatic"] == len(band) - 6
    before = Workspace(workspace).label_version("v1").labels().n_given
    assert undone.labels().n_given == before - 6
    assert made_so_far(Workspace(workspace), undone).empty
    assert apply_decisions_to(workspace, terminal=QUIET).name == undone.name
    with pytest.raises(InputError, match="no automatic corrections to take back"):
        apply_decisions_to(workspace, terminal=QUIET, undo_automatic=True)


def test_the_undo_says_that_the_next_apply_may_correct_other_pairs(corrected, capsys) -> None:
    workspace, _version, _band = corrected
    apply_decisions_to(workspace, terminal=Terminal(), undo_automatic=True)
    said = capsys.readouterr().out
    assert "[issues] auto_precision = 0.6 is still set: after the next run, apply may" in said
    assert "take it out of [issues] in" in said


def test_the_undo_is_silent_on_what_is_not_set_any_more(corrected, capsys) -> None:
    path = corrected[0] / "workbench.toml"
    path.write_text(path.read_text().replace("auto_precision", "# auto_precision"))
    apply_decisions_to(corrected[0], terminal=Terminal(), undo_automatic=True)
    said = capsys.readouterr().out
    assert "took back" in said
    assert "still set" not in said


@pytest.fixture
def anew(corrected):
    """A workspace whose labels v3 were made anew, without what v2 holds, and the band."""
    workspace, _, band = corrected
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace('bad_rows = "error"', 'bad_rows = "skip"'))
    run_pipeline(workspace, terminal=QUIET, show=0)
    return workspace, band


def test_corrections_that_labels_made_anew_lack_are_noted_beside_the_warning(anew, capsys):
    workspace, band = anew
    run_pipeline(workspace, terminal=Terminal(), show=0)
    said = capsys.readouterr()
    assert "they do not hold 6 decided pairs; put them in with" in said.err
    assert "automatic correction" not in said.err
    noted = f"labels v3 do not hold {len(band) - 6} automatic corrections of v2; workbench apply"
    assert noted in said.out


def test_corrections_that_are_switched_off_are_not_missed(anew, capsys):
    path = anew[0] / "workbench.toml"
    path.write_text(path.read_text().replace("auto_precision", "# auto_precision"))
    run_pipeline(anew[0], terminal=Terminal(), show=0)
    said = capsys.readouterr()
    assert "put them in with: workbench apply" in said.err
    assert "automatic correction" not in said.out + said.err


def test_an_audited_correction_that_was_wrong_is_turned_back(
    corrected, set_issues, tmp_path
) -> None:
    workspace, version, band = corrected
    out = tmp_path / "auto.csv"
    drawn = draw_automatic_audit(
        workspace, draw=2, out=out, seed=0, overwrite=False, terminal=QUIET
    )
    assert len(drawn) == min(2, len(band) - 6)
    filled = pd.read_csv(out, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    filled.assign(verdict="present").to_csv(out, index=False)
    set_issues(f'auto_audit = {{ path = "{out}" }}')
    after = apply_decisions_to(workspace, terminal=QUIET)
    assert after.labels().n_given == version.labels().n_given + len(drawn)


def fill(out, verdict: str) -> pd.DataFrame:
    sheet = pd.read_csv(out, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    sheet.assign(verdict=verdict).to_csv(out, index=False)
    return sheet


def audit_all(folder, out) -> None:
    draw_automatic_audit(folder, draw=999, out=out, seed=0, overwrite=False, terminal=QUIET)


def test_a_second_audit_takes_the_first_one_over(corrected, set_issues, tmp_path) -> None:
    workspace, _version, band = corrected
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    draw_automatic_audit(workspace, draw=1, out=first, seed=0, overwrite=False, terminal=QUIET)
    before = fill(first, "absent")
    set_issues(f'auto_audit = {{ path = "{first}" }}')
    audit_all(workspace, second)
    sheet = fill(second, "absent")
    assert sheet["verdict"].tolist() == ["absent"] + [""] * (len(band) - 6 - 1)
    assert sheet["instance_id"].iloc[0] == before["instance_id"].iloc[0]
    assert not sheet.duplicated(["instance_id", "label_id"]).any()
    set_issues(f'auto_audit = {{ path = "{second}" }}')
    with pytest.raises(InputError, match=r"automatic corrections are in .*second\.csv already"):
        audit_all(workspace, tmp_path / "third.csv")


def test_an_audit_stops_a_band_after_its_corrections_were_taken_back(
    workspace, decide_pairs, set_issues, tmp_path, capsys
) -> None:
    set_issues("auto_precision = 0.51")
    band = largest_band(workspace)
    decide_pairs(band.head(len(band) - 8), "absent")
    apply_decisions_to(workspace, terminal=QUIET)
    out = tmp_path / "auto.csv"
    draw_automatic_audit(workspace, draw=5, out=out, seed=0, overwrite=False, terminal=QUIET)
    fill(out, "present")
    set_issues(f'auto_audit = {{ path = "{out}" }}')
    apply_decisions_to(workspace, terminal=QUIET, undo_automatic=True)
    run_pipeline(workspace, terminal=QUIET, show=0)
    capsys.readouterr()
    apply_decisions_to(workspace, terminal=Terminal())
    # 0 of 5 is below 0.51 with 95 % confidence: 1 - 0.05 ** (1 / 5) = 0.45.
    lowest = max(bound for bound in BANDS if bound <= band["probability"].min())
    said = capsys.readouterr().out
    assert "reviewed bands hold pairs" in said
    vouching = [line for line in said.splitlines() if "that vouch are right" in line]
    assert not any(f" to {1 - lowest:.2f}: " in line for line in vouching)
    assert "audited corrections say that fewer than 51 % are" in said


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("artefact", "there are no issues yet; find them with: workbench run"),
        ("table", "come without the table of suspects, which is new; rank them anew with"),
    ],
)
def test_what_automatic_corrections_lack_is_said(
    workspace, set_issues, capsys, lost: str, message: str
) -> None:
    set_issues("auto_precision = 0.98")
    folder = Workspace(workspace).artefact("flag").folder
    if lost == "artefact":
        shutil.rmtree(folder)
    else:
        manifest = json.loads((folder / "manifest.json").read_text())
        del manifest["files"]["suspects.parquet"]
        (folder / "manifest.json").write_text(json.dumps(manifest))
    apply_decisions_to(workspace, terminal=Terminal())
    said = " ".join(capsys.readouterr().out.split())
    assert (
        f"no automatic corrections: {'' if lost == 'artefact' else 'the issues '}{message}" in said
    )


def test_before_the_first_correction_random_suspects_can_vouch(
    workspace, set_issues, tmp_path
) -> None:
    set_issues("auto_precision = 0.6")
    out = tmp_path / "suspects.csv"
    n_suspects = len(Workspace(workspace).artefact("flag").table("suspects"))
    drawn = draw_automatic_audit(
        workspace, draw=n_suspects - 5, out=out, seed=0, overwrite=False, terminal=QUIET
    )
    filled = pd.read_csv(out, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    filled.assign(verdict=filled["corrected_to"]).to_csv(out, index=False)
    set_issues(f'auto_audit = {{ path = "{out}" }}')
    manifest = apply_decisions_to(workspace, terminal=QUIET).artefact.manifest
    assert len(drawn) == n_suspects - 5
    made = manifest["automatic"]["n"]
    assert made > 0
    assert manifest["added"] + manifest["removed"] == n_suspects - 5 + made


def test_a_drawn_file_is_named_as_seen_from_the_workspace(workspace, tmp_path, capsys) -> None:
    draw_automatic_audit(
        workspace, draw=1, out=tmp_path / "a.csv", seed=0, overwrite=False, terminal=Terminal()
    )
    assert 'auto_audit = { path = "../../a.csv" }' in capsys.readouterr().out


def test_an_audit_of_issues_that_are_out_of_date_says_what_to_do(corrected, tmp_path) -> None:
    workspace, _version, _band = corrected
    apply_decisions_to(workspace, terminal=QUIET, undo_automatic=True)
    with pytest.raises(
        InputError, match=r"hold no automatic corrections to audit, and no suspects"
    ):
        draw_automatic_audit(
            workspace, draw=2, out=tmp_path / "a.csv", seed=0, overwrite=False, terminal=QUIET
        )

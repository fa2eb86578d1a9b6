from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.automatic import draw_automatic_audit, made_so_far
from pipelines.console import Terminal
from workbench.errors import InputError
from workbench.review.automatic import BANDS
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)


def largest_band(folder) -> pd.DataFrame:
    """The suspects for a missing label of the attribute and the band that have most of them."""
    found = Workspace(folder).artefact("flag").table("suspects")
    missing = found[found["kind"] == "missing"]
    missing = missing.assign(place=np.digitize(missing["probability"], BANDS))
    bands = [band for _, band in missing.groupby(["attribute", "place"])]
    # The least suspicious first: they vouch for the others.
    band = max(bands, key=len).sort_values("suspicion", ignore_index=True)
    return band.drop(columns="place")


@pytest.fixture
def corrected(workspace, decide_pairs, set_issues):
    """A workspace in which a band was verified and its open pairs were corrected."""
    set_issues("auto_precision = 0.6")
    band = largest_band(workspace)
    assert len(band) >= 8
    decide_pairs(band.head(6), "present")  # 0.05 ** (1 / 6) = 0.607
    version = apply_decisions_to(workspace, terminal=QUIET)
    return workspace, version, band


def test_corrections_of_a_verified_band_are_made_and_marked(corrected) -> None:
    workspace, version, band = corrected
    made = version.artefact.table("automatic")
    assert set(made["instance_id"]) == set(band["instance_id"][6:])
    assert version.artefact.manifest["automatic"]["precision"] == 0.6
    assert version.artefact.manifest["made_by"] == "decisions, automatic"
    assert version.artefact.manifest["added"] == len(band)
    before = Workspace(workspace).label_version("v1").labels().n_given
    assert version.labels().n_given == before + len(band)


def test_one_pair_fewer_is_not_enough(workspace, decide_pairs, set_issues) -> None:
    set_issues("auto_precision = 0.6")
    decide_pairs(largest_band(workspace).head(5), "present")
    version = apply_decisions_to(workspace, terminal=QUIET)
    assert version.artefact.manifest["added"] == 5
    assert not version.artefact.holds("automatic.parquet")


def test_without_the_key_nothing_is_corrected(workspace, decide_pairs) -> None:
    decide_pairs(largest_band(workspace).head(6), "present")
    assert apply_decisions_to(workspace, terminal=QUIET).artefact.manifest["added"] == 6


def test_automatic_corrections_are_taken_back_in_one_step_and_stay_so(corrected) -> None:
    workspace, _version, band = corrected
    undone = apply_decisions_to(workspace, terminal=QUIET, undo_automatic=True)
    assert undone.artefact.manifest["undid_automatic"] == len(band) - 6
    before = Workspace(workspace).label_version("v1").labels().n_given
    assert undone.labels().n_given == before + 6
    assert made_so_far(Workspace(workspace), undone).empty
    assert apply_decisions_to(workspace, terminal=QUIET).name == undone.name
    with pytest.raises(InputError, match="no automatic corrections to take back"):
        apply_decisions_to(workspace, terminal=QUIET, undo_automatic=True)


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
    filled.assign(verdict="absent").to_csv(out, index=False)
    set_issues(f'auto_audit = {{ path = "{out}" }}')
    after = apply_decisions_to(workspace, terminal=QUIET)
    assert after.labels().n_given == version.labels().n_given - len(drawn)


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
    made = manifest.get("automatic", {}).get("n", 0)
    assert manifest["added"] + manifest["removed"] == n_suspects - 5 + made


def test_an_audit_of_issues_that_are_out_of_date_says_what_to_do(corrected, tmp_path) -> None:
    workspace, _version, _band = corrected
    apply_decisions_to(workspace, terminal=QUIET, undo_automatic=True)
    with pytest.raises(
        InputError, match=r"hold no automatic corrections to audit, and no suspects"
    ):
        draw_automatic_audit(
            workspace, draw=2, out=tmp_path / "a.csv", seed=0, overwrite=False, terminal=QUIET
        )

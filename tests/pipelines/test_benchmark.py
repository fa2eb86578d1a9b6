"""Errors put in on purpose and found again."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.benchmark import benchmark_detection
from pipelines.benchmark_gain import benchmark_gain
from pipelines.console import Terminal
from pipelines.gain.measuring import CLEAN, NOISY
from pipelines.gain.ways import OURS
from workbench.errors import InputError
from workbench.workspace import Workspace


def test_what_was_disturbed_is_found_and_told_by_kind_and_frequency(workspace, capsys):
    found = benchmark_detection(workspace, noise=0.2, n_seeds=1, terminal=Terminal())
    assert (found["lift_at_100"] > 3).all()
    assert (found["found_errors"] <= found["n_true"]).all()
    assert found["calibration_error"].between(0, 0.2).all()
    told = capsys.readouterr().out
    n_each = round(0.2 / 4 * Workspace(workspace).latest_labels().labels().n_given)
    assert found["n_true"].tolist() == [2 * n_each, 3 * n_each]
    assert f"{n_each:,} labels are added (wrong), {n_each:,} swapped" in told
    assert "found again, they count as false" in told
    assert "seed 0" in told
    assert "lowest" not in told
    assert all(name in told for name in ("head", "torso", "tail", "calibration error"))


def test_the_gain_is_told_with_the_gap_beside_it(workspace, tmp_path, capsys):
    out, picture = tmp_path / "gain.csv", tmp_path / "gain.svg"
    benchmark_gain(
        workspace,
        noise=[0.3],
        n_seeds=1,
        n_instances=400,
        out=out,
        picture=picture,
        overwrite=False,
        terminal=Terminal(),
        ways=[OURS],
        shares=[0.1],
    )
    told = capsys.readouterr().out
    assert "gap" in told
    assert OURS in told
    points = pd.read_csv(out)
    assert points["way"].tolist() == [NOISY, CLEAN, OURS]
    assert "30 % noise" in picture.read_text(encoding="utf-8")


def test_files_of_another_ending_are_refused_before_the_work(workspace, tmp_path):
    asked = {"noise": [0.3], "n_seeds": 1, "n_instances": 400, "terminal": Terminal()}
    with pytest.raises(InputError, match=r"--out .*gain\.txt: .* ends in \.csv or \.parquet"):
        benchmark_gain(workspace, **asked, out=tmp_path / "gain.txt")
    with pytest.raises(InputError, match=r"--picture .*gain\.gif: .*\.svg, \.png or \.pdf"):
        benchmark_gain(workspace, **asked, picture=tmp_path / "gain.gif")

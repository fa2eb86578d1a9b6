"""What a run cost, as it is told."""

from __future__ import annotations

import pytest

from pipelines.console import Terminal
from pipelines.run_report import tell_costs, tell_report
from workbench.errors import WorkbenchError
from workbench.workspace import Workspace


def entry(stage, seconds, peak, *, done=True):
    costs = {"seconds": seconds, "cpu_seconds": seconds / 2, "peak_mb": peak}
    return {"stage": stage, "done": done, "parts": [], **costs}


def test_all_stages_together_take_the_sum_of_their_time_and_the_highest_peak(capsys):
    stages = [entry("label", 2.0, 700), entry("train", 3.5, 400), entry("score", 9, 9, done=False)]
    tell_costs(stages, Terminal(), "stages")
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert lines["all"] == [f"{2 + 3.5:.1f}", f"{1 + 1.75:.1f}", "700"]
    assert lines["score"] == ["up", "to", "date"]


def test_costs_of_an_older_version_wait_for_the_next_run(capsys):
    tell_costs([{"stage": "label", "seconds": 1}], Terminal(), "last run")
    assert "last run: costs are told again after the next run" in capsys.readouterr().out


def test_a_damaged_report_says_what_to_do(tmp_path):
    workspace = Workspace.create(tmp_path / "w", "")
    (workspace.root / "reports").mkdir()
    (workspace.root / "reports" / "run.json").write_text("{")
    with pytest.raises(WorkbenchError, match=r"run.json is damaged \(.*\); delete it"):
        tell_report(workspace, Terminal())

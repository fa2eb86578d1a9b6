"""What commands say of results that an earlier version made."""

import re
import shutil

import pytest

from pipelines.audit import draw_audit_sample
from pipelines.console import Terminal
from pipelines.issue_list import list_issues
from pipelines.status import show_status
from workbench.errors import MissingArtefactError
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_scores, write_table

QUIET = Terminal(quiet=True)


@pytest.fixture
def earlier(finished_labels, tmp_path):
    """A finished workspace whose scores, noise and issues lack what they lacked once."""
    shutil.copytree(finished_labels, tmp_path / "copy")
    workspace = Workspace(tmp_path / "copy" / "workspace")
    flagged, scored = workspace.artefact("flag"), workspace.artefact("score")
    with workspace.publish("flag", "earlier", flagged.manifest) as folder:
        noise = flagged.table("noise").rename(columns={"wrong_basis": "basis"})
        write_table(folder, "noise", noise.drop(columns="missing_basis"))
        write_table(folder, "issues", flagged.table("issues").drop(columns="gain_rank"))
    with workspace.publish("score", "earlier", scored.manifest) as folder:
        write_scores(folder, scored.scores())
    workspace.make_current({"flag": "earlier", "score": "earlier"})
    return workspace


def again(workspace, what):
    root = re.escape(str(workspace.root))
    return f"{what} of {root} come from an earlier version, .*: workbench run "


def test_status_says_to_run_again_and_shows_the_rest(earlier, capsys):
    show_status(earlier.root, terminal=Terminal(), check=False, rebuild=False, report=False)
    told = " ".join(capsys.readouterr().out.split())
    assert "the noise estimates of" in told
    assert "come from an earlier version" in told
    assert "decisions: none in the app yet" in told


def test_a_sample_asks_for_the_scores_anew(earlier, tmp_path):
    with pytest.raises(MissingArtefactError, match=again(earlier, "the scores")):
        draw_audit_sample(
            earlier.root, draw=9, out=tmp_path / "a.csv", seed=0, overwrite=False, terminal=QUIET
        )


def test_the_order_of_gain_asks_for_the_issues_anew(earlier):
    wanted = {"table": "issues", "kind": None, "order": "gain", "limit": None}
    with pytest.raises(MissingArtefactError, match=again(earlier, "the issues")):
        list_issues(earlier.root, out=None, **wanted, overwrite=False, terminal=QUIET)

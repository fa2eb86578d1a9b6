"""What commands say of a file that they cannot write."""

from pathlib import Path

import pytest

from pipelines.audit import draw_audit_sample
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.out_files import check_not_ours, check_out_file
from workbench.errors import InputError

QUIET = Terminal(quiet=True)


def test_a_file_that_is_there_is_kept_unless_it_may_be_replaced(tmp_path):
    out = tmp_path / "audit.csv"
    out.write_text("verdict")
    with pytest.raises(InputError, match=r"exists already and may hold verdicts; .* --overwrite"):
        check_out_file(out, overwrite=False, holds="verdicts")
    check_out_file(out, overwrite=True)


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_is_no_file(tmp_path, overwrite):
    with pytest.raises(InputError, match="is a folder; name a file"):
        check_out_file(tmp_path, overwrite=overwrite)


def test_a_missing_folder_is_named_before_the_work(tmp_path, finished):
    out = tmp_path / "no" / "audit.csv"
    with pytest.raises(InputError, match=r"there is no folder .*no; make it, or choose another"):
        draw_audit_sample(
            finished / "workspace", draw=9, out=out, seed=0, overwrite=False, terminal=QUIET
        )


def test_a_workspace_is_no_file(tmp_path):
    (tmp_path / "w").write_text("")
    with pytest.raises(InputError, match="is a file; name another folder for the workspace"):
        init_workspace(tmp_path / "w", InitRequest(sample=True), QUIET)


@pytest.mark.parametrize("own", ["labels/v4", "models/x.csv", "artefacts/flag/x.csv", "reports"])
def test_nothing_is_written_among_what_a_workspace_makes_itself(tmp_path, monkeypatch, own):
    (tmp_path / "shop" / "labels").mkdir(parents=True)
    (tmp_path / "shop" / "workbench.toml").touch()
    monkeypatch.chdir(tmp_path / "shop" / "labels")
    with pytest.raises(InputError, match=r"holds only what .* choose a place outside it, such as"):
        check_not_ours(Path("..") / own)


@pytest.mark.parametrize("place", ["shop/exports/v4", "shop/audit.csv", "labels/v4"])
def test_exports_and_the_folder_of_a_workspace_take_files(tmp_path, place):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "workbench.toml").touch()
    check_not_ours(tmp_path / place)

import shutil

import pytest

from pipelines.apply import apply_decisions_to
from pipelines.console import Terminal
from pipelines.export import export_labels
from pipelines.run import run_pipeline
from pipelines.status import show_status
from workbench.errors import ConfigError
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
LACKING = "labels v3 were made anew from the inputs, without what was applied in v2: they do not"


def status(folder, capsys):
    show_status(folder, terminal=Terminal(), check=False, rebuild=False, report=False)
    return capsys.readouterr().out


def export(folder, tmp_path, labels=None):
    out = tmp_path / "export"
    export_labels(folder, labels=labels, formats=["csv"], out=out, overwrite=True, terminal=QUIET)


@pytest.fixture(scope="module")
def made_changed(finished, tmp_path_factory, decide_in):
    """Three wrong labels taken away as v2, and then another configuration; not to be changed."""
    root = tmp_path_factory.mktemp("changed") / "copy"
    shutil.copytree(finished, root)
    folder = root / "workspace"
    issues = Workspace(folder).artefact("flag").table("issues")
    decide_in(folder, issues[issues["kind"] == "wrong"].head(3), "absent")
    apply_decisions_to(folder, terminal=QUIET)
    path = folder / "workbench.toml"
    path.write_text(path.read_text().replace("threshold = 0.5", "threshold = 0.505"))
    return root


@pytest.fixture(scope="module")
def made_anew(made_changed, tmp_path_factory):
    """The same after a run, which made v3 from the inputs; not to be changed."""
    root = tmp_path_factory.mktemp("anew") / "copy"
    shutil.copytree(made_changed, root)
    run_pipeline(root / "workspace", terminal=QUIET, show=0)
    return root


@pytest.fixture
def changed(made_changed, tmp_path):
    shutil.copytree(made_changed, tmp_path / "changed")
    return tmp_path / "changed" / "workspace"


@pytest.fixture
def anew(made_anew, tmp_path):
    shutil.copytree(made_anew, tmp_path / "anew")
    return tmp_path / "anew" / "workspace"


def test_a_quiet_run_that_makes_labels_without_the_decisions_warns(changed, capsys):
    run_pipeline(changed, terminal=QUIET, show=0)
    told = capsys.readouterr()
    assert told.out == ""
    assert f"warning: {LACKING} hold 3 decided pairs; put them in with: workbench apply" in told.err


def test_the_next_run_warns_too_until_they_are_applied(anew, capsys):
    run_pipeline(anew, terminal=QUIET, show=0)
    assert capsys.readouterr().err.count(LACKING) == 1
    apply_decisions_to(anew, terminal=QUIET)
    run_pipeline(anew, terminal=QUIET, show=0)
    assert capsys.readouterr().err == ""


def test_status_says_what_the_labels_lack(anew, capsys):
    assert f"{LACKING} hold 3 decided pairs; put them in with: workbench apply {anew}" in status(
        anew, capsys
    )
    apply_decisions_to(anew, terminal=QUIET)
    assert "do not hold" not in status(anew, capsys)


def test_an_export_of_the_newest_labels_warns(anew, tmp_path, capsys):
    capsys.readouterr()
    export(anew, tmp_path, labels="v2")
    assert capsys.readouterr().err == ""
    export(anew, tmp_path)
    assert f"{LACKING} hold 3 decided pairs" in capsys.readouterr().err


def test_an_export_with_a_configuration_that_cannot_be_read_writes_nothing(workspace, tmp_path):
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace("threshold = 0.5", "treshold = 0.5"))
    with pytest.raises(ConfigError, match="treshold"):
        export(workspace, tmp_path)
    assert not (tmp_path / "export").exists()


def test_decisions_that_wait_for_apply_are_told_without_a_warning(workspace, decide_pairs, capsys):
    issues = Workspace(workspace).artefact("flag").table("issues")
    decide_pairs(issues[issues["kind"] == "wrong"].head(1), "absent")
    run_pipeline(workspace, terminal=Terminal(), show=0)
    told = capsys.readouterr()
    assert "labels v1 do not hold 1 decided pair yet; put them in with" in told.out
    assert "do not hold" not in told.err


def test_a_damaged_store_does_not_fail_an_export_that_is_written(anew, tmp_path, capsys):
    anew.joinpath("decisions.sqlite").write_bytes(b"no database" * 100)
    export(anew, tmp_path)
    assert (tmp_path / "export" / "manifest.json").is_file()
    told = capsys.readouterr().err
    assert "warning: whether the newest labels hold all verdicts cannot be told: " in told
    assert "decisions.sqlite" in told


def test_a_configuration_that_does_not_fit_is_refused_before_an_export(anew, tmp_path):
    path = anew / "workbench.toml"
    path.write_text(path.read_text() + "\n[no_such_section]\n")
    with pytest.raises(ConfigError, match="no_such_section"):
        export(anew, tmp_path)
    assert not (tmp_path / "export").exists()

import sys

import pytest
from typer.testing import CliRunner

from pipelines import cli

COMMANDS = "demo init run app status apply export retrain compare predict benchmark".split()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(command):
    result = CliRunner().invoke(cli.app, [command, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert f"workbench {command}" in result.output.split("Example:")[1]


def run_main(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code, capsys.readouterr()


@pytest.mark.parametrize("command", ["run", "status", "apply", "export", "retrain", "compare"])
def test_a_folder_that_is_no_workspace_is_one_line_and_exit_code_1(
    command, monkeypatch, capsys, tmp_path
):
    code, shown = run_main(monkeypatch, capsys, command, str(tmp_path))
    assert code == 1
    assert shown.err.count("\n") == 1
    assert "is not a workspace" in shown.err
    assert "workbench init" in shown.err


def test_quiet_prints_nothing(workspace, monkeypatch, capsys):
    code, shown = run_main(monkeypatch, capsys, "run", str(workspace), "--quiet")
    assert code == 0
    assert shown.out + shown.err == ""


def test_status_names_stages_versions_and_models(workspace, monkeypatch, capsys):
    code, shown = run_main(monkeypatch, capsys, "status", str(workspace), "--check")
    assert code == 0
    assert "every file matches its checksum" in shown.out
    assert "dawid_skene" in shown.out


def test_an_unknown_key_of_the_configuration_is_one_line(workspace, monkeypatch, capsys):
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace("n_folds", "folds"))
    code, shown = run_main(monkeypatch, capsys, "run", str(workspace))
    assert code == 1
    assert "unknown key 'folds' in [scores]: did you mean 'n_folds'?" in shown.err

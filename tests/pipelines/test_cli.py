import errno
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pipelines import cli
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.run import run_pipeline
from workbench.report import Report
from workbench.workspace import Workspace


def commands_of(group, before=""):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{before}{name} ")
        else:
            yield before + name


COMMANDS = list(commands_of(get_command(cli.app)))


def test_commands_of_all_files_are_registered():
    assert {"run", "explain", "estimate", "log", "benchmark gain"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(command):
    result = CliRunner().invoke(cli.app, [*command.split(), "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert f"workbench {command}" in result.output.split("Example:")[1]


def test_the_example_of_explain_is_a_text_of_the_sample_shop():
    result = CliRunner().invoke(cli.app, ["explain", "--help"], env={"COLUMNS": "200"})
    (text,) = set(re.findall(r"explain shop '(.+?)'", result.output))
    events = pd.read_parquet(Path(__file__).parents[2] / "sample_data" / "events.parquet")
    assert text in set(events["user_query"])


def test_figures_and_one_word_headings_stay_whole_where_there_is_no_room(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "30")
    Terminal().table("", ["name", "v2-4097c3ec"], [["some words " * 4, "+1,099 −795"]])
    printed = capsys.readouterr().out
    assert "v2-4097c3ec" in printed
    assert "+1,099 −795" in printed


def run_main(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code, capsys.readouterr()


@pytest.mark.parametrize(
    "command", ["run", "status", "apply", "export", "retrain", "compare", "issues"]
)
def test_a_folder_that_is_no_workspace_is_one_line_and_exit_code_1(
    command, monkeypatch, capsys, tmp_path
):
    code, shown = run_main(monkeypatch, capsys, command, str(tmp_path))
    assert code == 1
    assert shown.err.count("\n") == 1
    assert "is not a workspace" in shown.err
    assert "workbench init" in shown.err


def test_a_command_that_is_interrupted_says_what_is_kept(workspace, monkeypatch, capsys):
    def stopped(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.run.run_pipeline", stopped)
    code, shown = run_main(monkeypatch, capsys, "run", str(workspace))
    assert code == 130
    assert shown.err == "workbench: interrupted; what was finished is kept, run it again\n"


def test_a_system_error_names_the_file_and_what_to_do(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    code, shown = run_main(monkeypatch, capsys, "init", str(tmp_path / "file" / "w"), "--sample")
    assert code == 1
    assert shown.err.endswith("not a directory; correct the path, or choose another\n")


def test_quiet_prints_nothing(workspace, monkeypatch, capsys):
    code, shown = run_main(monkeypatch, capsys, "run", str(workspace), "--quiet")
    assert code == 0
    assert shown.out + shown.err == ""


def test_status_names_stages_versions_and_models(workspace, monkeypatch, capsys):
    code, shown = run_main(monkeypatch, capsys, "status", str(workspace), "--check")
    assert code == 0
    assert "every file matches its checksum" in shown.out
    assert "dawid_skene" in shown.out


def test_status_shows_the_report_of_the_newest_run_again(workspace, monkeypatch, capsys):
    _, shown = run_main(monkeypatch, capsys, "status", str(workspace))
    assert "show them with --report" in shown.out
    _, shown = run_main(monkeypatch, capsys, "status", str(workspace), "--report")
    for stage in ("ingest", "label"):
        report = Report.from_dict(Workspace(workspace).artefact(stage).json("report"))
        assert all(f"  {line}\n" in shown.out for line in report.lines())
    assert "last run, finished 20" in shown.out


def test_an_unknown_key_of_the_configuration_is_one_line(workspace, monkeypatch, capsys):
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace("n_folds", "folds"))
    code, shown = run_main(monkeypatch, capsys, "run", str(workspace))
    assert code == 1
    assert "unknown key 'folds' in [scores]: did you mean 'n_folds'?" in shown.err


def unread(*arguments):
    """Exit code and errors of a command whose output nobody reads, as after ``| head -0``."""
    command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:  # noqa: S603
        process.stdout.close()
        told = process.stderr.read()
    return process.returncode, told


def test_init_makes_a_workspace_though_nobody_reads_what_it_says(shop, tmp_path):
    files = ["--clicks", shop / "events.parquet", "--catalog", shop / "items.csv"]
    assert unread("init", tmp_path / "w", *files) == (0, b"")
    assert (tmp_path / "w" / "workbench.toml").exists()


def test_a_run_finishes_though_nobody_reads_what_it_says(workspace):
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("max_issues = 100000", "max_issues = 50"))
    code, told = unread("run", workspace)
    assert (code, b"Traceback" in told) == (0, False)
    assert len(Workspace(workspace).artefact("flag").table("issues")) <= 2 * 50


def test_quiet_still_warns_a_scheduler_that_no_model_was_trained(tmp_path, monkeypatch, capsys):
    (tmp_path / "log.csv").write_text("user_query,object_id,clicks\nred shoe,1,9\n")
    (tmp_path / "items.csv").write_text("id,title,color\n1,Red shoe,Red\n2,Blue hat,Blue\n")
    request = InitRequest(clicks=tmp_path / "log.csv", catalog=tmp_path / "items.csv")
    init_workspace(tmp_path / "w", request, Terminal(quiet=True))
    code, shown = run_main(monkeypatch, capsys, "run", str(tmp_path / "w"), "--quiet")
    assert (code, shown.out) == (0, "")
    assert shown.err.startswith("workbench: warning: 1 instance is too few: a model, its scores")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "make room and run it again"),
        (OSError(errno.ENOSPC, "No space left on device", "X.npy"), "make room and run it again"),
        (OSError("9 requested and 2 written"), "make room and run it again"),  # by numpy
        (OSError(errno.EMFILE, "Too many open files", "X.npy"), "X.npy: too many open files"),
        (OSError(errno.EROFS, "Read-only file system", "X.npy"), "system; make it writable"),
        (OSError(errno.EACCES, "Permission denied", "X.npy"), "denied; correct the path, or"),
    ],
)
def test_another_path_is_advised_only_where_it_helps(error, advice, monkeypatch, capsys, tmp_path):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("pipelines.issue_list.list_issues", fail)
    code, shown = run_main(monkeypatch, capsys, "issues", str(tmp_path))
    assert (code, advice in shown.err) == (1, True)
    assert ("the path" in shown.err) == ("the path" in advice)


def test_too_little_memory_is_one_line_with_the_key_to_change(workspace, monkeypatch, capsys):
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace('# memory_limit = "4GB"', 'memory_limit = "1MB"'))
    # Something that is read anew; the limit alone changes no result.
    aliases = workspace.parent / "data" / "aliases.csv"
    aliases.write_text(aliases.read_text() + "Color,Blue,ao-iro,ja\n")
    code, shown = run_main(monkeypatch, capsys, "run", str(workspace), "--quiet")
    assert (code, shown.err.count("\n")) == (1, 1)
    assert "DuckDB ran out of memory while it read the inputs (" in shown.err
    assert "); raise memory_limit in [inputs]" in shown.err


def test_the_memory_limit_changes_no_result(workspace):
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("# memory_limit", "memory_limit"))
    assert run_pipeline(workspace, terminal=Terminal(quiet=True), show=0).n_done == 0


def test_a_damaged_report_of_the_last_run_is_one_line_with_advice(workspace, monkeypatch, capsys):
    report = workspace / "reports" / "run.json"
    report.write_text(report.read_text()[:20])
    code, shown = run_main(monkeypatch, capsys, "status", str(workspace), "--report")
    assert (code, shown.err.count("\n")) == (1, 1)
    assert f"{report} is damaged (" in shown.err
    assert "delete it: the next run that does work makes it" in shown.err


def test_costs_of_an_older_version_wait_for_the_next_run(workspace, monkeypatch, capsys):
    report = workspace / "reports" / "run.json"
    entry = {"stage": "ingest", "done": True, "seconds": 1.0, "peak_mb": 10}
    report.write_text(json.dumps({"finished_at": "then", "stages": [entry]}))
    code, shown = run_main(monkeypatch, capsys, "status", str(workspace), "--report")
    assert code == 0
    assert "finished then: costs are told again after the next run" in shown.out


def test_reviewed_pairs_are_read_within_the_memory_limit(workspace, monkeypatch, capsys):
    (workspace / "reviewed.csv").write_text("instance_id,label_id,verdict\na,b,present\n")
    config = workspace / "workbench.toml"
    text = config.read_text().replace('# memory_limit = "4GB"', 'memory_limit = "1MB"')
    config.write_text(text + '\n[inputs.reviewed]\npath = "reviewed.csv"\n')
    code, shown = run_main(monkeypatch, capsys, "run", str(workspace), "--quiet")
    assert (code, shown.err.count("\n")) == (1, 1)
    assert "DuckDB ran out of memory while it read the inputs (" in shown.err


def test_the_truth_is_read_within_the_memory_limit(workspace, monkeypatch, capsys):
    truth = json.dumps(str(workspace.parent / "data" / "truth.parquet"))
    config = workspace / "workbench.toml"
    text = config.read_text().replace('# memory_limit = "4GB"', 'memory_limit = "1MB"')
    config.write_text(text + f"\n[inputs.truth]\npath = {truth}\n")
    code, shown = run_main(monkeypatch, capsys, "benchmark", "signals", str(workspace))
    assert (code, shown.err.count("\n")) == (1, 1)
    assert "DuckDB ran out of memory while it read the inputs (" in shown.err


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--seed", "0"], "--seed goes with --draw, not with the estimates; leave"),
        (["--more", "5", "--new"], "--new goes with --draw, not with --more"),
        (["--draw", "5", "--width", "0.02"], "--width goes with the estimates, not with --draw"),
        (["--labels", "v1", "--out", "a.csv"], "--labels goes with the estimates, not with --out"),
        (["--overwrite"], "--overwrite goes with --out, not with the estimates"),
    ],
)
def test_an_option_of_an_estimate_that_is_not_asked_for_is_told(
    asked, told, finished, monkeypatch, capsys
):
    folder = str(finished / "workspace")
    code, shown = run_main(monkeypatch, capsys, "estimate", folder, *asked)
    assert code == 1
    assert told in shown.err


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["models", "--remove", "v1-0", "--measure"], "--remove and --measure: give one of them"),
        (["models", "--use", "v1-0", "--remove", "v1-1"], "--use and --remove: give one of them"),
        (["models", "--use", "v1-0", "--json"], "--use and --json: give one of them"),
        (["issues", "--overwrite"], "--overwrite goes with --out"),
        (["compare", "--overwrite"], "--overwrite goes with --report"),
    ],
)
def test_an_option_that_would_do_nothing_is_told(asked, told, finished, monkeypatch, capsys):
    command, *options = asked
    code, shown = run_main(monkeypatch, capsys, command, str(finished / "workspace"), *options)
    assert code == 1
    assert told in shown.err


def test_overwriting_nothing_is_told(finished, monkeypatch, capsys):
    folder = str(finished / "workspace")
    code, shown = run_main(monkeypatch, capsys, "predict", folder, "nike", "--overwrite")
    assert code == 1
    assert "--overwrite goes with --out" in shown.err

"""The commands with their decisions in a database by URL instead of a file of the workspace."""

import pytest
from sqlalchemy import make_url, update

from pipelines.apply import apply_decisions_to
from pipelines.console import Terminal
from pipelines.status import show_status
from workbench.review.schema import CURRENT
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace


@pytest.fixture(params=["sqlite", "postgresql"])
def configured(request, workspace, tmp_path, monkeypatch):
    """The workspace, with its decisions at a place that its configuration names."""
    if request.param == "sqlite":
        setting = str(tmp_path / "elsewhere.sqlite")
    else:
        url = make_url(request.getfixturevalue("postgres_url"))
        monkeypatch.setenv("DECISIONS_USER", url.username)
        url = url.set(username="$DECISIONS_USER")
        setting = url.render_as_string(hide_password=False).replace("%24", "$")
    path = Workspace(workspace).config_path
    head, found, rest = path.read_text().partition("[workspace]\n")
    path.write_text(f"{head}{found}decisions = '{setting}'\n{rest}")
    return workspace


@pytest.fixture
def decided(configured, decide_in):
    """The same with its first issue decided."""
    issues = Workspace(configured).artefact("flag").table("issues")
    decide_in(configured, issues[issues["kind"] == "wrong"].head(1), "absent")
    return configured


def test_apply_takes_decisions_from_where_the_configuration_says(decided):
    n_given = Workspace(decided).label_version("v1").labels().n_given
    version = apply_decisions_to(decided, terminal=Terminal(quiet=True))
    assert (version.name, version.labels().n_given) == ("v2", n_given - 1)
    assert not Workspace(decided).decisions_path.exists()


def test_a_damaged_projection_is_computed_anew_by_the_command(decided, capsys):
    with DecisionStore(Workspace(decided).decisions_location()) as store:
        before = store.current()
        with store.database.writing() as connection:
            connection.execute(update(CURRENT).values(verdict="unsure", reviewer="nobody"))
        show_status(decided, terminal=Terminal(), check=False, rebuild=True, report=False)
        assert store.current().equals(before)
    assert "rebuilt from their log\ndecisions: 1 events (mika 1)" in capsys.readouterr().out


def test_before_the_first_decision_there_is_none(configured, capsys):
    show_status(configured, terminal=Terminal(), check=False, rebuild=False, report=False)
    assert "decisions: none in the app yet" in capsys.readouterr().out

import sys

import pytest
from sqlalchemy import make_url

from pipelines.config import check_config
from workbench.errors import ConfigError, WorkbenchError
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace
from workbench.workspace.decisions import decisions_location

INPUTS = {"labels": {"texts": "t.csv", "pairs": "p.csv"}}


def workspace_with(folder, setting=None):
    line = "" if setting is None else f"decisions = '{setting}'"
    return Workspace.create(folder / "shop", f"[workspace]\n{line}\n")


def check(setting):
    check_config({"workspace": {"decisions": setting}, "inputs": INPUTS}, "workbench.toml")


def test_decisions_lie_in_the_workspace_unless_it_says_where(tmp_path):
    workspace = workspace_with(tmp_path)
    assert workspace.decisions_location() == workspace.root / "decisions.sqlite"
    assert not workspace.has_decisions()


def test_a_path_is_relative_to_the_workspace(tmp_path):
    workspace = workspace_with(tmp_path, "../team.sqlite")
    with DecisionStore(workspace.decisions_location()):
        assert workspace.has_decisions()
    assert (tmp_path / "team.sqlite").is_file()
    assert decisions_location("/data/team.sqlite", tmp_path).parts[1] == "data"


def test_a_variable_is_taken_as_it_is_whatever_a_url_makes_of_its_letters(tmp_path, monkeypatch):
    monkeypatch.setenv("WORD", "p@ss/w%rd$")
    url = make_url(decisions_location("postgresql://mika:$WORD@db.shop/team", tmp_path))
    assert (url.password, url.host, url.database) == ("p@ss/w%rd$", "db.shop", "team")


def test_a_variable_may_hold_all_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("DECISIONS", "postgresql://db.shop/team")
    assert decisions_location("$DECISIONS", tmp_path) == "postgresql://db.shop/team"
    assert workspace_with(tmp_path, "$DECISIONS").has_decisions()


def test_a_variable_that_is_not_set_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"takes \$NOT_SET from the environment, which has no"):
        decisions_location("postgresql://mika:$NOT_SET@db.shop/team", tmp_path)


@pytest.mark.parametrize("fine", ["../team.sqlite", "$DECISIONS", "postgresql://a:$B@host/team"])
def test_files_variables_and_postgresql_pass_the_check(fine):
    check(fine)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("mysql://mika:secret@host/team", r"\[workspace\]: 'decisions': .* the kind 'mysql'"),
        ("1no!://mika:secret@host", r"\[workspace\]: decision store: expected a path or a URL"),
        ("sqlite://", "forgets every decision; name a file"),
        ("", "should have at least 1 character"),
    ],
)
def test_what_is_no_place_for_decisions_is_refused_without_its_password(setting, says):
    with pytest.raises(ConfigError, match=says) as caught:
        check(setting)
    assert "secret" not in str(caught.value)


def test_a_server_without_its_driver_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(WorkbenchError, match=r"install label-workbench\[postgres\]"):
        DecisionStore("postgresql://host/team")

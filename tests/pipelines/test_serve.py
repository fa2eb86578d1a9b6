import re
import socket

import pytest

from pipelines import serve as serving
from pipelines.console import Terminal
from pipelines.serve import serve
from workbench.errors import ConfigError, WorkbenchError
from workbench.workspace import Workspace

ANYWHERE = "0.0.0.0"  # noqa: S104


@pytest.fixture
def started(monkeypatch):
    """The commands that would have become the server."""
    commands = []
    monkeypatch.setattr(serving.os, "execve", lambda path, command, env: commands.append(command))
    return commands


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def workspace_with(tmp_path, config):
    return Workspace.create(tmp_path / "shop", config).root


def test_the_app_listens_on_this_machine_only(tmp_path, started, port):
    serve(workspace_with(tmp_path, ""), port=port, terminal=Terminal(quiet=True))
    assert started[0][started[0].index("--server.address") + 1] == "localhost"


@pytest.mark.parametrize("sign_in", ["name", "auto"])
def test_no_other_machine_may_connect_where_names_are_typed(tmp_path, started, port, sign_in):
    root = workspace_with(tmp_path, f'[team]\nsign_in = "{sign_in}"\n')
    told = f'--address {ANYWHERE} lets other .* sign_in = "{sign_in}" a visitor may type any name'
    with pytest.raises(WorkbenchError, match=told):
        serve(root, port=port, terminal=Terminal(quiet=True), address=ANYWHERE)
    assert not started


@pytest.mark.parametrize("sign_in", ["header", "oidc"])
def test_other_machines_may_connect_where_people_sign_in(tmp_path, started, port, sign_in):
    root = workspace_with(tmp_path, f'[team]\nsign_in = "{sign_in}"\n')
    serve(root, port=port, terminal=Terminal(quiet=True), address=ANYWHERE)
    assert started[0][started[0].index("--server.address") + 1] == ANYWHERE


def test_an_address_that_is_not_of_this_machine_is_told(tmp_path, started, port):
    root = workspace_with(tmp_path, '[team]\nsign_in = "oidc"\n')
    with pytest.raises(WorkbenchError, match=re.escape("cannot listen on 203.0.113.7 port")):
        serve(root, port=port, terminal=Terminal(quiet=True), address="203.0.113.7")


def test_a_team_that_makes_no_sense_is_told_before_the_app_starts(tmp_path, started, port):
    root = workspace_with(tmp_path, '[team]\nsign_in = "ldap"\n')
    with pytest.raises(ConfigError, match=r"'team.sign_in' = 'ldap'"):
        serve(root, port=port, terminal=Terminal(quiet=True))
    assert not started

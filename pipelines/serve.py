"""Serve the review app."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path

from pipelines.console import Terminal
from pipelines.resources import app_path
from workbench.errors import WorkbenchError
from workbench.review.team import TeamSettings, read_team_settings
from workbench.ui import THEME
from workbench.workspace import Workspace

LOCAL = "localhost"


def serve(folder: Path, *, port: int, terminal: Terminal, address: str = LOCAL) -> None:
    """Become the server of the app on this workspace, until it is stopped.

    Parameters
    ----------
    folder : Path
    port : int
    terminal : Terminal
    address : str
        Of the network card to listen on; this machine only if left out.

    Raises
    ------
    ConfigError
        If the section ``[team]`` makes no sense.
    WorkbenchError
        If the port is taken, or others could connect without signing in.
    """
    workspace = Workspace(folder)
    settings = read_team_settings(workspace.config(), str(workspace.config_path))
    if address != LOCAL:
        _check_sign_in(settings, address)
    _check_port(workspace, port, address)
    terminal.say(
        f"starting the review app of {workspace.root}, in a moment at http://{address}:{port}   "
        "(Ctrl+C stops it)"
    )
    if address != LOCAL and settings.sign_in == "header":
        terminal.say(
            f"whoever reaches {address}:{port} without the proxy can set {settings.header} to any "
            "name: let nothing but the proxy reach it"
        )
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(app_path())),
        *("--server.port", str(port), "--server.headless", "true"),
        *("--server.address", address, "--theme.base", str(THEME)),
        *("--browser.gatherUsageStats", "false", "--server.showEmailPrompt", "false"),
        # As .streamlit/config.toml says for who starts Streamlit by hand, and why.
        *("--runner.postScriptGC", "false", "--server.fileWatcherType", "none"),
        *("--client.toolbarMode", "minimal", "--client.showErrorDetails", "none"),
    ]
    environment = os.environ | {"WORKBENCH_WORKSPACE": str(workspace.root.resolve())}
    sys.stdout.flush()
    # In place of this process, so that whoever stops it stops the server.
    os.execve(sys.executable, command, environment)  # noqa: S606


def _check_sign_in(settings: TeamSettings, address: str) -> None:
    if not settings.is_proven:
        raise WorkbenchError(
            f'--address {address} lets other machines connect, but with sign_in = "'
            f'{settings.sign_in}" a visitor may type any name; say sign_in = "oidc" or "header" in '
            f"[team] of workbench.toml, or leave the address at {LOCAL}"
        )


def _check_port(workspace: Workspace, port: int, address: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, UnicodeError) as error:
            if getattr(error, "errno", None) != errno.EADDRINUSE:
                raise WorkbenchError(
                    f"cannot listen on {address} port {port}: {error}; give the address of one of "
                    "this machine's network cards, or 0.0.0.0 for all"
                ) from error
            raise WorkbenchError(
                f"port {port} is taken; choose another: "
                f"workbench app {workspace.quoted} --port {port + 1}"
            ) from error

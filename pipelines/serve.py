"""Serve the review app."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from pipelines.console import Terminal
from pipelines.resources import app_path
from workbench.errors import WorkbenchError
from workbench.ui import THEME
from workbench.workspace import Workspace


def serve(folder: Path, *, port: int, terminal: Terminal) -> None:
    """Become the server of the app on this workspace, until it is stopped.

    Raises
    ------
    WorkbenchError
        If the port is taken.
    """
    workspace = Workspace(folder)
    _check_port(workspace, port)
    terminal.say(f"review app of {workspace.root}: http://localhost:{port}   (Ctrl+C stops it)")
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(app_path())),
        *("--server.port", str(port), "--server.headless", "true"),
        # Nobody signs in, so nobody else may connect.
        *("--server.address", "localhost", "--theme.base", str(THEME)),
        *("--browser.gatherUsageStats", "false", "--server.showEmailPrompt", "false"),
        *("--client.toolbarMode", "minimal", "--client.showErrorDetails", "none"),
    ]
    environment = os.environ | {"WORKBENCH_WORKSPACE": str(workspace.root.resolve())}
    sys.stdout.flush()
    # In place of this process, so that whoever stops it stops the server.
    os.execve(sys.executable, command, environment)  # noqa: S606


def _check_port(workspace: Workspace, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError as error:
            raise WorkbenchError(
                f"port {port} is taken; choose another: "
                f"workbench app {workspace.quoted} --port {port + 1}"
            ) from error

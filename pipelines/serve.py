"""Serve the review app."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipelines.console import Terminal
from pipelines.resources import app_path
from workbench.errors import WorkbenchError
from workbench.ui import THEME
from workbench.workspace import Workspace


def serve(folder: Path, *, port: int, terminal: Terminal) -> None:
    """Run the app on this workspace until it is stopped.

    Raises
    ------
    WorkbenchError
        If the server does not start.
    """
    workspace = Workspace(folder)
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
    try:
        code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return
    if code not in (0, 130, -2, -15):
        raise WorkbenchError(
            f"the app stopped with exit code {code}; if the port is taken, choose another: "
            f"workbench app {folder} --port {port + 1}"
        )

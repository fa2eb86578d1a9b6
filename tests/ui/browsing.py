"""The app as a process and a browser in front of it, for tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

CHROMIUM = shutil.which("chromium")
PROJECT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MARKS = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The app on a port of this machine."""

    def __init__(self, workspace: Workspace, home: Path, port: int | None = None) -> None:
        self.workspace = workspace
        self._home = home
        self.port = free_port() if port is None else port
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start the process and wait until it answers; it may have been killed before."""
        command = [
            *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "app.py")),
            *("--server.port", str(self.port), "--server.address", "127.0.0.1"),
            *("--server.headless", "true", "--server.fileWatcherType", "none"),
            *("--browser.gatherUsageStats", "false"),
        ]
        about = {"WORKBENCH_WORKSPACE": str(self.workspace.root), "HOME": str(self._home)}
        self.process = subprocess.Popen(  # noqa: S603
            command,
            env=os.environ | about,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with urlopen(f"{self.url}/_stcore/health", timeout=1):  # noqa: S310
                    return
            except (URLError, OSError):
                assert self.process.poll() is None, "the server has stopped"
                threading.Event().wait(0.1)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End the process without a word of warning."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)


@contextmanager
def serving(workspace: Workspace, home: Path, port: int | None = None) -> Iterator[Server]:
    """Serve a workspace until the block ends."""
    server = Server(workspace, home, port)
    try:
        yield server
    finally:
        server.kill()


# A server that was started just now reads its programme first, beside all other tests.
COLD_MS = 90_000


def open_review(page, server: Server, reviewer: str = "mika", query: str = "") -> None:
    """Open the review page and wait until its first question can be decided."""
    page.goto(f"{server.url}/review?reviewer={reviewer}{query}")
    page.locator(".wb-question").wait_for(timeout=COLD_MS)
    page.locator(".wb-saved").wait_for()


def wait_for_question(page, text: str) -> None:
    """Wait until the question says so, and has been on the screen."""
    page.locator(".wb-question", has_text=text).wait_for()
    page.wait_for_timeout(60)


def wait_until_drawn(page) -> None:
    """Wait until the server has drawn the page: who leaves before may find its address changed."""
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()


def wait_until_saved(page) -> None:
    """Wait until the browser says that the server has every decision."""
    page.locator(".wb-saved", has_text="all saved").wait_for()


def log(workspace: Workspace):
    """Return the decision log of a workspace."""
    with DecisionStore(workspace.decisions_path) as store:
        return store.log()

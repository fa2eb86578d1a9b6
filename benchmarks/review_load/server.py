"""The app as a process whose memory and processor time are watched."""

from __future__ import annotations

import os
import shutil
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

PROJECT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """The app on a workspace.

    Parameters
    ----------
    workspace : Path
    """

    def __init__(self, workspace: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [
            *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "app.py")),
            *("--server.port", str(port), "--server.address", "127.0.0.1"),
            *("--server.headless", "true", "--server.fileWatcherType", "none"),
            *("--browser.gatherUsageStats", "false"),
        ]
        about = {"WORKBENCH_WORKSPACE": str(workspace)}
        self.process = subprocess.Popen(
            command, env=os.environ | about, cwd=PROJECT, stdout=subprocess.DEVNULL
        )

    def wait(self) -> None:
        """Return when the server answers."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError("the server does not answer")

    def resident_mb(self) -> float:
        """Return the memory that the process holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def cpu_seconds(self) -> float:
        """Return the processor time that the process has used."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS


class MemoryWatch(threading.Thread):
    """Notes once a second what the server holds."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._stopped = threading.Event()
        self.megabytes: list[float] = []

    def run(self) -> None:
        """Look until :meth:`stop` is called."""
        while not self._stopped.wait(1.0):
            self.megabytes.append(self._server.resident_mb())

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self.join()


@contextmanager
def serving(workspace: Path) -> Iterator[Server]:
    """Serve a workspace until the block ends."""
    server = Server(workspace)
    try:
        server.wait()
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def link_workspace(source: Path, folder: Path, database: str) -> Path:
    """Return a copy of a workspace without decisions; nobody writes artefacts: they are linked."""
    target = folder / "workspace"
    ignored = shutil.ignore_patterns("decisions.sqlite*", "unfinished", ".lock")
    shutil.copytree(source, target, ignore=ignored, copy_function=_link)
    config = target / "workbench.toml"
    text = config.read_text(encoding="utf-8")
    config.unlink()
    if database:
        text = text.replace("[workspace]", f'[workspace]\ndecisions = "{database}"', 1)
    config.write_text(text, encoding="utf-8")
    return target


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)

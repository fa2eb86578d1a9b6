"""Run a stage only if something it depends on has changed, and publish what it made."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.config import Config
from pipelines.console import ProgressCallback, Terminal
from workbench import __version__
from workbench.errors import InputError
from workbench.workspace import Artefact, Workspace, fingerprint_of


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline.

    Parameters
    ----------
    name : str
        Also the name of its artefacts.
    revision : int
        Raised when the code changes what comes out.
    title : str
        What the terminal shows.
    write : callable (folder, progress) -> None
        Does the work and writes the artefact's files.
    depends_on : mapping
        Everything else that decides the result: parameters and fingerprints, JSON-able.
    """

    name: str
    revision: int
    title: str
    write: Callable[[Path, ProgressCallback], None]
    depends_on: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides the result."""
        return fingerprint_of(
            {
                "stage": self.name,
                "revision": self.revision,
                "code": __version__,
                "depends_on": self.depends_on,
            }
        )


@dataclass
class Run:
    """One run of the pipeline over a workspace: what was done and what it cost.

    Parameters
    ----------
    workspace : Workspace
    config : Config
    terminal : Terminal
    """

    workspace: Workspace
    config: Config
    terminal: Terminal
    entries: list[dict[str, Any]] = field(default_factory=list)
    pointers: dict[str, str] = field(default_factory=dict)

    @property
    def n_done(self) -> int:
        """Number of stages that did work."""
        return sum(entry["done"] for entry in self.entries)

    def path(self, text: str) -> Path:
        """Return a path of the configuration; a relative one starts at the workspace.

        Raises
        ------
        InputError
            If there is no such file or folder.
        """
        path = (self.workspace.root / Path(text).expanduser()).resolve()
        if not path.exists():
            raise InputError(
                f"{path} does not exist; correct the path '{text}' in {self.workspace.config_path}"
            )
        return path

    def stage(self, stage: Stage) -> Artefact:
        """Return the stage's artefact, made now if there is none of this fingerprint."""
        known = self.workspace.find_artefact(stage.name, stage.fingerprint)
        if known is None:
            with self.measured(stage.name, stage.title) as progress:
                about = {
                    "depends_on": dict(stage.depends_on),
                    "created_at": now(),
                    "code": __version__,
                }
                with self.workspace.publish(stage.name, stage.fingerprint, about) as folder:
                    stage.write(folder, progress)
            known = self.workspace.find_artefact(stage.name, stage.fingerprint)
            assert known is not None
        else:
            self.skipped(stage.name)
        self.pointers[stage.name] = stage.fingerprint
        return known

    def settle(self) -> None:
        """Make what this run made, or found up to date, the workspace's current state."""
        self.workspace.make_current(self.pointers)

    def measured(self, name: str, title: str) -> _Measured:
        """Show progress while the block runs, and note its time and memory."""
        return _Measured(self, name, title)

    def skipped(self, name: str) -> None:
        """Note that a stage had nothing to do."""
        self.entries.append({"stage": name, "done": False, "seconds": 0.0, "peak_mb": peak_mb()})


class _Measured:
    def __init__(self, run: Run, name: str, title: str) -> None:
        self._run, self._name = run, name
        self._step = run.terminal.step(title)

    def __enter__(self) -> ProgressCallback:
        self._started = time.perf_counter()
        return self._step.__enter__()

    def __exit__(self, *exception: Any) -> None:
        self._step.__exit__(*exception)
        if exception[0] is None:
            seconds = round(time.perf_counter() - self._started, 3)
            self._run.entries.append(
                {"stage": self._name, "done": True, "seconds": seconds, "peak_mb": peak_mb()}
            )


def peak_mb() -> int:
    """Return the highest memory this process has used so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak // (1024 * 1024 if sys.platform == "darwin" else 1024))


def now() -> str:
    """Return the time as text, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")

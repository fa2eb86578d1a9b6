"""Run a stage only if something it depends on has changed, and publish what it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.config import Config
from pipelines.console import ProgressCallback, Terminal
from pipelines.costs import Costs
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
    costs: Costs = field(default_factory=Costs)
    pointers: dict[str, str] = field(default_factory=dict)

    @property
    def n_done(self) -> int:
        """Number of stages that did work."""
        return sum(entry["done"] for entry in self.costs.entries)

    def has_done(self, name: str) -> bool:
        """Say whether a stage did work."""
        return any(entry["stage"] == name and entry["done"] for entry in self.costs.entries)

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
            self.costs.skipped(stage.name)
        self.pointers[stage.name] = stage.fingerprint
        return known

    def settle(self) -> None:
        """Make what this run made, or found up to date, the workspace's current state."""
        self.workspace.make_current(self.pointers)

    @contextmanager
    def measured(self, name: str, title: str) -> Iterator[ProgressCallback]:
        """Show progress while the block runs, and note its time and memory."""
        with self.terminal.step(title) as progress, self.costs.measured(name):
            yield progress


def now() -> str:
    """Return the time as text, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")

"""What is current in a workspace: the one thing that every page is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import ConfigError
from workbench.workspace import STAGES, Artefact, LabelVersion, Workspace

# What the pages read of the configuration.
_SECTIONS = ("workspace", "inputs", "issues", "team")


@dataclass(frozen=True)
class Snapshot:
    """What is current in a workspace at the start of a page run.

    Parameters
    ----------
    workspace : Workspace
    stages : mapping
        The current artefact of every stage that has one.
    versions : tuple of LabelVersion
        Oldest first.
    """

    workspace: Workspace
    stages: Mapping[str, Artefact]
    versions: tuple[LabelVersion, ...]

    @property
    def name(self) -> str:
        """What the configuration calls the workspace."""
        return str(self.section("workspace").get("name") or self.workspace.root.name)

    @property
    def has_verdict_files(self) -> bool:
        """Whether ``workbench apply`` takes verdicts from files too, which the pages do not read.

        Where labels come from votes the reviewed pairs of a file are in them already.
        """
        reviewed = {"labels", "reviewed"} <= self.section("inputs").keys()
        return reviewed or "auto_audit" in self.section("issues")

    def section(self, name: str) -> dict[str, Any]:
        """Return a section of the configuration, empty if it is not there.

        Raises
        ------
        ConfigError
            If it is something else than a section.
        """
        return _section(self.workspace, name)

    @property
    def key(self) -> str:
        """Changes whenever an artefact that the pages read changes."""
        parts = [f"{stage}={artefact.fingerprint}" for stage, artefact in self.stages.items()]
        flagged = self.flagged_version
        parts.append("" if flagged is None else f"{flagged.name}={flagged.artefact.fingerprint}")
        return f"{self.workspace.root}|{'|'.join(parts)}"

    @property
    def latest(self) -> LabelVersion | None:
        """The newest label version made from today's inputs."""
        return self.workspace.latest_labels() if self.versions else None

    @property
    def flagged_version(self) -> LabelVersion | None:
        """The label version whose issues are shown."""
        said = self._said("label_version")
        by_name = {version.name: version for version in self.versions}
        if said in by_name:
            return by_name[said]
        return by_name[self.versions[-1].base] if self.versions else None

    @property
    def model_id(self) -> str:
        """The model whose scores the issues come from; empty if unknown."""
        version = self.flagged_version
        return "" if version is None else self.workspace.current().get(f"model {version.name}", "")

    def table(self, stage: str, name: str, **where: Any) -> pd.DataFrame:
        """Return a table of a stage, or the rows whose columns have these values.

        An empty frame stands for a table that this workspace does not have.
        """
        artefact = self.stages.get(stage)
        if artefact is None or not artefact.holds(f"{name}.parquet"):
            return pd.DataFrame()
        conditions = [
            (column, "in" if isinstance(value, list) else "==", value)
            for column, value in where.items()
        ]
        return artefact.table(name, where=conditions or None)

    def json(self, stage: str, name: str) -> dict[str, Any]:
        """Return a JSON document of a stage; empty if there is none."""
        artefact = self.stages.get(stage)
        found = artefact is not None and artefact.holds(f"{name}.json")
        return artefact.json(name) if artefact is not None and found else {}

    def _said(self, what: str) -> str:
        for stage in ("flag", "score"):
            manifest = self.stages[stage].manifest if stage in self.stages else {}
            said = manifest.get(what) or manifest.get("depends_on", {}).get(what)
            if said:
                return str(said)
        return ""


def take_snapshot(root: Path) -> Snapshot:
    """Return what is current in the workspace now.

    Raises
    ------
    WorkbenchError
        If the folder is no workspace, its configuration makes no sense or an artefact is damaged.
    """
    workspace = Workspace(root)
    for section in _SECTIONS:
        _section(workspace, section)
    stages = {
        stage: artefact
        for stage, fingerprint in workspace.current().items()
        if stage in STAGES and (artefact := workspace.find_artefact(stage, fingerprint)) is not None
    }
    return Snapshot(workspace, stages, tuple(workspace.label_versions()))


def _section(workspace: Workspace, name: str) -> dict[str, Any]:
    found = workspace.config().get(name, {})
    if not isinstance(found, dict):
        raise ConfigError(
            f"{workspace.config_path}: '{name}' has to be a section, [{name}] with keys below it; "
            f"found the value {str(found)[:40]!r}; take that line out"
        )
    return found

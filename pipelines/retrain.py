"""``workbench retrain``: train the model on a label version."""

from __future__ import annotations

from pathlib import Path

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.stages import Run
from pipelines.training import train_model
from workbench.workspace import Artefact, Workspace


def retrain_model(folder: Path, *, labels: str | None, terminal: Terminal) -> Artefact:
    """Return the model of a label version, by default the newest."""
    workspace = Workspace(folder)
    version = workspace.latest_labels() if labels is None else workspace.label_version(labels)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    with workspace.lock():
        ingested, features = workspace.artefact("ingest"), workspace.artefact("features")
        model = train_model(run, version, ingested, features)
        run.settle()
    if run.n_done:
        about = model.manifest
        terminal.say(
            f"wrote model {model.folder.name}: labels {version.name}, {about['n_train']:,} "
            f"instances, {about['duration_seconds']:.1f} s"
        )
    else:
        terminal.say(f"model {model.folder.name} of labels {version.name} is up to date")
    return model

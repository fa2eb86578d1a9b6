"""``workbench retrain``: train the model on a label version."""

from __future__ import annotations

from pathlib import Path

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.model_measures import measure_after_training
from pipelines.reused_trees import grown_by
from pipelines.stages import Run
from pipelines.training import train_model
from workbench.plurals import plural
from workbench.workspace import Artefact, Workspace


def retrain_model(
    folder: Path, *, labels: str | None, fresh: bool = False, terminal: Terminal
) -> Artefact:
    """Return the model of a label version, by default the newest.

    Parameters
    ----------
    labels : str, optional
    fresh : bool
        Grow new label trees, though the lineage has a model whose trees can be used.
    """
    workspace = Workspace(folder)
    version = workspace.latest_labels() if labels is None else workspace.label_version(labels)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    with workspace.lock():
        ingested, features = workspace.artefact("ingest"), workspace.artefact("features")
        model = train_model(run, version, ingested, features, fresh=fresh)
        run.settle()
        if run.n_done:
            measure_after_training(run, model)
    if run.n_done:
        about = model.manifest
        terminal.say(
            f"wrote model {model.folder.name}: labels {version.name}, {about['n_train']:,} "
            f"instances, {about['duration_seconds']:.1f} s; {_told_of_trees(model)}"
        )
    else:
        terminal.say(f"model {model.folder.name} of labels {version.name} is up to date")
    return model


def _told_of_trees(model: Artefact) -> str:
    blocks, origin = model.manifest["blocks"], grown_by(model)
    if blocks["taken_from"] is None:
        return f"all {plural(blocks['of'], 'block')}, on trees of its own"
    if blocks["trained"] == blocks["of"]:
        return f"all {plural(blocks['of'], 'block')} anew, on the trees of {origin}"
    return (
        f"{blocks['trained']:,} of {plural(blocks['of'], 'block')}, the others are those of "
        f"{blocks['taken_from']}, on the trees of {origin}"
    )

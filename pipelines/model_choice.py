"""``workbench models --use`` and ``--remove``: which model is current, and which ones stay."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.stages import Run
from pipelines.training import made_from
from workbench.errors import InputError
from workbench.workspace import Workspace

_TOLD = {"labels": "labels", "features": "features", "model": "settings of [model]"}


def use_model(folder: Path, model_id: str, *, terminal: Terminal) -> None:
    """Make a model the current one of its labels: what `retrain`, `compare` and the app then take.

    Raises
    ------
    InputError
        If there is none of this id, or it is of other features or settings than the configuration
        of today makes.
    DamagedArtefactError
        If its files do not match their checksums.
    """
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    _check_known(workspace, model_id)
    with workspace.lock():
        model = workspace.model(model_id)
        model.check()
        version = workspace.label_version(str(model.manifest["label_version"]))
        before = workspace.current().get(f"model {version.name}")
        if before == model_id:
            terminal.say(f"{model_id} is the current model of labels {version.name} already")
            return
        wanted = made_from(run, version, workspace.artefact("features"))
        had = model.manifest["depends_on"]
        others = [_TOLD[name] for name in wanted if had.get(name) != wanted[name]]
        if others:
            raise InputError(
                f"{model_id} was made from other {' and '.join(others)} than those of today, to "
                "which workbench retrain would go back; change them, or ask it by its id: "
                f"workbench predict {workspace.quoted} --model {model_id}"
            )
        workspace.make_current({f"model {version.name}": model_id})
    was = f"; it was {before}" if before else ""
    terminal.say(f"{model_id} is the current model of labels {version.name}{was}")


def remove_model(folder: Path, model_id: str, *, terminal: Terminal) -> None:
    """Remove a model that is nobody's current one.

    What was made of it stays: scores, issues, comparisons, and the models on its trees.

    Raises
    ------
    InputError
        If there is none of this id, or it is the current model of a label version.
    """
    workspace = Workspace(folder)
    _check_known(workspace, model_id)
    with workspace.lock():
        of = [name for name, current in workspace.current().items() if current == model_id]
        if of:
            version = of[0].removeprefix("model ")
            raise InputError(
                f"{model_id} is the current model of labels {version} and is kept; it can be "
                f"removed once another is: {_another(workspace, model_id, version)}"
            )
        # Out of sight in one step, so that nobody opens half of it.
        path = workspace.model_folder(model_id)
        aside = path.with_name(f".{model_id}.{uuid.uuid4().hex}.removed")
        path.rename(aside)
        shutil.rmtree(aside)
        workspace.measures_path(model_id).unlink(missing_ok=True)
    terminal.say(f"removed model {model_id}")


def _check_known(workspace: Workspace, model_id: str) -> None:
    names = [path.name for path in workspace.model_folders()]
    if model_id not in names:
        raise InputError(
            f"there is no model '{model_id}' in {workspace.root}; there are: "
            f"{', '.join(names) or 'none'}"
        )


def _another(workspace: Workspace, model_id: str, version: str) -> str:
    """Return the command that makes another model of the same labels the current one."""
    beside = [
        path.name
        for path in workspace.model_folders()
        if path.name.startswith(f"{version}-") and path.name != model_id
    ]
    if beside:
        return f"workbench models {workspace.quoted} --use {beside[-1]}"
    return (
        f"workbench retrain {workspace.quoted} --labels {version} with other settings, or with "
        "--fresh if it stands on the trees of another model"
    )

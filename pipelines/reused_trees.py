"""Which trained model gives its label trees, and its unchanged blocks, to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.console import Terminal
from workbench.errors import WorkbenchError
from workbench.matrices import LabelMatrix
from workbench.workspace import Artefact, LabelVersion, Workspace, fingerprint_of
from workbench.workspace.trained_models import Model, load_model

# Raised with every change of the code that makes another model of the same labels.
_REVISION = 3


@dataclass(frozen=True, eq=False)
class ReusedTrees:
    """A model to take trees and blocks from.

    Parameters
    ----------
    model : fitted estimator
    model_id : str
        Its id.
    grown_by : str
        The id of the model that grew the trees, which may be another.
    fingerprint : str
        Of the trees.
    """

    model: Model
    model_id: str
    grown_by: str
    fingerprint: str


def fingerprint_of_model(depends_on: Mapping[str, Any]) -> str:
    """Return the fingerprint of a model: of its labels, features and parameters, and the trees.

    Grown anew, trees follow from the rest and are not named.
    """
    return fingerprint_of({"stage": "train", "revision": _REVISION, "depends_on": depends_on})


def model_id_of(version: LabelVersion, depends_on: Mapping[str, Any]) -> str:
    """Return the id of a model: of what it is made."""
    return f"{version.name}-{fingerprint_of_model(depends_on)[:8]}"


def find_trained(
    workspace: Workspace, version: LabelVersion, made_from: Mapping[str, Any]
) -> Artefact | None:
    """Return the model of exactly these labels, features and parameters, whatever its trees.

    Of several it is the current one, else the newest.
    """
    found = [
        model
        for model in _alike(workspace, made_from)
        if model.manifest["depends_on"]["labels"] == made_from["labels"]
        and model.manifest["label_version"] == version.name
    ]
    current = workspace.current().get(f"model {version.name}")
    return max(found, key=lambda one: (one.folder.name == current, _age(one)), default=None)


def find_reusable(
    workspace: Workspace,
    version: LabelVersion,
    given: LabelMatrix,
    made_from: Mapping[str, Any],
    terminal: Terminal,
    *,
    lost: str | None = None,
) -> ReusedTrees | None:
    """Return the model to take the trees from: of the same features, parameters and lineage.

    Of several it is that of the nearest label version, of two as near the earlier one, and of one
    version's the current, else the newest. A damaged one is passed over with a warning.

    Parameters
    ----------
    given : LabelMatrix
        The labels of the version.
    lost : str, optional
        The id of the version's current model, if that is gone. To make it again, only models of
        earlier versions are asked, which came before it, and first those on its trees.
    """
    current = set(workspace.current().values())
    versions = {one.name: one for one in workspace.label_versions() if one.base == version.base}

    def nearness(model: Artefact) -> tuple[Any, ...]:
        apart = versions[str(model.manifest["label_version"])].number - version.number
        trees = dict(model.manifest.get("trees") or {}).get("fingerprint")
        again = model_id_of(version, {**made_from, "trees": trees}) == lost
        return (again, -abs(apart), -apart, model.folder.name in current, _age(model))

    usable = {one.name for one in versions.values() if lost is None or one.number < version.number}
    alike = [m for m in _alike(workspace, made_from) if m.manifest["label_version"] in usable]
    for artefact in sorted(alike, key=nearness, reverse=True):
        try:
            theirs = versions[str(artefact.manifest["label_version"])].labels()
            if not theirs.label_ids.equals(given.label_ids):
                continue
            model = load_model(artefact)
        except WorkbenchError as error:
            terminal.warn(f"model {artefact.folder.name} gives no trees: {error}")
            continue
        name = artefact.folder.name
        return ReusedTrees(model, name, grown_by(artefact), model.trees_fingerprint())
    return None


def grown_by(model: Artefact) -> str:
    """Return the id of the model whose trees a model stands on; earlier releases reused none."""
    return str(dict(model.manifest.get("trees") or {}).get("of", model.folder.name))


def _alike(workspace: Workspace, made_from: Mapping[str, Any]) -> list[Artefact]:
    """Return the sound models of the same features and parameters, trained by this code."""
    found = []
    for folder in workspace.model_folders():
        try:
            model = workspace.model(folder.name)
        except WorkbenchError:
            continue  # `workbench status --check` and `models` tell of it
        depends_on = model.manifest.get("depends_on", {})
        same = all(depends_on.get(name) == made_from[name] for name in ("features", "model"))
        if same and model.manifest.get("fingerprint") == fingerprint_of_model(depends_on):
            found.append(model)
    return found


def _age(model: Artefact) -> tuple[str, str]:
    return str(model.manifest.get("created_at", "")), model.folder.name

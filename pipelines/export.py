"""``workbench export``: write a label version as a training set."""

from __future__ import annotations

from pathlib import Path

from scipy.sparse import csr_array

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.stages import Run
from pipelines.unapplied import tell_unapplied
from workbench.errors import InputError
from workbench.export import FORMATS, check_export_name, write_export
from workbench.features import TextFeatures
from workbench.workspace import Workspace


def export_labels(
    folder: Path,
    *,
    labels: str | None,
    formats: list[str] | None,
    out: Path | None,
    overwrite: bool,
    terminal: Terminal,
) -> Path:
    """Write the export and return its folder.

    Parameters
    ----------
    out : Path, optional
        The folder to write; the label version's among the exports of the workspace if left out.

    Raises
    ------
    InputError
        If a format is unknown, the name cannot be a folder's, or the folder exists.
    ConfigError
        If the newest labels are exported and ``workbench.toml`` is not as it has to be.
    """
    chosen = formats or list(FORMATS)
    unknown = [one for one in chosen if one not in FORMATS]
    if unknown:
        raise InputError(f"unknown format {', '.join(unknown)}; choose among {', '.join(FORMATS)}")
    workspace = Workspace(folder)
    version = workspace.latest_labels() if labels is None else workspace.label_version(labels)
    place = workspace.exports_folder / version.name if out is None else out
    check_export_name(place.name)
    if place.exists() and not overwrite:
        raise InputError(
            f"{place} exists already; choose another --out, or replace it with --overwrite"
        )
    # Before anything is written: a configuration that cannot be read leaves no export behind.
    if version.name == workspace.latest_labels().name:
        tell_unapplied(Run(workspace, read_config(workspace.config_path), terminal), warn=True)
    with terminal.step(f"export labels {version.name}") as progress:
        X, names = _features(workspace) if "xmc" in chosen else (None, None)
        manifest = write_export(
            place,
            version.labels(),
            workspace.artefact("ingest").table("instances"),
            formats=chosen,
            features=X,
            feature_names=names,
            label_version=version.name,
            overwrite=overwrite,
            progress=progress,
        )
    terminal.say(
        f"wrote {place}: labels {version.name}, {manifest.n_instances:,} instances, "
        f"{manifest.n_given:,} given pairs, {', '.join(chosen)}"
    )
    return place


def _features(workspace: Workspace) -> tuple[csr_array, list[str]]:
    """Return X and the names of its columns."""
    artefact = workspace.artefact("features")
    vectoriser = TextFeatures.load(artefact.folder / "vectoriser")
    return artefact.matrix("X"), list(vectoriser.feature_names_)

"""``workbench export``: write a label version as a training set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.sparse import csr_array

from pipelines.console import Terminal
from pipelines.out_files import check_not_ours
from workbench.errors import InputError
from workbench.export import (
    FORMATS,
    MATRIX_FORMATS,
    ExportManifest,
    check_export_name,
    write_export,
)
from workbench.export.writers import SPREADSHEET_ROWS
from workbench.features.storage import read_names
from workbench.workspace import Artefact, LabelVersion, Workspace
from workbench.workspace.origins import find_origins

NAMES, PROVENANCE = "names", "provenance"
EXTRAS = (NAMES, PROVENANCE)


def export_labels(
    folder: Path,
    *,
    labels: str | None,
    formats: Sequence[str] | None,
    out: Path | None,
    overwrite: bool,
    terminal: Terminal,
    extras: Sequence[str] = (),
) -> Path:
    """Write the export and return its folder.

    Parameters
    ----------
    formats : sequence of str, optional
        Each may name several, parted by commas; all that the workspace has the data for if left
        out.
    out : Path, optional
        The folder to write; the label version's among the exports of the workspace if left out.
    extras : sequence of str
        ``names``: a table of the labels; ``provenance``: who said so of each pair.

    Raises
    ------
    InputError
        If a format or extra is unknown, the name cannot be a folder's, the folder exists or lies
        among the workspace's own, or the texts or features of the labels are gone.
    ConfigError
        If the newest labels are exported and ``workbench.toml`` is not as it has to be.
    """
    chosen = _known(formats or (), FORMATS, "format")
    wanted = _known(extras, EXTRAS, "--with")
    workspace = Workspace(folder)
    version = workspace.latest_labels() if labels is None else workspace.label_version(labels)
    place = workspace.exports_folder / version.name if out is None else out
    check_export_name(place.name)
    check_not_ours(place)
    if place.exists() and not overwrite:
        raise InputError(
            f"{place} exists already; choose another --out, or replace it with --overwrite"
        )
    # Before anything is written: a configuration that cannot be read leaves no export behind.
    if version.name == workspace.latest_labels().name:
        _tell_unapplied(workspace, terminal)
    sources = _find_sources(workspace, version)
    chosen = _chosen(chosen, sources, terminal)
    with terminal.step(f"export labels {version.name}") as progress:
        # Before the texts are read: what the search holds for itself is free again by then.
        origins = find_origins(workspace, version) if PROVENANCE in wanted else None
        X, names = sources.read_features() if set(chosen) & set(MATRIX_FORMATS) else (None, None)
        manifest = write_export(
            place,
            version.labels(),
            sources.ingested.table("instances"),
            formats=chosen,
            features=X,
            feature_names=names,
            label_names=sources.ingested.table("labels") if NAMES in wanted else None,
            origins=origins,
            label_version=version.name,
            overwrite=overwrite,
            progress=progress,
        )
    terminal.say(
        f"wrote {place}: labels {version.name}, {manifest.n_instances:,} instances, "
        f"{manifest.n_given:,} given pairs, {', '.join([*chosen, *wanted])}"
    )
    _tell(manifest, chosen, terminal)
    return place


@dataclass(frozen=True)
class _Sources:
    """What a label version was made of."""

    ingested: Artefact
    features: Artefact | None
    lacking: str

    def read_features(self) -> tuple[csr_array, list[str]]:
        """Return X and the names of its columns.

        Raises
        ------
        InputError
        """
        if self.features is None:
            raise InputError(self.lacking)
        return self.features.matrix("X"), read_names(self.features.folder / "vectoriser")


def _find_sources(workspace: Workspace, version: LabelVersion) -> _Sources:
    """Return the texts and features that labels were made of, those of earlier inputs too.

    Raises
    ------
    InputError
        If the texts are gone.
    """
    ingested = workspace.artefact("ingest")
    base = workspace.label_version(version.base).artefact
    labelled = workspace.find_artefact("label", base.fingerprint)
    if labelled is not None and labelled.manifest.get("depends_on", {}).get("ingest"):
        fingerprint = labelled.manifest["depends_on"]["ingest"]
        found = workspace.find_artefact("ingest", fingerprint)
        if found is None:
            raise InputError(
                f"labels {version.name} were made from earlier inputs, whose texts are gone "
                f"(artefacts/ingest/{fingerprint}); export newer labels"
            )
        ingested = found
    if not workspace.has("features"):
        formats = " and ".join(MATRIX_FORMATS)
        lacking = f"the formats {formats} need features, which {workspace.root} does not have"
        return _Sources(
            ingested, None, f"{lacking}; make them with: workbench run {workspace.quoted}"
        )
    features = workspace.artefact("features")
    if features.manifest.get("depends_on", {}).get("ingest") not in (None, ingested.fingerprint):
        return _Sources(
            ingested,
            None,
            f"the features of {workspace.root} are of newer inputs than labels {version.name}; "
            f"export newer labels, or in other formats than {' and '.join(MATRIX_FORMATS)}",
        )
    return _Sources(ingested, features, "")


def _known(named: Iterable[str], known: Sequence[str], what: str) -> list[str]:
    """Return the different names, which may stand in one text parted by commas.

    Raises
    ------
    InputError
        If one is unknown.
    """
    found = list(dict.fromkeys(one.strip() for text in named for one in text.split(",")))
    unknown = [one for one in found if one not in known]
    if unknown:
        told = ", ".join(one or "''" for one in unknown)
        raise InputError(f"unknown {what} {told}; choose among {', '.join(known)}")
    return found


def _chosen(formats: list[str], sources: _Sources, terminal: Terminal) -> list[str]:
    """Return the formats to write; all that can be if none is named."""
    if formats or sources.features is not None:
        return formats or list(FORMATS)
    terminal.say(f"without {' and '.join(MATRIX_FORMATS)}: {sources.lacking}")
    return [name for name in FORMATS if name not in MATRIX_FORMATS]


def _tell_unapplied(workspace: Workspace, terminal: Terminal) -> None:
    # 90 MB that an export of another version does without.
    from pipelines.config import read_config
    from pipelines.stages import Run
    from pipelines.unapplied import tell_unapplied

    tell_unapplied(Run(workspace, read_config(workspace.config_path), terminal), warn=True)


def _tell(manifest: ExportManifest, formats: Sequence[str], terminal: Terminal) -> None:
    if manifest.n_given_by_origin is not None:
        counts = (f"{n:,} {name}" for name, n in manifest.n_given_by_origin.items())
        terminal.say(f"given by: {', '.join(counts)}")
    hidden = manifest.n_instances + 1 - SPREADSHEET_ROWS
    if "sheet" in formats and hidden > 0:
        terminal.warn(
            f"a spreadsheet shows the first {SPREADSHEET_ROWS:,} lines of sheet.csv and leaves "
            f"out {hidden:,}"
        )

"""The one place that knows how artefacts are named and how they lie on disk."""

from workbench.workspace.artefacts import (
    Artefact,
    fingerprint_of,
    open_artefact,
    replace_file,
    sha256_of_file,
)
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import STAGES, Workspace
from workbench.workspace.remaking import CONFIG_NAME
from workbench.workspace.unapplied import Unapplied, find_unapplied

__all__ = [
    "CONFIG_NAME",
    "STAGES",
    "Artefact",
    "LabelVersion",
    "Unapplied",
    "Workspace",
    "find_unapplied",
    "fingerprint_of",
    "open_artefact",
    "replace_file",
    "sha256_of_file",
]

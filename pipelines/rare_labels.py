"""The values of a workspace's catalog that are no labels, for few items have them."""

from __future__ import annotations

import shlex
from pathlib import Path

from workbench.errors import MissingArtefactError
from workbench.signals.rare_labels import RareLabels, no_rare_labels
from workbench.workspace import Artefact


def rare_labels(ingested: Artefact) -> RareLabels:
    """Return the values below ``min_support``; none where labels were given from the start."""
    catalog = ingested.manifest["depends_on"]["inputs"]["catalog"]
    if catalog is None:
        return no_rare_labels()
    if not ingested.holds("rare_labels.parquet"):
        raise MissingArtefactError(
            f"{ingested.folder} was made by an older version, which did not keep the values of few "
            f"items; bring it up to date with: workbench run {shlex.quote(str(_root(ingested)))}"
        )
    return RareLabels(ingested.table("rare_labels"), int(catalog["min_support"]))


def _root(artefact: Artefact) -> Path:
    """Return the workspace of an artefact, which lies in artefacts/STAGE/FINGERPRINT of it."""
    return artefact.folder.parents[2]

"""The values of a workspace's catalog that are no labels, for few items have them."""

from __future__ import annotations

from workbench.signals.rare_labels import RareLabels, no_rare_labels
from workbench.workspace import Artefact


def rare_labels(ingested: Artefact) -> RareLabels:
    """Return the values below ``min_support``; none where labels were given from the start."""
    catalog = ingested.manifest["depends_on"]["inputs"]["catalog"]
    if catalog is None:
        return no_rare_labels()
    return RareLabels(ingested.table("rare_labels"), int(catalog["min_support"]))

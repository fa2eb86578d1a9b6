"""One version of the labels."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.matrices import LabelMatrix
from workbench.workspace.artefacts import Artefact


@dataclass(frozen=True)
class LabelVersion:
    """One immutable state of the labels.

    Parameters
    ----------
    name : str
        ``v1``, ``v2``, ...
    parent : str or None
        The version it was made from by decisions; None for one made from signals or imported.
    base : str
        The version at the root of its lineage.
    artefact : Artefact
    """

    name: str
    parent: str | None
    base: str
    artefact: Artefact

    @property
    def number(self) -> int:
        """The number in the name."""
        return int(self.name[1:])

    def labels(self) -> LabelMatrix:
        """Return the label matrix of this version."""
        return self.artefact.labels()

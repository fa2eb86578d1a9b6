"""Open the trained model of an artefact."""

from __future__ import annotations

from workbench.model import ClusteredOVR, OneVsRest
from workbench.workspace import Artefact

Model = ClusteredOVR | OneVsRest


def load_model(artefact: Artefact) -> Model:
    """Return the trained model of an artefact, memory-mapped."""
    kinds: dict[str, type[ClusteredOVR] | type[OneVsRest]] = {
        "clustered_ovr": ClusteredOVR,
        "one_vs_rest": OneVsRest,
    }
    return kinds[str(artefact.manifest["estimator"])].load(artefact.folder / "model")

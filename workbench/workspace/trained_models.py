"""The trained models of a workspace: which one is meant, and what it takes to ask it.

The classes are imported with the first of them: scikit-learn takes longer than what most pages of
the app need together, and they do without a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from workbench.errors import MissingArtefactError
from workbench.workspace.artefacts import Artefact
from workbench.workspace.layout import Workspace

if TYPE_CHECKING:
    from workbench.features import TextFeatures
    from workbench.model import ClusteredOVR, OneVsRest

Model: TypeAlias = "ClusteredOVR | OneVsRest"


def newest_model(workspace: Workspace, labels: str | None) -> Artefact:
    """Return the current model of a label version, by default of the newest that has one.

    Raises
    ------
    MissingArtefactError
    """
    if labels is not None:
        return workspace.current_model(workspace.label_version(labels).name)
    trained = [name for name in workspace.current() if name.startswith("model v")]
    if not trained:
        raise MissingArtefactError(
            f"{workspace.root} has no model yet; make it with: workbench run {workspace.quoted}"
        )
    newest = max(int(name.removeprefix("model v")) for name in trained)
    return workspace.current_model(f"v{newest}")


def load_model(artefact: Artefact) -> Model:
    """Return the trained model of an artefact, memory-mapped."""
    from workbench.model import ClusteredOVR, OneVsRest

    kinds: dict[str, type[ClusteredOVR] | type[OneVsRest]]
    kinds = {"clustered_ovr": ClusteredOVR, "one_vs_rest": OneVsRest}
    return kinds[str(artefact.manifest["estimator"])].load(artefact.folder / "model")


def features_of(workspace: Workspace, model: Artefact) -> Artefact:
    """Return the features that a model was trained on.

    Raises
    ------
    MissingArtefactError
        If they are gone.
    """
    artefact = workspace.find_artefact("features", str(model.manifest["features"]))
    if artefact is None:
        raise MissingArtefactError(
            f"the features of model {model.folder.name} are gone; train it again with: workbench "
            f"retrain {workspace.quoted} --labels {model.manifest['label_version']}"
        )
    return artefact


def load_vectoriser(features: Artefact) -> TextFeatures:
    """Return what made the features, memory-mapped."""
    from workbench.features import TextFeatures

    return TextFeatures.load(features.folder / "vectoriser")

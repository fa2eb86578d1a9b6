"""Which models are compared, on which test instances, and what each of them predicts there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipelines.training import check_instances_of, rows_of_split
from workbench.errors import InputError, MissingArtefactError
from workbench.matrices import LabelMatrix, PairScores
from workbench.workspace import Artefact, LabelVersion, Workspace
from workbench.workspace.trained_models import features_of, load_model, newest_model

_COLUMNS = ["instance_id", "text", "split"]


@dataclass(frozen=True, eq=False)
class ComparedModel:
    """A trained model with what it was trained on.

    Parameters
    ----------
    artefact : Artefact
    version : LabelVersion
    features, ingested : Artefact
    """

    artefact: Artefact
    version: LabelVersion
    features: Artefact
    ingested: Artefact


@dataclass(frozen=True, eq=False)
class TestInstances:
    """The instances that are test instances of every model.

    Parameters
    ----------
    instance_ids : Index
    texts : Series
        By instance_id.
    n_test : int
        Test instances of the inputs of today.
    left_out : dict of str to int
        Why some of those are not measured on, and how many.
    """

    __test__ = False  # not a test class

    instance_ids: pd.Index
    texts: pd.Series
    n_test: int
    left_out: dict[str, int]


def find_models(workspace: Workspace, names: Sequence[str]) -> dict[str, ComparedModel]:
    """Return the models by the names they were asked for, the first one to hold others against.

    Parameters
    ----------
    names : sequence of str
        Label versions, which stand for their newest model, or ids of models; the first and the
        newest version if there are none.

    Raises
    ------
    InputError
        If there are fewer than two models, or what one was trained on is gone.
    MissingArtefactError
        If a name is neither, or a version has no model yet.
    """
    wanted = list(dict.fromkeys(names or _first_and_newest(workspace)))
    if len(wanted) < 2:
        raise InputError(
            f"name two models or more to compare, label versions or ids of models, found {wanted}; "
            f"{_known(workspace)}"
        )
    found = {name: find_model(workspace, name) for name in wanted}
    first: dict[str, str] = {}
    for name, model in found.items():
        other = first.setdefault(model.artefact.folder.name, name)
        if other != name:
            raise InputError(
                f"'{other}' and '{name}' are one model, {model.artefact.folder.name}; name others; "
                f"{_known(workspace)}"
            )
    return found


def find_test_instances(workspace: Workspace, models: Mapping[str, ComparedModel]) -> TestInstances:
    """Return the test instances of today that no model was trained on, with the text it knew.

    Raises
    ------
    InputError
        If there are none.
    """
    today = workspace.artefact("ingest")
    instances = today.table("instances", columns=_COLUMNS)
    rows = rows_of_split(instances, "test")
    tested = instances.iloc[rows].set_index("instance_id")["text"]
    left_out: dict[str, int] = {}
    others = {one.ingested.fingerprint: (name, one) for name, one in models.items()}
    others.pop(today.fingerprint, None)
    for name, model in others.values():
        theirs = model.ingested.table("instances", columns=_COLUMNS).set_index("instance_id")
        theirs = theirs.reindex(tested.index)
        there, test = theirs["split"].notna(), theirs["split"] == "test"
        same = theirs["text"] == tested
        reasons = {
            f"unknown to the inputs of {name}": ~there,
            f"that {name} was trained on": there & ~test,
            f"of another text in the inputs of {name}": test & ~same,
        }
        left_out |= {why: int(which.sum()) for why, which in reasons.items() if which.any()}
        tested = tested[test & same]
    if tested.empty:
        told = "; ".join(f"{n:,} {why}" for why, n in left_out.items())
        raise InputError(
            f"none of the {len(rows):,} test instances is one of every model, so nothing can be "
            f"compared: {told}; train the models again on the inputs of today with: "
            f"workbench retrain {workspace.quoted} --labels VERSION"
        )
    return TestInstances(pd.Index(tested.index), tested, len(rows), left_out)


def predict_on(model: ComparedModel, instance_ids: pd.Index, k: int) -> PairScores:
    """Return the first k labels that a model predicts for some instances of its inputs.

    Raises
    ------
    AxisMismatchError
        If the labels it learnt are not of the inputs it was trained on.
    """
    known = model.ingested.table("instances", columns=["instance_id"])
    given = model.version.labels()
    check_instances_of(model.version, given, known)
    rows = pd.Index(known["instance_id"]).get_indexer(instance_ids)
    values = load_model(model.artefact).predict(model.features.matrix("X")[rows], k=k)
    return PairScores(values, instance_ids, given.label_ids)


def training_labels(model: ComparedModel) -> LabelMatrix:
    """Return the labels a model learnt from, of the instances to train on."""
    instances = model.ingested.table("instances", columns=["instance_id", "split"])
    return model.version.labels().take_instances(rows_of_split(instances, "train"))


def _first_and_newest(workspace: Workspace) -> list[str]:
    newest = workspace.latest_labels()
    if newest.base == newest.name:
        raise InputError(
            f"{workspace.root} has one label version only; review some issues "
            f"(workbench app {workspace.quoted}), then: workbench apply, workbench retrain, "
            "workbench compare"
        )
    return [newest.base, newest.name]


def find_model(workspace: Workspace, name: str) -> ComparedModel:
    """Return a model by its id, or the newest one of a label version, with what it was trained on.

    Raises
    ------
    InputError
        If the inputs that it was trained on are gone.
    MissingArtefactError
        If there is no such model, or its features are gone.
    """
    if re.fullmatch(r"v\d+", name):
        artefact = newest_model(workspace, name)
    elif name in [folder.name for folder in workspace.model_folders()]:
        artefact = workspace.model(name)
    else:
        raise MissingArtefactError(
            f"'{name}' is neither a label version nor a model; {_known(workspace)}"
        )
    version = workspace.label_version(str(artefact.manifest["label_version"]))
    features = features_of(workspace, artefact)
    inputs = str(features.manifest.get("depends_on", {}).get("ingest", ""))
    ingested = workspace.find_artefact("ingest", inputs) if inputs else None
    if ingested is None:
        raise InputError(
            f"the inputs that model {artefact.folder.name} was trained on are gone, so nobody "
            "knows which instances it has not seen; train it again with: workbench retrain "
            f"{workspace.quoted} --labels {version.name}"
        )
    return ComparedModel(artefact, version, features, ingested)


def _known(workspace: Workspace) -> str:
    versions = ", ".join(workspace.label_names()) or "none"
    models = ", ".join(folder.name for folder in workspace.model_folders()) or "none"
    return f"label versions: {versions}; models: {models}"

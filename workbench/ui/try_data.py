"""What the models of a workspace say of a text that somebody typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from scipy.sparse import csr_array

from workbench.errors import WorkbenchError
from workbench.ids import position_of
from workbench.matrices import LabelMatrix
from workbench.ui.snapshot import Snapshot
from workbench.ui.words import unknown_words, words_of
from workbench.workspace import Artefact
from workbench.workspace.trained_models import Model, features_of, load_model, load_vectoriser

if TYPE_CHECKING:
    from workbench.features import TextFeatures

MAX_LABELS = 20
# A label of a lower score is as good as not predicted.
LEAST_SCORE = 0.01
MAX_SIMILAR = 8
# Of less cosine similarity texts share a syllable or two.
LEAST_SIMILAR = 0.2


@dataclass(frozen=True, eq=False)
class AskedModel:
    """A trained model, memory-mapped, with all that it takes to ask it.

    Parameters
    ----------
    model_id : str
    model : fitted estimator
    vectoriser : TextFeatures
    features : csr_array of float32, shape (n_instances, n_features)
        Of the instances of its inputs.
    given : LabelMatrix
        The labels it was trained on, of the same instances.
    """

    model_id: str
    model: Model
    vectoriser: TextFeatures
    features: csr_array
    given: LabelMatrix


@dataclass(frozen=True)
class Answer:
    """What a model says of a text.

    Parameters
    ----------
    scores : dict of str to float
        By label id, the best first.
    words : dict of str to list of (str, float)
        By label id: the words that speak for it and against it, strongest first, in log-odds.
    unknown : list of str
        Words of which the model knows no part.
    similar : list of (str, float)
        Ids of the most similar instances with their cosine similarity, the nearest first.
    """

    scores: dict[str, float]
    words: dict[str, list[tuple[str, float]]]
    unknown: list[str]
    similar: list[tuple[str, float]]


def known_models(snapshot: Snapshot) -> tuple[list[Artefact], list[str]]:
    """Return the models, the current one of the newest labels first, and the damaged ones."""
    workspace = snapshot.workspace
    current = set(workspace.current().values())
    found, damaged = [], []
    for folder in workspace.model_folders():
        try:
            found.append(workspace.model(folder.name))
        except WorkbenchError:
            damaged.append(folder.name)

    def age(model: Artefact) -> tuple[bool, int, str]:
        number = str(model.manifest.get("label_version", "")).removeprefix("v")
        made = str(model.manifest.get("created_at", ""))
        return model.folder.name in current, int(number) if number.isdigit() else 0, made

    return sorted(found, key=age, reverse=True), damaged


@st.cache_resource(max_entries=3, show_spinner=False)
def read_asked(_snapshot: Snapshot, root: Path, model_id: str) -> AskedModel:
    """Return a model of the workspace, ready to be asked.

    Raises
    ------
    WorkbenchError
        If something of it is gone or damaged.
    """
    workspace = _snapshot.workspace
    artefact = workspace.model(model_id)
    features = features_of(workspace, artefact)
    return AskedModel(
        model_id,
        load_model(artefact),
        load_vectoriser(features),
        features.matrix("X"),
        workspace.label_version(str(artefact.manifest["label_version"])).labels(),
    )


def ask(asked: AskedModel, text: str) -> Answer:
    """Return what a model says of a text: nothing if it knows no word of it."""
    x = asked.vectoriser.transform([text])
    names = [str(name) for name in asked.vectoriser.feature_names_[x.indices]]
    unknown = unknown_words(text, names)
    if not x.nnz:
        return Answer({}, {}, unknown, [])
    predicted = asked.model.predict(x, k=MAX_LABELS)
    order = np.argsort(-predicted.data, kind="stable")
    scores: dict[str, float] = {}
    words: dict[str, list[tuple[str, float]]] = {}
    for column, score in zip(predicted.indices[order], predicted.data[order], strict=True):
        if score < LEAST_SCORE:
            break
        label_id = str(asked.given.label_ids[column])
        scores[label_id] = float(score)
        found = asked.model.explain(x, int(column), top=int(x.nnz))
        named = [(str(asked.vectoriser.feature_names_[at]), value) for at, value in found]
        words[label_id] = words_of(text, named)
    return Answer(scores, words, unknown, _similar(asked, x))


def _similar(asked: AskedModel, x: csr_array) -> list[tuple[str, float]]:
    # Rows have length 1: the product is the cosine.
    similarity = np.asarray(asked.features @ x.toarray()[0])
    n = min(MAX_SIMILAR, len(similarity))
    best = np.argpartition(-similarity, n - 1)[:n]
    best = best[np.argsort(-similarity[best], kind="stable")]
    ids = asked.given.instance_ids
    return [
        (str(ids[row]), float(similarity[row]))
        for row in best
        if row < len(ids) and similarity[row] >= LEAST_SIMILAR
    ]


def given_labels(asked: AskedModel, instance_id: str) -> list[str]:
    """Return the labels that an instance carries in the labels of the model; none if unknown."""
    row = position_of(asked.given.instance_ids, instance_id)
    if row < 0:
        return []
    start, end = asked.given.values.indptr[row : row + 2]
    return [
        str(label_id) for label_id in asked.given.label_ids[asked.given.values.indices[start:end]]
    ]

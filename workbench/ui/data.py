"""What the pages read from a workspace, cached by the fingerprints of the artefacts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import MissingArtefactError
from workbench.ids import position_of
from workbench.matrices import LabelMatrix, PairScores
from workbench.review.decision_log import log_frame, resolve
from workbench.review.decisions import PAIR
from workbench.review.store import DecisionStore
from workbench.ui.snapshot import Snapshot
from workbench.workspace import Artefact, LabelVersion, Unapplied, find_unapplied
from workbench.workspace.trained_models import Model, load_model, load_vectoriser

UNGROUPED = "Labels"


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained model, memory-mapped, with its features and the names of both axes."""

    model: Model
    features: csr_array
    feature_names: NDArray[Any]
    label_ids: pd.Index


@st.cache_resource(max_entries=4, show_spinner=False)
def read_labels_table(_snapshot: Snapshot, key: str) -> pd.DataFrame:
    """Return the label table by label_id: attribute, value, path, position."""
    frame = _snapshot.table("ingest", "labels").set_index("label_id")
    frame["attribute"] = frame["attribute"].fillna(UNGROUPED)
    frame["position"] = np.arange(len(frame))
    return frame


@st.cache_resource(max_entries=4, show_spinner=False)
def read_issues(_snapshot: Snapshot, key: str) -> pd.DataFrame:
    """Return which pair is flagged as what, its rank, label quality and its label's attribute.

    Texts are held as categories, so that a million issues fit in some ten megabytes.
    """
    frame = _snapshot.stages["flag"].table("issues", [*PAIR, "kind", "rank", "label_quality"])
    attributes = read_labels_table(_snapshot, key)["attribute"]
    frame["attribute"] = frame["label_id"].map(attributes).fillna(UNGROUPED)
    return frame.astype(dict.fromkeys([*PAIR, "kind", "attribute"], "category"))


def open_store(snapshot: Snapshot) -> DecisionStore:
    """Return the decision store, which all sessions share."""
    return _open_store(snapshot.workspace.decisions_location())


@st.cache_resource(max_entries=4, show_spinner=False)
def _open_store(location: str | Path) -> DecisionStore:
    return DecisionStore(location)


def read_unapplied(snapshot: Snapshot, newest: LabelVersion) -> Unapplied:
    """Return what the newest labels lack of the decisions of the app."""
    last = open_store(snapshot).last_position() if snapshot.workspace.has_decisions() else 0
    return _unapplied(snapshot, f"{snapshot.key}|{newest.artefact.fingerprint}", last)


@st.cache_data(max_entries=4, show_spinner=False)
def _unapplied(_snapshot: Snapshot, key: str, last_position: int) -> Unapplied:
    log = open_store(_snapshot).log() if last_position else log_frame(())
    return find_unapplied(_snapshot.workspace, resolve(log))


def count_rows(snapshot: Snapshot, stage: str, name: str) -> int:
    """Return how many rows a table has, without reading them."""
    return snapshot.stages[stage].n_rows(name)


@st.cache_resource(max_entries=4, show_spinner=False)
def read_given(_snapshot: Snapshot, key: str) -> LabelMatrix:
    """Return the given labels that the issues are about."""
    version = _snapshot.flagged_version
    if version is None:
        raise MissingArtefactError(
            f"{_snapshot.workspace.root} has no labels yet; "
            f"make them with: workbench run {_snapshot.workspace.quoted}"
        )
    return version.labels()


@st.cache_resource(max_entries=4, show_spinner=False)
def read_support(_snapshot: Snapshot, key: str) -> pd.Series:
    """Return how many instances carry each label, by label_id."""
    given = read_given(_snapshot, key)
    n_labels = given.values.shape[1]
    return pd.Series(np.bincount(given.values.indices, minlength=n_labels), given.label_ids)


@st.cache_resource(max_entries=4, show_spinner=False)
def read_scores(_snapshot: Snapshot, key: str) -> PairScores | None:
    """Return the out-of-sample scores, memory-mapped; None if there are none."""
    artefact = _snapshot.stages.get("score")
    return None if artefact is None else artefact.scores()


@st.cache_resource(max_entries=2, show_spinner=False)
def read_model(_snapshot: Snapshot, key: str) -> TrainedModel | None:
    """Return the model behind the issues with what it needs to be asked; None if there is none."""
    model_id = _snapshot.model_id
    if not model_id:
        return None
    artefact = _snapshot.workspace.model(model_id)
    features = _features_of(_snapshot, artefact)
    if features is None:
        return None
    version = _snapshot.workspace.label_version(str(artefact.manifest["label_version"]))
    return TrainedModel(
        model=load_model(artefact),
        features=features.matrix("X"),
        feature_names=load_vectoriser(features).feature_names_,
        label_ids=version.labels().label_ids,
    )


def _features_of(snapshot: Snapshot, model: Artefact) -> Artefact | None:
    fingerprint = model.manifest.get("features")
    if fingerprint is None:
        return snapshot.stages.get("features")
    return snapshot.workspace.find_artefact("features", str(fingerprint))


def find_score(scores: PairScores | None, instance_id: str, label_id: str) -> float | None:
    """Return the score of a pair; None if it was not judged."""
    if scores is None:
        return None
    row, column = (
        position_of(scores.instance_ids, instance_id),
        position_of(scores.label_ids, label_id),
    )
    if row < 0 or column < 0:
        return None
    start, end = scores.values.indptr[row], scores.values.indptr[row + 1]
    at = start + np.searchsorted(scores.values.indices[start:end], column)
    if at == end or scores.values.indices[at] != column:
        return None
    return float(scores.values.data[at])


@st.cache_data(max_entries=4, show_spinner=False)
def read_sources(_snapshot: Snapshot, key: str) -> pd.DataFrame:
    """Return the sources of votes with their accuracy; empty if there are none."""
    return _snapshot.table("label", "sources")


@st.cache_resource(max_entries=4, show_spinner=False)
def has_clicks(_snapshot: Snapshot, key: str) -> bool:
    """Say whether the instances are queries with clicks, and not documents."""
    artefact = _snapshot.stages.get("ingest")
    return artefact is not None and not artefact.table("clicks", ["clicks"]).empty

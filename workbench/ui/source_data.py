"""What the page of the sources reads: aggregated tables only, of two runs."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from workbench.label_model import SourceTables, find_drift
from workbench.ui.snapshot import Snapshot
from workbench.workspace import Artefact
from workbench.workspace.changes import find_changes

_SOURCE_FILES = tuple(f"{name}.parquet" for name in SourceTables.names())


@dataclass(frozen=True, eq=False)
class SourceDrift:
    """What `find_drift` tells, when the other labels were made, and what differs since."""

    table: pd.DataFrame
    since: str
    about: str


@st.cache_resource(max_entries=4, show_spinner=False)
def read_source_tables(_snapshot: Snapshot, key: str) -> SourceTables | None:
    """Return the figures of the sources; None if the labels were made without them."""
    artefact = _snapshot.stages.get("label")
    if artefact is None or not all(map(artefact.holds, _SOURCE_FILES)):
        return None
    return SourceTables.read(artefact.table)


def read_source_drift(snapshot: Snapshot, key: str) -> SourceDrift | None:
    """Return what changed since the newest other labels with such figures; None if none have."""
    previous = snapshot.workspace.previous_artefact("label", holding=_SOURCE_FILES)
    if previous is None or previous.table("sources", ["source"]).empty:
        return None
    return _compare_sources(snapshot, previous, f"{key}|{previous.fingerprint}")


@st.cache_resource(max_entries=4, show_spinner="Comparing the sources")
def _compare_sources(_snapshot: Snapshot, _previous: Artefact, key: str) -> SourceDrift:
    current = _snapshot.stages["label"]
    changed = find_changes(current, _previous)
    return SourceDrift(
        find_drift(SourceTables.read(_previous.table), SourceTables.read(current.table)),
        since=str(_previous.manifest.get("created_at", ""))[:16].replace("T", " "),
        about=f"; since then {' and '.join(changed)} changed." if changed else ".",
    )

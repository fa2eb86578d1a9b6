"""Whether the sources behave as they did in the run before."""

from __future__ import annotations

import pandas as pd

from workbench.errors import DamagedArtefactError
from workbench.label_model import SourceTables, find_drift
from workbench.workspace import Artefact, Workspace
from workbench.workspace.changes import find_changes

MAX_TOLD = 3
_FILES = tuple(f"{name}.parquet" for name in SourceTables.names())
# The only measure that hangs on the label model and not on the votes alone.
_BELIEVED = "accuracy"
_AS_POINTS = ("coverage", "conflict", "accuracy")


def drift_line(workspace: Workspace) -> str:
    """Return one line about the drift of the sources since the run before.

    Raises
    ------
    MissingArtefactError
        If there are no votes yet.
    """
    current = workspace.artefact("label")
    if not all(map(current.holds, _FILES)) or current.table("sources", ["source"]).empty:
        return "sources: none to compare"
    try:
        previous = workspace.previous_artefact("label", holding=_FILES)
    except DamagedArtefactError as error:
        # What was made before must not fail a run that is sound.
        return f"sources: cannot be compared with the run before; {error}"
    if previous is None:
        return "sources: nothing to compare with yet"
    drift = find_drift(SourceTables.read(previous.table), SourceTables.read(current.table))
    found = drift[drift["drifted"]]
    since = str(previous.manifest["created_at"])
    if found.empty:
        return f"sources: no drift beyond noise since {since}"
    if not drift.loc[drift["measure"] != _BELIEVED, "change"].any():
        return (
            f"sources: the votes are those of {since}, so no signal drifted; what is believed of "
            f"them moved with {_causes(current, previous)}: {_examples(found)}"
        )
    return (
        f"sources: {len(found)} of {len(drift)} figures drifted since {since} "
        f"({_examples(found)}); see the page Sources"
    )


def _causes(current: Artefact, previous: Artefact) -> str:
    *others, last = find_changes(current, previous) or ["the program"]
    return f"{', '.join(others)} and {last}" if others else last


def _examples(found: pd.DataFrame) -> str:
    whole = found[found["attribute"].isna()]
    shown = (whole if len(whole) else found).head(MAX_TOLD)
    return "; ".join(_told(row) for _, row in shown.iterrows())


def _told(row: pd.Series) -> str:
    of = (
        "" if pd.isna(row["attribute"]) else f" of {row['attribute'] or 'labels without attribute'}"
    )
    what = f"{row['source']}{of}: {row['measure']}"
    if row["measure"] in _AS_POINTS:
        return f"{what} {row['before']:.1%} to {row['after']:.1%}"
    if row["measure"] == "votes":
        return f"{what} an instance {row['before']:.2f} to {row['after']:.2f}"
    return f"{what} index {row['change']:.2f}"

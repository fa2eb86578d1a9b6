"""The numbers behind the pictures of the sources: aggregated tables in, small frames out."""

from __future__ import annotations

import pandas as pd

from workbench.label_model import SourceTables

# More rows than these no picture holds.
MAX_ATTRIBUTES = 20
MAX_DRIFTED = 12
UNGROUPED = "Labels"


def agreement_grid(pairs: pd.DataFrame, sources: list[str]) -> pd.DataFrame:
    """Return every two sources in both orders: columns source, other, agreement, n_both.

    Sources that never meet on a pair have no row.
    """
    met = pairs[pairs["n_both"] > 0]
    there = met.rename(columns={"source_a": "source", "source_b": "other"})
    back = met.rename(columns={"source_b": "source", "source_a": "other"})
    grid = pd.concat([there, back], ignore_index=True)
    kept = grid["source"].isin(sources) & grid["other"].isin(sources)
    return grid.loc[kept, ["source", "other", "agreement", "n_both", "n_conflict"]]


def accuracy_grid(by_attribute: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the learnt accuracy by source and attribute, and how many attributes there are.

    The attributes with most votes are kept, at most twenty, most voted first.
    """
    named = by_attribute.assign(attribute=by_attribute["attribute"].replace("", UNGROUPED))
    votes = named.groupby("attribute")["n_votes"].sum().sort_values(ascending=False)
    order = votes.index[:MAX_ATTRIBUTES]
    shown = named[named["attribute"].isin(order)]
    at = shown["attribute"].map({name: n for n, name in enumerate(order)})
    columns = ["source", "attribute", "accuracy", "accuracy_low", "accuracy_high", "n_votes"]
    return shown.assign(at=at).sort_values("at", kind="stable")[columns], len(votes)


def levels(tables: SourceTables) -> pd.DataFrame:
    """Return the levels of each source with the share of its votes that each has."""
    frame = tables.source_levels
    share = frame["n_votes"] / frame.groupby("source")["n_votes"].transform("sum")
    name = frame["level"].map(lambda level: str(level) if level else "against")
    return frame.assign(share=share, level_name=name)


def overall_drift(drift: pd.DataFrame) -> pd.DataFrame:
    """Return the changes over all attributes that are shares or relative, for one picture."""
    kept = drift["attribute"].isna() & (drift["measure"] != "levels")
    return drift[kept].reset_index(drop=True)


def drifted_rows(drift: pd.DataFrame) -> pd.DataFrame:
    """Return what drifted: over all attributes first, then the furthest beyond noise first."""
    found = drift[drift["drifted"]]
    beyond = found["change"].abs() / found["noise"].clip(lower=1e-9)
    ordered = found.assign(beyond=beyond, part=found["attribute"].notna())
    return ordered.sort_values(["part", "beyond"], ascending=[True, False], ignore_index=True)

"""The table of the decisions that a label version rests on."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from workbench.review.decisions import PAIR, Role
from workbench.review.pair_positions import PairPositions


class SettledBy(StrEnum):
    """Who or what says how a pair is."""

    PERSON = "person"
    ADJUDICATOR = "adjudicator"
    FILE = "file"
    AUTOMATIC = "automatic"
    UNDONE = "automatic, taken back"
    CLOSURE = "closure"
    WITHDRAWN = "verdict taken back"


SCHEMA = pa.schema(
    {
        "instance_id": pa.string(),
        "label_id": pa.string(),
        "verdict": pa.string(),
        "effect": pa.string(),
        "settled_by": pa.string(),
        "reviewers": pa.list_(pa.string()),
        "event_uids": pa.list_(pa.string()),
        "n_present": pa.int64(),
        "n_absent": pa.int64(),
        "n_unsure": pa.int64(),
        "decided_at": pa.timestamp("us", "UTC"),
        "made_on": pa.string(),
        "signals": pa.string(),
        "is_new": pa.bool_(),
        "follows_from": pa.string(),
        "contradicts": pa.string(),
    }
)


def people_of(
    resolved: pd.DataFrame, standing: pd.DataFrame
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return who said what of the resolved pairs, and the row of each such verdict's pair.

    Parameters
    ----------
    resolved : pd.DataFrame
        ``instance_id, label_id``, one row a pair.
    standing : pd.DataFrame
        One row a reviewer and pair; verdicts on other pairs are left out.

    Returns
    -------
    pd.DataFrame
        Ordered by pair, the earliest first.
    ndarray of int64, one for each row
    """
    at = PairPositions(resolved).of(standing)
    order = np.argsort(at, kind="stable")
    order = order[at[order] >= 0]
    return standing.iloc[order], at[order]


def settled_by_people(
    resolved: pd.DataFrame, said: pd.DataFrame, at: NDArray[np.int64]
) -> pd.DataFrame:
    """Return the resolved pairs with who settled each, and on which labels.

    Parameters
    ----------
    resolved : pd.DataFrame
        ``verdict`` and, where it is not people in the app, ``settled_by``.
    said, at
        As :func:`people_of` returns.

    Returns
    -------
    pd.DataFrame
        With ``settled_by``, and ``made_on``: the labels that the last reviewer saw who says what
        counts, or the last of all if nothing does; null if that is not recorded.
    """
    by = np.full(len(resolved), SettledBy.PERSON.value, object)
    by[at[(said["role"] == Role.ADJUDICATOR).to_numpy(bool)]] = SettledBy.ADJUDICATOR.value
    if "settled_by" in resolved:
        told = resolved["settled_by"].to_numpy(object)
        by = np.where(pd.notna(told), told, by)
    # The latest comes last, and so stays.
    seen = said["label_version"].to_numpy(object)
    counts = said["verdict"].to_numpy(object) == resolved["verdict"].to_numpy(object)[at]
    made_on = np.full(len(resolved), None, object)
    for those in (seen != "", counts & (seen != "")):
        made_on[at[those]] = seen[those]
    return resolved.assign(settled_by=by, made_on=made_on)


def touched_since(resolved: pd.DataFrame, log: pd.DataFrame, n_known: int) -> NDArray[np.bool_]:
    """Say on which resolved pairs there are events behind the first ``n_known`` of the log.

    A log that is shorter is another one: all its events are new.
    """
    new = log.iloc[n_known if n_known <= len(log) else 0 :]
    at = PairPositions(resolved).of(new)
    found = np.zeros(len(resolved), bool)
    found[at[at >= 0]] = True
    return found


def decision_table(rows: pd.DataFrame, said: pd.DataFrame, at: NDArray[np.int64]) -> pa.Table:
    """Return the table of pairs as :data:`SCHEMA` has it.

    Parameters
    ----------
    rows : pd.DataFrame
        The columns of the schema but ``reviewers`` and ``event_uids``; those that are missing are
        null.
    said, at
        As :func:`people_of` returns, for the first rows.
    """
    counts = np.bincount(at, minlength=len(rows))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    lists = {"reviewers": "reviewer", "event_uids": "event_uid"}
    columns = []
    for field in SCHEMA:
        if field.name in lists:
            values = pa.array(said[lists[field.name]], pa.string())
            columns.append(pa.ListArray.from_arrays(offsets, values))
        elif field.name in rows:
            columns.append(pa.array(rows[field.name], field.type, from_pandas=True))
        else:
            columns.append(pa.nulls(len(rows), field.type))
    return pa.table(columns, schema=SCHEMA)


def reviewer_counts(
    resolved: pd.DataFrame, said: pd.DataFrame, at: NDArray[np.int64]
) -> dict[str, dict[str, int]]:
    """Return for each reviewer the pairs judged, and how many are as they say, or otherwise.

    Where people are torn, or the reviewer is unsure, it is neither.
    """
    verdict = resolved["verdict"].to_numpy(object)[at]
    own = said["verdict"].to_numpy(object)
    is_word = np.isin(own, ["present", "absent"]) & np.isin(verdict, ["present", "absent"])
    found = pd.DataFrame(
        {
            "reviewer": said["reviewer"].to_numpy(object),
            "pairs": 1,
            "counted": is_word & (own == verdict),
            "outvoted": is_word & (own != verdict),
        }
    )
    totals = found.groupby("reviewer", sort=True).sum()
    return {
        str(name): {str(key): int(n) for key, n in row.items()}
        for name, row in totals.to_dict("index").items()
    }


def contradicted_pairs(resolved: pd.DataFrame, contradictions: pd.DataFrame) -> NDArray[np.object_]:
    """Return for each resolved pair the absent label above it that contradicts it, or None."""
    told = np.full(len(resolved), None, object)
    at = PairPositions(resolved).of(contradictions[PAIR])
    told[at[at >= 0]] = contradictions["contradicts"].to_numpy(object)[at >= 0]
    return told

"""Everything known about some instances, of which their rows alone are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.ids import position_of
from workbench.matrices import LabelMatrix
from workbench.ui.snapshot import Snapshot

# Of some instances at a time; frames of a few rows each would take most of the time to make.
Rows = Sequence[Mapping[Hashable, Any]]


@dataclass(frozen=True)
class Instance:
    """Everything known about one instance.

    Parameters
    ----------
    instance_id, text, split : str
    weight : int
        Searches; 1 for documents.
    given : list of str
        The given labels, in the order of the label table.
    issues, clicks, votes, posterior : sequence of mapping
        The instance's rows of the tables of that name; issues by rank, clicks with a title and the
        most clicked item first. Empty where nothing is known.
    carriers : mapping
        For every label: the clicked items that carry it.
    """

    instance_id: str
    text: str
    split: str
    weight: int
    given: list[str]
    issues: Rows
    clicks: Rows
    votes: Rows
    posterior: Rows
    carriers: Mapping[str, frozenset[str]]


class GivenLabels:
    """Looks up the given labels of an instance.

    Parameters
    ----------
    given : LabelMatrix
    labels : pd.DataFrame
        The label table by label_id; its order is that of the given labels.
    """

    def __init__(self, given: LabelMatrix, labels: pd.DataFrame) -> None:
        self._given = given
        places = labels.index.get_indexer(given.label_ids)
        self._places = np.where(places < 0, len(labels), places)

    def of(self, instance_id: str) -> list[str]:
        """Return the given labels of an instance in the order of the label table."""
        row = position_of(self._given.instance_ids, instance_id)
        if row < 0:
            return []
        start, end = self._given.values.indptr[row : row + 2]
        columns = self._given.values.indices[start:end]
        columns = columns[np.argsort(self._places[columns], kind="stable")]
        return [str(label_id) for label_id in self._given.label_ids.take(columns)]


def read_instances(
    snapshot: Snapshot, instance_ids: Sequence[str], given: GivenLabels
) -> list[Instance]:
    """Return what is known about instances, in their order; those that are unknown are left out."""
    wanted = list(dict.fromkeys(instance_ids))
    if not wanted:
        return []
    about = _by_instance(snapshot.table("ingest", "instances", instance_id=wanted))
    clicked = _clicked_items(snapshot, wanted)
    carried = _carried(snapshot, clicked)
    issues = _by_instance(snapshot.table("flag", "issues", instance_id=wanted), "rank")
    clicks = _by_instance(clicked)
    votes = _by_instance(snapshot.table("label", "votes", instance_id=wanted))
    posterior = _by_instance(snapshot.table("label", "posterior", instance_id=wanted))
    return [
        Instance(
            instance_id=name,
            text=str(about[name][0]["text"]),
            split=str(about[name][0]["split"]),
            weight=int(about[name][0]["weight"]),
            given=given.of(name),
            issues=issues.get(name, ()),
            clicks=clicks.get(name, ()),
            votes=votes.get(name, ()),
            posterior=posterior.get(name, ()),
            carriers=_carriers(carried, clicks.get(name, ())),
        )
        for name in wanted
        if name in about
    ]


def _by_instance(table: pd.DataFrame, sort: str = "") -> dict[str, list[dict[Hashable, Any]]]:
    found: defaultdict[str, list[dict[Hashable, Any]]] = defaultdict(list)
    if not table.empty:
        for row in (table.sort_values(sort, kind="stable") if sort else table).to_dict("records"):
            found[str(row["instance_id"])].append(row)
    return found


def _clicked_items(snapshot: Snapshot, instance_ids: list[str]) -> pd.DataFrame:
    clicks = snapshot.table("ingest", "clicks", instance_id=instance_ids)
    if clicks.empty:
        return clicks
    items = snapshot.table("ingest", "items", item_id=clicks["item_id"].unique().tolist())
    titles = items.set_index("item_id")["title"]
    clicks["title"] = clicks["item_id"].map(titles).fillna(clicks["item_id"])
    return clicks.sort_values(["clicks", "impressions"], ascending=False)


def _carried(snapshot: Snapshot, clicks: pd.DataFrame) -> dict[str, list[str]]:
    """Return the labels that each clicked item carries."""
    carried: defaultdict[str, list[str]] = defaultdict(list)
    if not clicks.empty:
        items = clicks["item_id"].unique().tolist()
        held = snapshot.table("ingest", "item_labels", item_id=items)
        for item_id, label_id in zip(held["item_id"], held["label_id"], strict=True):
            carried[str(item_id)].append(str(label_id))
    return carried


def _carriers(carried: Mapping[str, list[str]], clicks: Rows) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in clicks:
        for label_id in carried.get(str(row["item_id"]), ()):
            found[label_id].add(str(row["item_id"]))
    return {label_id: frozenset(items) for label_id, items in found.items()}

"""What the queue of the review page holds, and what it can be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from pyarrow.parquet import read_metadata

from workbench.review.decisions import PAIR
from workbench.review.queue import QueueFilter, QueueOrder, ReviewQueue
from workbench.ui.data import read_issues, read_labels_table
from workbench.ui.queue_keys import QueueKeys
from workbench.ui.snapshot import Snapshot

MAX_LABELS = 1000
MAX_PATTERNS = 1000


@dataclass(frozen=True)
class PatternChoice:
    """The patterns to choose from.

    Parameters
    ----------
    told : dict of str to str
        What each says, by id, behind the number of its issues and the share of likely errors;
        those of the largest gain first.
    expected : dict of str to str
        How many of the issues of each are likely to be errors, by id.
    n_known : int
        How many there are, with those that are not offered.
    """

    told: dict[str, str]
    expected: dict[str, str]
    n_known: int


@st.cache_data(max_entries=4, show_spinner=False)
def count_kinds(_snapshot: Snapshot, key: str) -> dict[str, int]:
    """Return the number of issues of each kind."""
    counts = read_issues(_snapshot, key)["kind"].value_counts()
    return {str(kind): int(n) for kind, n in counts.items()}


@st.cache_data(max_entries=4, show_spinner=False)
def read_attributes(_snapshot: Snapshot, key: str) -> list[str]:
    """Return the attributes of the flagged labels by name."""
    return sorted(map(str, read_issues(_snapshot, key)["attribute"].cat.categories))


@st.cache_data(max_entries=32, show_spinner=False)
def flagged_labels(
    _snapshot: Snapshot, key: str, kind: str | None, attribute: str | None
) -> list[str]:
    """Return the labels with issues (of any kind if None), most flagged first, at most 1,000."""
    issues = read_issues(_snapshot, key)
    kept = issues["kind"].notna() if kind is None else issues["kind"] == kind
    if attribute is not None:
        kept &= issues["attribute"] == attribute
    counted = issues.loc[kept, "label_id"].value_counts()
    return [str(label) for label in counted[counted > 0].index[:MAX_LABELS]]


@st.cache_data(max_entries=8, show_spinner=False)
def read_patterns(_snapshot: Snapshot, key: str, kind: str | None) -> PatternChoice:
    """Return the patterns with issues of a kind, of any if None, and how many they have of it.

    A swap has issues of both kinds. At most 1,000 are offered.
    """
    patterns = _snapshot.table("flag", "patterns")
    if patterns.empty:
        return PatternChoice({}, {}, 0)
    issues = _snapshot.stages["flag"].table("issues", ["kind", "pattern_id", "label_quality"])
    of_kind = issues if kind is None else issues[issues["kind"] == kind]
    inside = of_kind.groupby("pattern_id")["label_quality"].agg(["size", "mean"])
    shown = patterns.merge(inside, left_on="pattern_id", right_index=True)
    told, expected = {}, {}
    for row in shown.head(MAX_PATTERNS).to_dict("records"):
        pattern_id, share = str(row["pattern_id"]), f"{100 * (1 - row['mean']):.0f} %"
        told[pattern_id] = f"{row['size']:,} ({share}) · {row['description']}"
        expected[pattern_id] = f"{row['size']:,} here, about {share} of them errors"
    return PatternChoice(told, expected, len(shown))


@st.cache_resource(max_entries=16, show_spinner=False)
def queue_keys(_snapshot: Snapshot, key: str, where: QueueFilter) -> QueueKeys:
    """Return which pairs the filter admits."""
    pairs = read_queue(_snapshot, key).select(where)
    issues = read_issues(_snapshot, key)
    instance_ids = issues["instance_id"].cat.categories
    label_ids = issues["label_id"].cat.categories
    rows = instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
    columns = label_ids.get_indexer(pd.Index(pairs["label_id"]))
    keys = np.sort(rows.astype(np.int64) * len(label_ids) + columns)
    return QueueKeys(instance_ids, label_ids, keys)


@st.cache_resource(max_entries=4, show_spinner="Reading the issues")
def read_queue(_snapshot: Snapshot, key: str, order: QueueOrder = "rank") -> ReviewQueue:
    """Return the queue of all issues, none decided."""
    issues = _snapshot.stages["flag"].table("issues", [*PAIR, "kind", order, "pattern_id"])
    issues["pattern_id"] = issues["pattern_id"].astype("category")
    instances = _snapshot.stages["ingest"].table("instances", ["instance_id", "text", "split"])
    labels = read_labels_table(_snapshot, key)["attribute"].reset_index()
    return ReviewQueue(
        issues, issues[PAIR].head(0), instances=instances, labels=labels, order=order
    )


def has_gain_ranks(snapshot: Snapshot) -> bool:
    """Return whether the issues are also in the order of gain; those of older versions are not."""
    path = snapshot.stages["flag"].folder / "issues.parquet"
    return "gain_rank" in read_metadata(path).schema.names

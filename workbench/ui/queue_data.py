"""What the queue of the review page holds, and what it can be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from workbench.review.audit_sample import open_to, said_of_sample
from workbench.review.dealing import Dealer, Deck
from workbench.review.decisions import PAIR
from workbench.review.judging import judge
from workbench.review.queue import ReviewQueue
from workbench.review.standing import Standing
from workbench.ui.data import (
    UNGROUPED,
    open_store,
    read_given,
    read_issues,
    read_labels_table,
    read_model,
    read_support,
)
from workbench.ui.label_data import read_label_columns
from workbench.ui.pattern_data import read_pattern_issues
from workbench.ui.reviewed import Reviewed
from workbench.ui.snapshot import Snapshot
from workbench.workspace.audit_frame import audit_path, read_audit

MAX_LABELS = 1000
MAX_PATTERNS = 1000
MAX_BRANCHES = 2000


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
def read_attributes(_snapshot: Snapshot, key: str) -> list[str]:
    """Return the attributes of the flagged labels by name."""
    return sorted(map(str, read_issues(_snapshot, key)["attribute"].cat.categories))


@st.cache_data(max_entries=32, show_spinner=False)
def flagged_labels(
    _snapshot: Snapshot, key: str, kind: str | None, attribute: str | None
) -> list[str]:
    """Return the labels with issues (of any kind if None), most flagged first."""
    issues = read_issues(_snapshot, key)
    kept = issues["kind"].notna() if kind is None else issues["kind"] == kind
    if attribute is not None:
        kept &= issues["attribute"] == attribute
    counted = issues.loc[kept, "label_id"].value_counts()
    return [str(label) for label in counted[counted > 0].index]


@st.cache_data(max_entries=8, show_spinner=False)
def read_patterns(
    _snapshot: Snapshot, key: str, kind: str | None, chosen: str | None = None
) -> PatternChoice:
    """Return the patterns with issues of a kind, of any if None, and how many they have of it.

    A swap has issues of both kinds. At most 1,000 are offered, and the one that is chosen.
    """
    patterns = _snapshot.table("flag", "patterns")
    if patterns.empty:
        return PatternChoice({}, {}, 0)
    issues = _snapshot.stages["flag"].table("issues", ["kind", "pattern_id", "label_quality"])
    of_kind = issues if kind is None else issues[issues["kind"] == kind]
    inside = of_kind.groupby("pattern_id")["label_quality"].agg(["size", "mean"])
    shown = patterns.merge(inside, left_on="pattern_id", right_index=True)
    told, expected = {}, {}
    is_offered = (np.arange(len(shown)) < MAX_PATTERNS) | (shown["pattern_id"] == chosen)
    for row in shown[is_offered].to_dict("records"):
        pattern_id, share = str(row["pattern_id"]), f"{100 * (1 - row['mean']):.0f} %"
        told[pattern_id] = f"{row['size']:,} ({share}) · {row['description']}"
        expected[pattern_id] = f"{row['size']:,} here, about {share} of them errors"
    return PatternChoice(told, expected, len(shown))


@st.cache_resource(max_entries=4, show_spinner=False)
def pattern_sizes(_snapshot: Snapshot, key: str) -> dict[str, int]:
    """Return how many issues each pattern has."""
    patterns = _snapshot.table("flag", "patterns")
    if patterns.empty:
        return {}
    return dict(zip(patterns["pattern_id"], patterns["n_issues"].astype(int), strict=True))


@st.cache_data(max_entries=4, show_spinner=False)
def read_branches(_snapshot: Snapshot, key: str) -> list[str]:
    """Return the branches of the taxonomy: the labels that others stand under, by name."""
    labels = read_labels_table(_snapshot, key)
    if "parent_id" not in labels:
        return []
    return sorted(map(str, labels["parent_id"].dropna().unique()))


@st.cache_data(max_entries=4, show_spinner=False)
def read_source_names(_snapshot: Snapshot, key: str) -> list[str]:
    """Return the sources of votes."""
    sources = _snapshot.table("label", "sources")
    return [] if sources.empty else list(map(str, sources["source"]))


@st.cache_resource(max_entries=2, show_spinner="Reading the issues")
def open_dealer(_snapshot: Snapshot, key: str, overlap: float, gold_share: float = 0.0) -> Dealer:
    """Return what hands out the cards of this workspace, shared by all sessions."""
    queue = _read_queue(_snapshot, key)
    store = open_store(_snapshot)

    def narrow(deck: Deck) -> NDArray[np.bool_] | None:
        masks = []
        if deck.source is not None:
            masks.append(_voted_for(_snapshot, queue, deck.source))
        if deck.branch is not None:
            masks.append(_within(_snapshot, key, queue, deck.branch))
        return np.asarray(np.logical_and.reduce(masks), bool) if masks else None

    def sample(pattern_id: str) -> NDArray[np.bool_]:
        mask, data = np.zeros(len(queue), bool), read_pattern_issues(_snapshot, key)
        at = -1 if data is None else data.position(pattern_id)
        if data is not None and at >= 0:
            drawn = judge(store, data.pattern(at)).sample
            rows = queue.positions.of(drawn[drawn["said"].isna()])
            mask[rows[rows >= 0]] = True
        return mask

    def audit(reviewer: str) -> list[tuple[str, str]]:
        drawn = read_audit(_snapshot.workspace)
        if drawn is None:
            return []
        said = said_of_sample(store, drawn.pairs)
        asked = drawn.pairs.loc[open_to(drawn.pairs, said, reviewer), PAIR]
        return list(asked.itertuples(index=False, name=None))

    standing = Standing(queue.positions, overlap)
    return Dealer(queue, standing, store, narrow, sample, gold_share, audit)


def open_reviewed(snapshot: Snapshot, key: str, dealer: Dealer) -> Reviewed:
    """Return what looks up decided issues as evidence for others."""
    return _reviewed(snapshot, key, dealer.standing, dealer.queue)


# A standing is known by its place in memory: that of another dealer is kept up with nothing.
@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs={Standing: id})
def _reviewed(_snapshot: Snapshot, key: str, standing: Standing, _queue: ReviewQueue) -> Reviewed:
    trained = read_model(_snapshot, key)
    return Reviewed(
        _queue,
        standing,
        read_labels_table(_snapshot, key),
        None if trained is None else trained.features,
        read_given(_snapshot, key).instance_ids,
    )


def has_gain_ranks(snapshot: Snapshot) -> bool:
    """Return whether the issues are also in the order of gain; those of older versions are not."""
    return "gain_rank" in snapshot.stages["flag"].column_names("issues")


def has_audit(snapshot: Snapshot) -> bool:
    """Return whether pairs were drawn at random to be judged blind."""
    return audit_path(snapshot.workspace).exists()


def _read_queue(snapshot: Snapshot, key: str) -> ReviewQueue:
    gain = ["gain_rank"] if has_gain_ranks(snapshot) else []
    issues = snapshot.stages["flag"].table(
        "issues", [*PAIR, "kind", "rank", *gain, "label_quality", "pattern_id"]
    )
    issues = issues.astype({"kind": "category", "pattern_id": "category"})
    instances = snapshot.stages["ingest"].table("instances", ["instance_id", "text", "split"])
    labels = read_labels_table(snapshot, key)["attribute"].replace(UNGROUPED, np.nan).reset_index()
    labels["support"] = labels["label_id"].map(read_support(snapshot, key)).fillna(0).astype(int)
    return ReviewQueue(issues, instances=instances, labels=labels)


def _voted_for(snapshot: Snapshot, queue: ReviewQueue, source: str) -> NDArray[np.bool_]:
    """Return the issues whose label a source votes for."""
    mask = np.zeros(len(queue), bool)
    if "label" in snapshot.stages:
        wanted = [("source", "==", source), ("level", ">", 0)]
        for votes in snapshot.stages["label"].batches("votes", PAIR, wanted):
            at = queue.positions.of(votes)
            mask[at[at >= 0]] = True
    return mask


def _within(snapshot: Snapshot, key: str, queue: ReviewQueue, branch: str) -> NDArray[np.bool_]:
    """Return the issues about a label of a branch, or about an instance that is given one."""
    table = read_label_columns(snapshot, key)
    members = table.label_ids(np.flatnonzero(table.branch(table.position(branch))))
    positions, given = queue.positions, read_given(snapshot, key)
    columns = given.label_ids.get_indexer(pd.Index(members))
    has_any = np.diff(given.values[:, columns[columns >= 0]].indptr) > 0
    rows = given.instance_ids.get_indexer(positions.instance_ids)
    instances = np.where(rows >= 0, has_any[np.maximum(rows, 0)], False)
    labels = positions.label_ids.isin(members)
    return np.asarray(instances[positions.rows] | labels[positions.columns], bool)

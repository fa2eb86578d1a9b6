"""What the page of the patterns reads: patterns, their issues, and how much is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from workbench.review.decisions import PAIR
from workbench.review.judging import Pattern, tally_samples
from workbench.review.pair_positions import PairPositions
from workbench.review.samples import Tally, sample_of
from workbench.review.standing import Standing
from workbench.review.store import DecisionStore
from workbench.ui.data import UNGROUPED, read_labels_table
from workbench.ui.snapshot import Snapshot

SORTS = {
    "Gain": "gain",
    "Issues": "n_issues",
    "Expected errors": "expected_errors",
    "Share of errors": "expected_precision",
}


@dataclass(frozen=True)
class PatternFilter:
    """Which patterns are listed, and in which order; what is empty admits everything."""

    text: str = ""
    attribute: str | None = None
    kind: str | None = None
    sort: str = "gain"


class PatternIssues:
    """The patterns, their issues, and how many of these are decided, kept up with the store.

    Parameters
    ----------
    patterns : pd.DataFrame
        The table of the stage, with ``attribute``.
    issues : pd.DataFrame
        ``instance_id, label_id, kind, pattern_id`` of the issues inside a pattern; as categories
        a million are put in order in a second.
    """

    def __init__(self, patterns: pd.DataFrame, issues: pd.DataFrame) -> None:
        self.patterns = patterns
        ids = issues["pattern_id"].astype("category").cat
        at = pd.Index(patterns["pattern_id"]).get_indexer(ids.categories.astype("str"))
        at = at[ids.codes.to_numpy()]
        order = np.argsort(at, kind="stable")
        self._at = at[order]
        self._issues = issues.take(order)[[*PAIR, "kind"]].reset_index(drop=True)
        self._standing = Standing(PairPositions(self._issues))
        self._lock = Lock()
        self._sampled: dict[int, NDArray[np.int64]] = {}
        self._tallies: dict[int, Tally] = {}
        self._tallied_at = 0

    def n_decided(self, store: DecisionStore) -> NDArray[np.int64]:
        """Return how many issues of each pattern somebody has decided."""
        with self._lock:
            self._standing.refresh(store)
            return np.bincount(self._at[self._standing.is_decided], minlength=len(self.patterns))

    def tallies(self, store: DecisionStore, positions: Sequence[int]) -> list[Tally]:
        """Return what is said of the samples of some patterns, read anew when the log has grown."""
        with self._lock:
            if (last := store.last_position()) != self._tallied_at:
                self._tallies, self._tallied_at = {}, last
            new = [at for at in positions if at not in self._tallies]
            tallied = tally_samples(store, [self._sample(at) for at in new])
            self._tallies.update(zip(new, tallied, strict=True))
            return [self._tallies[at] for at in positions]

    def pairs(self, position: int) -> pd.DataFrame:
        """Return the issues of the pattern at a position."""
        start, end = np.searchsorted(self._at, [position, position + 1])
        return self._texts(np.arange(start, end))

    def pattern(self, position: int) -> Pattern:
        """Return the pattern at a position as a batch decides it."""
        row = self.patterns.iloc[position]
        return Pattern(str(row["pattern_id"]), str(row["description"]), self.pairs(position))

    def _sample(self, position: int) -> pd.DataFrame:
        if position not in self._sampled:
            drawn = sample_of(self.patterns["pattern_id"].iloc[position], self.pairs(position))
            start = np.searchsorted(self._at, position)
            self._sampled[position] = start + drawn.index.to_numpy(np.int64)
        return self._texts(self._sampled[position])

    def _texts(self, rows: NDArray[np.int64]) -> pd.DataFrame:
        return self._issues.take(rows).astype("str").reset_index(drop=True)

    def position(self, pattern_id: str) -> int:
        """Return where a pattern stands, -1 if there is none of this id."""
        found = np.flatnonzero((self.patterns["pattern_id"] == pattern_id).to_numpy())
        return int(found[0]) if len(found) else -1

    def find(self, where: PatternFilter) -> NDArray[np.int64]:
        """Return the positions of the patterns that the filter admits, in its order."""
        frame = self.patterns
        admitted = np.ones(len(frame), bool)
        if where.attribute is not None:
            admitted &= (frame["attribute"] == where.attribute).to_numpy()
        if where.kind is not None:
            admitted &= (frame["kind"] == where.kind).to_numpy()
        for word in where.text.split():
            found = frame["description"].str.contains(word, case=False, regex=False)
            admitted &= found.to_numpy(bool)
        positions = np.flatnonzero(admitted)
        return positions[np.argsort(-frame[where.sort].to_numpy()[positions], kind="stable")]


@st.cache_resource(max_entries=2, show_spinner="Reading the patterns")
def read_pattern_issues(_snapshot: Snapshot, key: str) -> PatternIssues | None:
    """Return the patterns with their issues; None if there are none."""
    patterns = _snapshot.table("flag", "patterns")
    if patterns.empty:
        return None
    attributes = read_labels_table(_snapshot, key)["attribute"]
    patterns["attribute"] = patterns["label_id"].map(attributes).fillna(UNGROUPED)
    columns = [*PAIR, "kind", "pattern_id"]
    issues = _snapshot.stages["flag"].table(
        "issues", columns, where=[("pattern_id", "!=", "")], coded=columns
    )
    return PatternIssues(patterns, issues[issues["pattern_id"].notna()])


def texts_of(snapshot: Snapshot, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with the text of their instances and the reason of their flag."""
    ids = pairs["instance_id"].tolist()
    if not ids:
        return pairs.assign(text="", reason="")
    instances = snapshot.table("ingest", "instances", instance_id=ids)
    texts = dict(zip(instances["instance_id"], instances["text"], strict=True))
    flagged = snapshot.table("flag", "issues", instance_id=ids)
    keys = zip(flagged["instance_id"], flagged["label_id"], strict=True)
    reasons = dict(zip(keys, flagged["reason"], strict=True))
    asked = zip(pairs["instance_id"], pairs["label_id"], strict=True)
    return pairs.assign(
        text=[texts.get(instance_id, instance_id) for instance_id in ids],
        reason=[reasons.get(pair) or "" for pair in asked],
    )

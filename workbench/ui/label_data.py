"""The labels as columns that are searched and sorted where they lie; a page takes its rows only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from numpy.typing import NDArray

from workbench.text import normalise
from workbench.ui.data import UNGROUPED, open_store, read_given, read_issues
from workbench.ui.snapshot import Snapshot

ESTIMATES = tuple(
    f"{name}"
    for kind in ("wrong", "missing")
    for name in (f"estimated_{kind}", f"{kind}_low", f"{kind}_high")
)
# Of more choices than these none is found by looking.
MAX_CHOICES = 500
_Names: TypeAlias = pd.Index | pd.Series | pa.Array
# Of what one types in a card, as many are offered.
MAX_FOUND = 9
# Longer chains of parents run in a circle.
_MAX_DEPTH = 64


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Every label of a workspace with what is known about it.

    Parameters
    ----------
    columns : pa.Table
        ``label_id, attribute, value, path, support, n_wrong, n_missing, n_judged`` and the
        estimates with their bounds, an estimate null where there is none; ``folded_label`` and
        ``folded_value``, in which labels are searched, in normal form.
    parents : ndarray of int64, shape (n_labels,)
        Position of the parent, -1 without one.
    """

    columns: pa.Table
    parents: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.columns.num_rows)

    def position(self, label_id: str) -> int:
        """Return where a label stands, -1 if it does not."""
        return int(pc.index(self.columns["label_id"], label_id).as_py())

    def label_ids(self, positions: NDArray[np.integer]) -> list[str]:
        """Return the ids of some labels, in their order."""
        found: list[str] = self.columns["label_id"].take(pa.array(positions)).to_pylist()
        return found

    def row(self, position: int) -> dict[str, Any]:
        """Return what is known about one label."""
        return self.rows(np.array([position]))[0]

    def rows(self, positions: NDArray[np.integer]) -> list[dict[str, Any]]:
        """Return what is known about some labels, in their order, with their ``position``."""
        found: list[dict[str, Any]] = self.columns.take(pa.array(positions)).to_pylist()
        return [row | {"position": int(at)} for row, at in zip(found, positions, strict=True)]

    def children(self, position: int) -> NDArray[np.int64]:
        """Return the labels right below one, the most frequent first."""
        return self._frequent_first(np.flatnonzero(self.parents == position))

    def ancestors(self, position: int) -> list[int]:
        """Return the labels above one, from the root down."""
        above: list[int] = []
        while (position := int(self.parents[position])) >= 0 and position not in above:
            above.append(position)
        return above[::-1]

    def branch(self, position: int) -> NDArray[np.bool_]:
        """Return which labels are this one or below it; none of a position of -1."""
        inside = np.zeros(len(self), bool)
        if position < 0:
            return inside
        above = np.arange(len(self))
        for _ in range(_MAX_DEPTH):
            inside |= above == position
            above = np.where(above >= 0, self.parents[above], -1)
            if (above < 0).all():
                break
        return inside

    def branches(self) -> list[str]:
        """Return the labels with others below them, the most frequent first."""
        parents = np.unique(self.parents[self.parents >= 0])
        chosen = self._frequent_first(parents)[:MAX_CHOICES]
        return self.label_ids(chosen)

    def attributes(self) -> list[str]:
        """Return the attributes, the one with most labels first."""
        counted = pc.value_counts(self.columns["attribute"]).to_pylist()
        ordered = sorted(counted, key=lambda one: (-one["counts"], one["values"]))
        return [str(one["values"]) for one in ordered[:MAX_CHOICES]]

    def find(
        self,
        *,
        text: str = "",
        attribute: str | None = None,
        branch: str | None = None,
        order: NDArray[np.floating],
    ) -> NDArray[np.int64]:
        """Return the labels that match, in an order.

        Parameters
        ----------
        text : str
            Words that all occur in the label, whatever their case and width.
        attribute, branch : str, optional
        order : ndarray, shape (n_labels,)
            The largest first; a tie goes by the table's own order, and NaN comes last.
        """
        admitted = np.ones(len(self), bool)
        for word in normalise(text).split():
            admitted &= self._holds("folded_label", word)
        if attribute is not None:
            admitted &= pc.equal(self.columns["attribute"], attribute).to_numpy()
        if branch is not None:
            admitted &= self.branch(self.position(branch))
        found = np.flatnonzero(admitted)
        return found[np.argsort(-order[found], kind="stable")]

    def suggest(self, text: str, attribute: str, limit: int = MAX_FOUND) -> list[str]:
        """Return labels whose value holds the text, at most ``limit``.

        Those of the attribute come first; then those that begin with the text; then those that
        many instances carry.

        Parameters
        ----------
        text : str
            In any case and width; empty finds nothing.
        attribute : str
        limit : int
        """
        wanted = normalise(text)
        if not wanted:
            return []
        found = np.flatnonzero(self._holds("folded_value", wanted))
        rows = self.columns.take(pa.array(found))
        is_start = pc.starts_with(rows["folded_value"], wanted).to_numpy()
        is_own = pc.equal(rows["attribute"], attribute).to_numpy()
        best = np.lexsort((-rows["support"].to_numpy(), ~is_start, ~is_own))[:limit]
        return self.label_ids(found[best])

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column as numbers, NaN where nothing is known."""
        column = pc.cast(self.columns[name], pa.float64())
        return np.asarray(pc.fill_null(column, np.nan).to_numpy(), np.float64)

    def _holds(self, name: str, text: str) -> NDArray[np.bool_]:
        return np.asarray(pc.match_substring(self.columns[name], text).to_numpy(), bool)

    def _frequent_first(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        support = self.numbers("support")[positions]
        return positions[np.argsort(-support, kind="stable")].astype(np.int64)


@st.cache_resource(max_entries=2, show_spinner="Reading the labels")
def read_label_columns(_snapshot: Snapshot, key: str) -> LabelTable:
    """Return every label with its support, its issues and its estimated noise."""
    labels = _snapshot.stages["ingest"].arrow("labels")
    ids = labels["label_id"].combine_chunks().cast(pa.string())
    texts = {
        "label_id": ids,
        "attribute": pc.fill_null(labels["attribute"].cast(pa.string()), UNGROUPED),
        "value": labels["value"].cast(pa.string()),
        "path": labels["path"].cast(pa.string()),
        "folded_label": _folded(ids),
        "folded_value": _folded(labels["value"]),
    }
    parents = pc.index_in(labels["parent_id"].cast(pa.string()), value_set=ids)
    counts = _counts(_snapshot, key, ids) | _estimates(_snapshot, ids)
    return LabelTable(
        pa.table(texts | counts),
        np.asarray(pc.fill_null(parents, -1).to_numpy(), np.int64),
    )


def _folded(texts: pa.Array) -> pa.Array:
    return pa.array([normalise(str(text or "")) for text in texts.to_pylist()], pa.string())


def read_decided(snapshot: Snapshot, key: str) -> NDArray[np.int64]:
    """Return how many pairs of each label are decided, in the order of the table."""
    if not snapshot.workspace.has_decisions():
        return np.zeros(len(read_label_columns(snapshot, key)), np.int64)
    return _decided(snapshot, key, open_store(snapshot).last_position())


@st.cache_resource(max_entries=2, show_spinner=False)
def _decided(_snapshot: Snapshot, key: str, last_position: int) -> NDArray[np.int64]:
    table = read_label_columns(_snapshot, key)
    counted = open_store(_snapshot).counts_by_label()
    at = _index_in(counted["label_id"], table.columns["label_id"].combine_chunks())
    decided = np.zeros(len(table), np.int64)
    decided[at[at >= 0]] = counted["n_pairs"].to_numpy()[at >= 0]
    return decided


def _counts(snapshot: Snapshot, key: str, ids: pa.Array) -> dict[str, NDArray[np.int64]]:
    """Return support and the number of issues of every label; zero where there is neither."""
    counts = {name: np.zeros(len(ids), np.int64) for name in ("support", "n_wrong", "n_missing")}
    if snapshot.flagged_version is not None:
        given = read_given(snapshot, key)
        at = _index_in(given.label_ids, ids)
        counts["support"][at[at >= 0]] = given.support()[at >= 0]
    if "flag" in snapshot.stages:
        issues = read_issues(snapshot, key)
        label = issues["label_id"].cat
        at = _index_in(label.categories, ids)
        for kind in ("wrong", "missing"):
            codes = label.codes.to_numpy()[(issues["kind"] == kind).to_numpy()]
            flagged = np.bincount(codes, minlength=len(at))
            counts[f"n_{kind}"][at[at >= 0]] = flagged[at >= 0]
    return counts


def _estimates(snapshot: Snapshot, ids: pa.Array) -> dict[str, pa.Array]:
    """Return the estimated noise of every label with its bounds; null where it is not known."""
    names = ("n_judged", *ESTIMATES)
    noise = snapshot.table("flag", "noise", scope="label")
    if not {"name", *names} <= set(noise.columns) or noise.empty:
        return {name: pa.nulls(len(ids), pa.float32()) for name in names}
    at = _index_in(ids, noise["name"])
    rows = pa.array(at, mask=at < 0)
    return {
        name: pa.array(noise[name].to_numpy(np.float32), from_pandas=True).take(rows)
        for name in names
    }


def _index_in(names: _Names, ids: _Names) -> NDArray[np.int64]:
    """Return where each name stands among the ids, -1 if it does not."""
    wanted, known = _texts(names), _texts(ids)
    # Mostly it is the same axis, and a table of a million hashes is spared.
    if wanted.equals(known):
        return np.arange(len(known))
    at = pc.index_in(wanted, value_set=known)
    return np.asarray(pc.fill_null(at, -1).to_numpy(zero_copy_only=False), np.int64)


def _texts(names: _Names) -> pa.Array:
    found = pa.array(names, pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found

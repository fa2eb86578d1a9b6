"""One label by itself: where it stands, how noisy it is, what goes with it, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from workbench.ids import position_of
from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.data import open_store, read_given
from workbench.ui.guidelines import guideline_html
from workbench.ui.label_data import LabelTable, read_decided, read_label_columns
from workbench.ui.links import link
from workbench.ui.snapshot import Snapshot

MAX_CHILDREN = 30
MAX_TOGETHER = 12
# Those above and below it go with it anyhow: so many are looked at to have others left.
MAX_RANKED = 200
MAX_INSTANCES = 8
MAX_DECISIONS = 10
# What goes with a label is counted on at most so many of its instances, evenly spread.
MAX_COUNTED = 20_000


@dataclass(frozen=True, eq=False)
class Carriers:
    """The instances that carry a label.

    Parameters
    ----------
    n_by_split : dict of str to int
    n_counted : int
        On how many of them ``together`` was counted.
    together : list of (str, int)
        Other labels and on how many of those instances, the most common first.
    instances : pd.DataFrame
        A few of them, evenly spread: instance_id, text, split.
    """

    n_by_split: dict[str, int]
    n_counted: int
    together: list[tuple[str, int]]
    instances: pd.DataFrame


def show_label(snapshot: Snapshot, label_id: str) -> None:
    """Draw one label."""
    table = read_label_columns(snapshot, snapshot.key)
    at = table.position(label_id)
    if at < 0:
        told = f"No label of this workspace is called “{label_id}”. It may be of an earlier run."
        st.html(markup.notice("No such label", told) + f"<p>{link('All labels', 'labels')}</p>")
        return
    row = table.row(at)
    carriers = read_carriers(snapshot, snapshot.key, label_id)
    n_decided = int(read_decided(snapshot, snapshot.key)[at])
    st.html(_crumbs(table, at) + markup.title(str(row["value"] or label_id)))
    st.html(_figures(row, carriers, n_decided) + _queues(row, label_id))
    left, right = st.columns(2, gap="large")
    with left:
        st.html(_noise(row) + _children(table, at) + _together(table, at, carriers))
    with right:
        st.html(
            _guideline(snapshot, str(row["attribute"]))
            + _decisions(snapshot, label_id)
            + _instances(carriers)
        )


@st.cache_resource(max_entries=64, show_spinner=False)
def read_carriers(_snapshot: Snapshot, key: str, label_id: str) -> Carriers:
    """Return the instances of a label, reading the texts of a few only."""
    nothing = Carriers({}, 0, [], pd.DataFrame(columns=["instance_id", "text", "split"]))
    if _snapshot.flagged_version is None:
        return nothing
    given = read_given(_snapshot, key)
    column = position_of(given.label_ids, label_id)
    if column < 0:
        return nothing
    found = np.flatnonzero(given.values.indices == column)
    rows = np.searchsorted(given.values.indptr, found, side="right") - 1
    if not len(rows):
        return nothing
    splits = read_splits(_snapshot, key)[rows]
    counted = _spread(rows, MAX_COUNTED)
    beside = given.values[counted].indices
    counts = np.bincount(beside[beside != column], minlength=len(given.label_ids))
    best = np.argsort(-counts, kind="stable")[:MAX_RANKED]
    shown = given.instance_ids.take(_spread(rows, MAX_INSTANCES)).astype("str").tolist()
    return Carriers(
        {str(name): int(n) for name, n in zip(*np.unique(splits, return_counts=True), strict=True)},
        len(counted),
        [(str(given.label_ids[n]), int(counts[n])) for n in best if counts[n]],
        _snapshot.table("ingest", "instances", instance_id=shown)[["instance_id", "text", "split"]],
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def read_splits(_snapshot: Snapshot, key: str) -> NDArray[np.object_]:
    """Return the split of every instance that carries labels, in the order of their axis."""
    names = ["instance_id", "split"]
    frame = _snapshot.stages["ingest"].table("instances", names, coded=["split"])
    at = pd.Index(frame["instance_id"]).get_indexer(read_given(_snapshot, key).instance_ids)
    split = frame["split"].astype("category").cat
    kinds = np.array([*split.categories.astype("str"), "unknown"], object)
    codes = np.where(at >= 0, split.codes.to_numpy()[at], -1)
    return np.asarray(kinds[codes], object)


def told_estimate(row: dict[str, Any], kind: str) -> str:
    """Return the estimated number of pairs with its bounds; empty if it is not known."""
    names = (f"estimated_{kind}", f"{kind}_low", f"{kind}_high")
    if any(row[name] is None for name in names):
        return ""
    estimate, low, high = (markup.count(round(row[name])) for name in names)
    return f"{estimate} ({low} to {high})"


def _spread(rows: NDArray[np.integer], limit: int) -> NDArray[np.integer]:
    """Return at most so many of the rows, evenly spread."""
    if len(rows) <= limit:
        return rows
    return rows[np.linspace(0, len(rows) - 1, limit).astype(np.int64)]


def _crumbs(table: LabelTable, at: int) -> str:
    row = table.row(at)
    steps = [
        link("All labels", "labels"),
        link(str(row["attribute"]), "labels", label_attribute=str(row["attribute"])),
        *(
            link(str(one["value"] or one["label_id"]), "labels", label=str(one["label_id"]))
            for one in (table.row(position) for position in table.ancestors(at))
        ),
    ]
    return f'<nav class="wb-crumbs" aria-label="Where the label stands">{" › ".join(steps)}</nav>'


def _figures(row: dict[str, Any], carriers: Carriers, n_decided: int) -> str:
    splits = ", ".join(f"{n:,} {name}" for name, n in sorted(carriers.n_by_split.items())[::-1])
    return markup.figures(
        [
            (markup.count(row["support"]), f"instances ({splits})" if splits else "instances"),
            (markup.count(row["n_wrong"]), "likely wrong"),
            (markup.count(row["n_missing"]), "likely missing"),
            (markup.count(n_decided), "pairs decided"),
        ]
    )


def _queues(row: dict[str, Any], label_id: str) -> str:
    found = [
        link(
            f"Review the likely {kind}: {row[f'n_{kind}']:,}", "review", queue=kind, label=label_id
        )
        for kind in ("wrong", "missing")
        if row[f"n_{kind}"]
    ]
    return f'<p class="wb-doors">{"".join(found)}</p>' if found else ""


def _noise(row: dict[str, Any]) -> str:
    told = [(kind.capitalize(), told_estimate(row, kind)) for kind in ("wrong", "missing")]
    if not any(text for _, text in told):
        return markup.block(
            markup.heading("Estimated noise"),
            markup.soft("Not known: no pair of this label was judged, or none was estimated yet."),
        )
    judged = f"{round(row['n_judged']):,} of {row['support']:,} given pairs were judged."
    return markup.block(
        markup.heading("Estimated noise"),
        markup.soft(f"Of all pairs, worth a look or not, with bounds. {judged}"),
        markup.facts([(kind, text or "not known") for kind, text in told]),
    )


def _children(table: LabelTable, at: int) -> str:
    children = table.children(at)
    if not len(children):
        return ""
    cells = [
        [
            link(str(row["value"] or row["label_id"]), "labels", label=str(row["label_id"])),
            *(markup.count(row[name]) for name in ("support", "n_wrong", "n_missing")),
        ]
        for row in table.rows(children[:MAX_CHILDREN])
    ]
    more = len(children) - MAX_CHILDREN
    header = ["Label", "Support", "Wrong?", "Missing?"]
    return markup.block(
        markup.heading("Below it"),
        markup.table(header, cells, numbers=[1, 2, 3]),
        markup.soft(f"and {more:,} rarer ones") if more > 0 else "",
    )


def _together(table: LabelTable, at: int, carriers: Carriers) -> str:
    """Return what is given with the label, but for those above and below it."""
    below = table.branch(at)
    above = set(table.ancestors(at))
    cells = []
    for label_id, n in carriers.together:
        other = table.position(label_id)
        if other < 0 or below[other] or other in above:
            continue
        cells.append([link(label_id, "labels", label=label_id), f"{n / carriers.n_counted:.0%}"])
        if len(cells) == MAX_TOGETHER:
            break
    if not cells:
        return ""
    return markup.block(
        markup.heading("Given with it"),
        markup.soft(f"Share of {plural(carriers.n_counted, 'instance')} that carry the label."),
        markup.table(["Label", "Share"], cells, numbers=[1]),
    )


def _guideline(snapshot: Snapshot, attribute: str) -> str:
    parts = [guideline_html(snapshot.workspace.root, of) for of in (attribute, None)]
    if not any(parts):
        return ""
    return markup.block(markup.heading(f"Guideline: {attribute}"), *parts)


def _decisions(snapshot: Snapshot, label_id: str) -> str:
    if not snapshot.workspace.has_decisions():
        return ""
    events = open_store(snapshot).latest_of_label(label_id, MAX_DECISIONS)
    if events.empty:
        return ""
    cells = [
        [
            markup.escape(event["instance_id"]),
            "taken back" if pd.notna(event["undoes"]) else markup.escape(event["verdict"]),
            markup.escape(event["reviewer"]),
            markup.escape(f"{event['decided_at']:%Y-%m-%d %H:%M}"),
        ]
        for event in events.to_dict("records")
    ]
    header = ["Instance", "Verdict", "By", "When (UTC)"]
    return markup.block(markup.heading("Latest decisions"), markup.table(header, cells))


def _instances(carriers: Carriers) -> str:
    if carriers.instances.empty:
        return ""
    cells = [
        [
            f'<span class="wb-clipped">{markup.escape(row["text"])}</span>',
            markup.escape(row["split"]),
        ]
        for row in carriers.instances.to_dict("records")
    ]
    return markup.block(
        markup.heading("Some of its instances"), markup.table(["Text", "Split"], cells)
    )

"""The labels: search among all of them, see where the noise is, open a queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.label_data import LabelTable, read_decided, read_label_columns
from workbench.ui.label_view import show_label, told_estimate
from workbench.ui.links import link
from workbench.ui.snapshot import Snapshot

PAGE_SIZE = 50
_Order = Callable[[LabelTable, NDArray[np.int64]], NDArray[np.float64]]
SORTS: dict[str, _Order] = {
    "Most likely wrong": lambda table, _: table.numbers("n_wrong"),
    "Most likely missing": lambda table, _: table.numbers("n_missing"),
    "Noisiest": lambda table, _: _noise_share(table),
    "Most wrong, estimated": lambda table, _: table.numbers("estimated_wrong"),
    "Most missing, estimated": lambda table, _: table.numbers("estimated_missing"),
    "Most frequent": lambda table, _: table.numbers("support"),
    "Rarest": lambda table, _: -table.numbers("support"),
    "Most decided": lambda _, decided: decided.astype(np.float64),
    "As in the label table": lambda table, _: np.zeros(len(table)),
}


def show(snapshot: Snapshot) -> None:
    """Draw the page: one label if the address names it, otherwise all of them."""
    if "ingest" not in snapshot.stages:
        st.html(markup.title("Labels", "All of them, with their support and their noise."))
        told = "Labels come from the inputs:"
        command = f"workbench run {snapshot.workspace.quoted}"
        st.html(markup.notice("No labels yet", told, command))
        return
    label_id = st.query_params.get("label", "")
    if label_id:
        show_label(snapshot, label_id)
        return
    _show_all(snapshot)


def _show_all(snapshot: Snapshot) -> None:
    table = read_label_columns(snapshot, snapshot.key)
    decided = read_decided(snapshot, snapshot.key)
    st.html(
        markup.title(
            "Labels",
            f"{plural(len(table), 'label')}. A name opens the label, a number its queue.",
        )
    )
    # No page of the app has these names in its address: Streamlit takes them out of all others.
    filters = st.container(horizontal=True, vertical_alignment="bottom")
    with filters:
        text = st.text_input(
            "Search", key="search", bind="query-params", placeholder="any", width=260, live=True
        )
        attribute = _choice("Attribute", table.attributes(), "label_attribute")
        branches = table.branches()
        branch = _choice("Branch", branches, "label_branch") if branches else None
        sort = st.selectbox("Order", list(SORTS), key="sort", bind="query-params", width=220)
    order = SORTS[sort or next(iter(SORTS))](table, decided)
    found = table.find(text=text or "", attribute=attribute, branch=branch, order=order)
    if not len(found):
        st.html(markup.notice("No label matches", "Search for less, or clear a choice."))
        return
    with filters:
        first = _first_row(len(found))
    shown = found[first : first + PAGE_SIZE]
    st.html(
        markup.soft(f"{first + 1:,} to {first + len(shown):,} of {plural(len(found), 'label')}")
        + _rows(table.rows(shown), decided)
    )


def _choice(name: str, options: list[str], key: str) -> str | None:
    return st.selectbox(
        name, options, index=None, key=key, bind="query-params", placeholder="any", width=220
    )


def _first_row(n_found: int) -> int:
    """Return where the chosen page begins; there is nothing to choose if all fit on one."""
    n_pages = -(-n_found // PAGE_SIZE)
    if n_pages == 1:
        return 0
    # A narrower search may have fewer pages than the one that was shown.
    if st.session_state.get("page", 1) > n_pages:
        st.session_state["page"] = 1
    page = st.number_input(
        f"Page, of {n_pages:,}", 1, n_pages, key="page", bind="query-params", width=150
    )
    return (int(page) - 1) * PAGE_SIZE


def _rows(rows: list[dict[str, Any]], decided: NDArray[np.int64]) -> str:
    header = [
        *("Label", "Attribute", "Support", "Wrong?", "Missing?"),
        *("Estimated wrong", "Estimated missing", "Decided"),
    ]
    cells = [
        [
            link(
                str(row["path"] or row["value"] or row["label_id"]), "labels", label=row["label_id"]
            ),
            markup.escape(row["attribute"]),
            markup.count(row["support"]),
            *(_queue(row, kind) for kind in ("wrong", "missing")),
            *(markup.escape(told_estimate(row, kind)) for kind in ("wrong", "missing")),
            markup.count(int(decided[row["position"]])),
        ]
        for row in rows
    ]
    return markup.table(header, cells, numbers=range(2, len(header)))


def _queue(row: dict[str, Any], kind: str) -> str:
    n = row[f"n_{kind}"]
    if not n:
        return "0"
    told = f"Review {n:,} likely {kind} pairs of {row['label_id']}"
    return link(markup.count(n), "review", told=told, queue=kind, label=row["label_id"])


def _noise_share(table: LabelTable) -> NDArray[np.float64]:
    """Return which share of a label's given pairs is estimated to be wrong."""
    support = np.maximum(table.numbers("support"), 1)
    return np.asarray(table.numbers("estimated_wrong") / support, np.float64)

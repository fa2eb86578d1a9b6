"""Patterns: issues with one cause, a random sample of each, and one decision for the rest."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from workbench.plurals import plural
from workbench.review.batches import LEAST_SHARE, Batches, past_batches
from workbench.review.judging import Judged, Pattern, judge
from workbench.review.samples import Promise
from workbench.review.store import DecisionStore
from workbench.review.team import Member, NotAllowedError
from workbench.ui import markup, pattern_rows
from workbench.ui.data import open_store
from workbench.ui.identity import signed_in, team_settings
from workbench.ui.links import link, open_page
from workbench.ui.pattern_data import (
    SORTS,
    PatternFilter,
    PatternIssues,
    read_pattern_issues,
    texts_of,
)
from workbench.ui.snapshot import Snapshot

A_PAGE = 20
_DONE = "patterns_done"


def show(snapshot: Snapshot) -> None:
    """Draw the list of patterns, or the one that the address names."""
    if "flag" not in snapshot.stages:
        told = "Patterns are found among the issues:"
        run = f"workbench run {snapshot.workspace.quoted}"
        st.html(markup.title("Patterns") + markup.notice("No issues yet", told, run))
        return
    data = read_pattern_issues(snapshot, snapshot.key)
    if data is None:
        told = "The issues of this workspace have no cause in common."
        st.html(markup.title("Patterns") + markup.notice("No patterns", told))
        return
    chosen = _chosen()
    store = open_store(snapshot)
    if not chosen:
        _draw_list(store, data)
        _draw_batches(snapshot, store, None)
    elif (at := data.position(chosen)) >= 0:
        _draw_pattern(snapshot, store, data, at)
    else:
        told = "The issues were found anew since, and this pattern is not among them."
        st.html(markup.notice("This pattern is gone", told))
        _draw_way_back()


def _draw_list(store: DecisionStore, data: PatternIssues) -> None:
    lead = (
        "Issues with one cause. Judge a random 20 of a pattern, then decide the rest at once. The "
        "gain of a pattern is its expected errors less the cost of its flags that are no errors."
    )
    st.html(markup.title("Patterns", lead))
    _draw_done()
    found = data.find(_filter(data))
    n_pages = max(-(-len(found) // A_PAGE), 1)
    page = min(max(int(st.session_state.get("patterns_page", 1)), 1), n_pages)
    shown = found[(page - 1) * A_PAGE : page * A_PAGE]
    st.html(markup.soft(f"{plural(len(found), 'pattern')}, page {page:,} of {n_pages:,}"))
    n_decided = data.n_decided(store)
    tallies = data.tallies(store, shown.tolist())
    for position, tally in zip(shown, tallies, strict=True):
        row = data.patterns.iloc[position]
        left, right = st.columns([5, 6], vertical_alignment="center")
        left.html(link(str(row["description"]), "patterns", pattern=str(row["pattern_id"])))
        right.html(pattern_rows.list_row(row.to_dict(), int(n_decided[position]), tally))
    if n_pages > 1:
        st.number_input("Page", 1, n_pages, key="patterns_page", width=140)


def _filter(data: PatternIssues) -> PatternFilter:
    text, attribute, kind, sort = st.columns([4, 2, 2, 2])
    attributes = sorted(data.patterns["attribute"].unique())
    return PatternFilter(
        text=text.text_input("Search", key="patterns_text", placeholder="socks, Brand: …"),
        attribute=attribute.selectbox(
            "Attribute", attributes, index=None, key="patterns_attribute", placeholder="All"
        ),
        kind=kind.selectbox(
            "Flag", ["wrong", "missing"], index=None, key="patterns_kind", placeholder="Both"
        ),
        sort=SORTS[sort.selectbox("Order", list(SORTS), key="patterns_sort")],
    )


def _draw_pattern(snapshot: Snapshot, store: DecisionStore, data: PatternIssues, at: int) -> None:
    _draw_way_back()
    pattern, row = data.pattern(at), data.patterns.iloc[at]
    st.html(markup.title(pattern.description))
    _draw_done()
    judged = judge(store, pattern)
    promise = judged.promise
    st.html(
        markup.figures(
            [
                (markup.count(promise.n_pairs), "issues"),
                (markup.count(promise.n_pairs - promise.n_open), "decided"),
                pattern_rows.expected_errors(row.to_dict(), promise),
                (f"{row['lift']:.1f}×", "as many issues as elsewhere"),
            ]
        )
    )
    st.html(
        markup.heading(f"The random {promise.n_sample}")
        + markup.soft(pattern_rows.promise_told(promise))
    )
    member = signed_in(snapshot)
    if member is not None:
        _draw_steps(snapshot, store, member, pattern, judged)
    _draw_batches(snapshot, store, pattern.pattern_id)
    st.html(pattern_rows.sample_table(texts_of(snapshot, judged.sample)))


def _draw_steps(
    snapshot: Snapshot, store: DecisionStore, member: Member, pattern: Pattern, judged: Judged
) -> None:
    promise = judged.promise
    if promise.n_unjudged:
        told = "Judge the sample" if promise.n_unjudged == promise.n_sample else "Go on judging"
        if st.button(told, type="primary", key="judge_sample"):
            open_page("review", queue="sample", pattern=pattern.pattern_id)
        return
    if not promise.n_open:
        return
    may_decide, knows = promise.share >= LEAST_SHARE, False
    if not may_decide:
        st.html(markup.soft(pattern_rows.too_little(promise, member.is_adjudicator)))
        if member.is_adjudicator:
            n_wrong = promise.n_open - promise.n_open_right
            tick = f"I know that up to {n_wrong:,} may be wrong"
            may_decide = knows = st.checkbox(tick, key=f"knows_{pattern.pattern_id}")
    told = f"Decide {plural(promise.n_open, 'pair')}: {_verdict(judged.open)}"
    if st.button(told, type="primary", disabled=not may_decide, key="decide_batch"):
        _decide(snapshot, store, member, pattern, promise, knows)


def _verdict(pairs: pd.DataFrame) -> str:
    counts = pairs["kind"].value_counts()
    n_wrong, n_missing = int(counts.get("wrong", 0)), int(counts.get("missing", 0))
    if n_wrong and n_missing:
        return f"{n_wrong:,} absent, {n_missing:,} present"
    return "absent" if n_wrong else "present"


def _decide(
    snapshot: Snapshot,
    store: DecisionStore,
    member: Member,
    pattern: Pattern,
    promise: Promise,
    knows: bool,
) -> None:
    # Kept until it is acknowledged, so that a second press is the same batch.
    ids = st.session_state.setdefault("batch_ids", {})
    batch_id = ids.setdefault(pattern.pattern_id, str(uuid.uuid4()))
    decided = _batches(snapshot, store, member).decide(
        pattern, batch_id=batch_id, now=datetime.now(UTC), knows_the_risk=knows
    )
    del ids[pattern.pattern_id]
    left_out = promise.n_open - decided.n_pairs
    meanwhile = f" {plural(left_out, 'pair')} others decided meanwhile: left out." * (left_out > 0)
    told = f"Decided {plural(decided.n_pairs, 'pair')}.{meanwhile}"
    st.session_state[_DONE] = (_chosen(), told)
    st.rerun()


def _batches(snapshot: Snapshot, store: DecisionStore, member: Member) -> Batches:
    version = snapshot.flagged_version
    return Batches(
        store,
        member,
        label_version="" if version is None else version.name,
        model_id=snapshot.model_id,
        audit_size=team_settings(snapshot).audit_size,
    )


def _draw_batches(snapshot: Snapshot, store: DecisionStore, pattern_id: str | None) -> None:
    past = past_batches(store, pattern_id=pattern_id, limit=A_PAGE)
    if past.empty:
        return
    st.html(markup.heading("Decided in one go"))
    for row in past.to_dict("records"):
        left, right = st.columns([8, 2], vertical_alignment="center")
        left.html(pattern_rows.batch_told(row))
        if pd.isna(row["undone_by"]) and right.button("Undo", key=f"undo_{row['batch_id']}"):
            _undo(snapshot, store, str(row["batch_id"]))


def _undo(snapshot: Snapshot, store: DecisionStore, batch_id: str) -> None:
    member = signed_in(snapshot)
    if member is None:
        return
    try:
        undone, kept = _batches(snapshot, store, member).undo(batch_id, now=datetime.now(UTC))
    except NotAllowedError as error:
        st.html(markup.notice("Not undone", str(error), error=True))
        return
    stays = f" {plural(kept, 'pair')} decided anew since: they stay." if kept else ""
    st.session_state[_DONE] = (_chosen(), f"Took back {plural(undone, 'pair')}.{stays}")
    st.rerun()


def _draw_done() -> None:
    """Say what was decided or taken back here, until one goes to another pattern."""
    place, told = st.session_state.get(_DONE, ("", ""))
    if told and place == _chosen():
        st.html(markup.said(told))
    else:
        st.session_state.pop(_DONE, None)


def _chosen() -> str:
    return str(st.query_params.get("pattern", ""))


def _draw_way_back() -> None:
    if st.button("All patterns", key="all_patterns", type="tertiary", icon=":material/arrow_back:"):
        del st.query_params["pattern"]
        st.rerun()

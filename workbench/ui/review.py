"""The review page: one question after another, with the evidence beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from workbench.review.decisions import Verdict
from workbench.review.queue import QueueFilter
from workbench.ui import card, evidence, markup, queue_panel
from workbench.ui.data import (
    Instance,
    find_score,
    has_clicks,
    position_of,
    read_given,
    read_instance,
    read_labels_table,
    read_model,
    read_scores,
    read_sources,
)
from workbench.ui.desk import Desk, Place
from workbench.ui.explain import explain_pair
from workbench.ui.journal import open_journal
from workbench.ui.queue_data import queue_keys, read_queue
from workbench.ui.reviewer import ask_reviewer, known_reviewer
from workbench.ui.snapshot import Snapshot

_PLACE = "review_place"
_KEYS = {Verdict.PRESENT: "P", Verdict.ABSENT: "A", Verdict.UNSURE: "S"}


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    if "flag" not in snapshot.stages:
        st.html(
            markup.notice(
                "Nothing to review yet",
                "No labels have been flagged in this workspace. Find the suspicious ones with:",
                f"workbench run {snapshot.workspace.quoted}",
            )
        )
        return
    reviewer = known_reviewer()
    if reviewer:
        _draw(snapshot, reviewer)
    else:
        ask_reviewer()


@st.fragment
def _draw(snapshot: Snapshot, reviewer: str) -> None:
    where = queue_panel.draw_filters(snapshot)
    desk = _desk(snapshot, where, reviewer)
    desk.journal.catch_up()
    desk.settle()
    queue_panel.draw_progress(desk, snapshot)
    if desk.place.failure:
        st.html(markup.notice("The decision was not saved", desk.place.failure, error=True))
    if not desk.place.label_id:
        _draw_end(desk, snapshot)
        return
    instance = read_instance(snapshot, snapshot.key, desk.place.card.instance_id)
    left, right = st.columns([1.85, 1], gap="large")
    with left, st.container(key="card"):
        _draw_card(desk, snapshot, instance)
    with right, st.container(key="evidence"):
        _draw_evidence(desk, snapshot, instance)


def _desk(snapshot: Snapshot, where: QueueFilter, reviewer: str) -> Desk:
    version = snapshot.flagged_version
    known: tuple[str, Place] | None = st.session_state.get(_PLACE)
    if known is None or known[0] != snapshot.key:
        known = st.session_state[_PLACE] = (snapshot.key, Place())
    return Desk(
        place=known[1],
        queue=read_queue(snapshot, snapshot.key, queue_panel.order_of(where)),
        journal=open_journal(str(snapshot.workspace.decisions_path)),
        where=where,
        reviewer=reviewer,
        label_version="" if version is None else version.name,
        model_id=snapshot.model_id,
    )


def _draw_card(desk: Desk, snapshot: Snapshot, instance: Instance) -> None:
    label_id = desk.place.label_id
    labels = read_labels_table(snapshot, snapshot.key)
    verdicts = desk.journal.verdicts(instance.instance_id)
    st.html(
        card.heading(instance, label_id, labels) + card.chips(instance, label_id, labels, verdicts)
    )
    is_query = has_clicks(snapshot, snapshot.key)
    note_key = f"note-{desk.place.event_uid}"
    with st.container(key="question", border=True):
        st.html(
            card.question(instance, label_id, labels, verdicts.get(label_id), is_query=is_query)
        )
        _draw_verdicts(desk, note_key)
        st.text_input(
            "Note",
            key=note_key,
            placeholder="Note, kept with the verdict (optional)",
            label_visibility="collapsed",
            max_chars=500,
        )
    _draw_moves(desk)


def _draw_verdicts(desk: Desk, note_key: str) -> None:
    uid = desk.place.event_uid

    def decide(verdict: Verdict) -> None:
        desk.decide(uid, verdict, str(st.session_state.get(note_key, "")))

    with st.container(key="verdicts", horizontal=True, wrap=False, gap="small"):
        for verdict in Verdict:
            _button(verdict.capitalize(), f"{verdict}-{uid}", _KEYS[verdict], decide, verdict)


def _draw_moves(desk: Desk) -> None:
    uid = desk.place.event_uid
    alone = len(desk.labels_to_ask(desk.place.card)) < 2
    first, last = not desk.has_card(-1), not desk.has_card(1)
    with st.container(key="moves", horizontal=True, gap="small"):
        _button("Previous label", f"back-{uid}", "Left", desk.step, -1, off=alone)
        _button("Next label", f"on-{uid}", "Right", desk.step, 1, off=alone)
        _button("Previous card", f"before-{uid}", "B", desk.step_card, -1, off=first)
        _button("Next card", f"after-{uid}", "N", desk.step_card, 1, off=last)
        _draw_undo(desk)


def _draw_undo(desk: Desk) -> None:
    _button("Undo", f"undo-{desk.place.event_uid}", "U", desk.undo, off=not desk.place.done)


def _button(
    label: str,
    key: str,
    shortcut: str,
    on_click: Callable[..., None],
    *arguments: object,
    off: bool = False,
) -> None:
    # The key holds the event id: a late press on a button of a question that is gone does nothing,
    # and never decides the next one.
    st.button(
        label,
        key=key,
        shortcut=shortcut,
        on_click=on_click,
        args=arguments,
        disabled=off,
        width="stretch",
    )


def _draw_evidence(desk: Desk, snapshot: Snapshot, instance: Instance) -> None:
    key, label_id = snapshot.key, desk.place.label_id
    score = find_score(read_scores(snapshot, key), instance.instance_id, label_id)
    st.html(
        evidence.clicked_items(instance, label_id)
        + evidence.votes(instance, label_id, read_sources(snapshot, key), score)
        + evidence.words(_words(snapshot, instance, label_id))
        + evidence.history(desk.journal.history(instance.instance_id, label_id))
    )


def _words(snapshot: Snapshot, instance: Instance, label_id: str) -> list[tuple[str, float]]:
    row = position_of(read_given(snapshot, snapshot.key).instance_ids, instance.instance_id)
    return explain_pair(read_model(snapshot, snapshot.key), row, label_id, instance.text)


def _draw_end(desk: Desk, snapshot: Snapshot) -> None:
    everything = QueueFilter(kind=desk.where.kind, only_undecided=False)
    matching = replace(desk.where, only_undecided=False)
    if matching != everything and not len(queue_keys(snapshot, snapshot.key, matching)):
        found = f"No flagged pair of {len(queue_keys(snapshot, snapshot.key, everything)):,} in "
        st.html(markup.notice("Nothing matches the filter", f"{found}this queue matches it."))
        with st.container(key="moves", horizontal=True):
            st.button("Clear the filter", key="clear-filter", on_click=queue_panel.clear_filters)
            if desk.place.done:
                _draw_undo(desk)
        return
    if not desk.place.cards and not desk.place.done:
        st.html(markup.notice("Nothing left to ask here", "Choose another queue or filter."))
        return
    st.html(
        markup.notice(
            "This queue is done",
            "Every flagged pair here has a verdict. Choose another queue or filter, or make the "
            "next label version with:",
            f"workbench apply {snapshot.workspace.quoted}",
        )
    )
    with st.container(key="moves", horizontal=True):
        _draw_undo(desk)

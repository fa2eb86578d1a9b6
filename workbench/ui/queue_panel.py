"""The left side of the review page: which queue, which filters, how far today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from workbench.plurals import plural
from workbench.review.queue import QueueFilter, QueueOrder
from workbench.ui import markup
from workbench.ui.desk import Desk
from workbench.ui.queue_data import (
    MAX_PATTERNS,
    PatternChoice,
    count_kinds,
    flagged_labels,
    has_gain_ranks,
    queue_keys,
    read_attributes,
    read_patterns,
)
from workbench.ui.snapshot import Snapshot

_KINDS = ("wrong", "missing")
_GAIN = "gain"
_SPLITS = ("train", "test")
# What the widgets of the filter hold when they admit everything.
_NO_FILTER = {
    "queue_attribute": None,
    "queue_label": None,
    "queue_pattern": None,
    "queue_split": None,
    "queue_text": "",
}


def draw_filters(snapshot: Snapshot) -> QueueFilter:
    """Draw the choice of queue and the filters into the sidebar and return what is chosen."""
    key = snapshot.key
    counts = count_kinds(snapshot, key)

    def named(queue: str) -> str:
        if queue == _GAIN:
            return f"Most worth to the model  ·  {markup.count(sum(counts.values()))}"
        return f"Likely {queue}  ·  {markup.count(counts.get(queue, 0))}"

    with st.sidebar:
        st.html(f'<div class="wb-section">{markup.caption("Queue")}</div>')
        queue = st.radio(
            "Queue",
            (*_KINDS, _GAIN) if has_gain_ranks(snapshot) else _KINDS,
            format_func=named,
            key="queue_kind",
            label_visibility="collapsed",
        )
        kind = None if queue == _GAIN else queue
        st.html(f'<div class="wb-section">{markup.caption("Filter")}</div>')
        attribute = _choice("Attribute", read_attributes(snapshot, key), "queue_attribute")
        label = _choice("Label", flagged_labels(snapshot, key, kind, attribute), "queue_label")
        pattern = _pattern(read_patterns(snapshot, key, kind))
        split = _choice("Split", list(_SPLITS), "queue_split")
        text = st.text_input("Text contains", key="queue_text", placeholder="any")
    return QueueFilter(
        kind=kind,
        attribute=attribute,
        label_id=label,
        split=split,
        pattern_id=pattern,
        text=text or "",
    )


def clear_filters() -> None:
    """Let the filter admit everything, before the page is drawn again."""
    for key, value in _NO_FILTER.items():
        st.session_state[key] = value


def order_of(where: QueueFilter) -> QueueOrder:
    """Return the order of a queue: of one kind to find errors, of both to improve the model."""
    return "gain_rank" if where.kind is None else "rank"


def draw_progress(desk: Desk, snapshot: Snapshot) -> None:
    """Draw how many verdicts the reviewer gave today, and how much of the queue is done."""
    today = desk.journal.n_decided_on(datetime.now(UTC).date(), desk.reviewer)
    keys = queue_keys(snapshot, snapshot.key, replace(desk.where, only_undecided=False))
    done, total = keys.count(desk.journal.decided_pairs()), len(keys)
    share = done / total if total else 0.0
    with st.sidebar:
        st.html(
            markup.block(
                markup.caption("This queue"),
                f'<div class="wb-progress"><i style="width:{100 * share:.1f}%"></i></div>',
                markup.soft(f"{markup.count(done)} of {markup.count(total)} decided"),
            )
            + markup.block(markup.caption("Today"), f"<div>{plural(today, 'verdict')}</div>")
        )


def _pattern(choice: PatternChoice) -> str | None:
    if not choice.told:
        return None
    pattern = _choice("Pattern", list(choice.told), "queue_pattern", choice.told)
    if pattern in choice.told:
        # The box cuts the sentence off.
        sentence = choice.told[pattern].partition(" · ")[2]
        st.html(markup.soft(f"{sentence}: {choice.expected[pattern]}."))
    if choice.n_known > len(choice.told):
        offered, known = markup.count(MAX_PATTERNS), markup.count(choice.n_known)
        st.html(markup.soft(f"The {offered} patterns of the largest gain, of {known}."))
    return pattern


def _choice(
    name: str, options: list[str], key: str, told: Mapping[str, str] | None = None
) -> str | None:
    def say(option: str) -> str:
        return option if told is None else told[option]

    return st.selectbox(name, options, index=None, key=key, placeholder="any", format_func=say)

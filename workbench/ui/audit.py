"""The page Audit: what a random sample, judged blind, says of the labels before and after."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from workbench.evaluate.stratified import Estimate
from workbench.plurals import plural
from workbench.review.audit_sample import AuditSample, said_of_sample
from workbench.ui import audit_charts, markup
from workbench.ui.data import open_store
from workbench.ui.links import open_page
from workbench.ui.picture import draw_picture
from workbench.ui.shell import draw_nothing_flagged
from workbench.ui.snapshot import Snapshot
from workbench.workspace.audit_figures import Figure
from workbench.workspace.audit_frame import name_of_queue, read_audit
from workbench.workspace.audited import Audited, tell_audit

_WIDTHS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    if "flag" not in snapshot.stages:
        draw_nothing_flagged(snapshot)
        return
    lead = (
        "How much is wrong, estimated from pairs that chance has drawn and people judge blind. "
        "These verdicts measure the labels; they do not change them."
    )
    st.html(markup.title("Audit", lead))
    sample = read_audit(snapshot.workspace)
    if sample is None:
        st.html(
            markup.notice(
                "No pairs are drawn yet",
                "Best before cleaning begins. A first sample of 400 is some twenty minutes of "
                "review:",
                f"workbench estimate {snapshot.workspace.quoted} --draw 400",
            )
        )
        return
    store = open_store(snapshot)
    newest = snapshot.workspace.latest_labels(base=sample.base)
    key = f"{snapshot.key}|{sample.audit_id}|{len(sample)}|{newest.artefact.fingerprint}"
    told = _told(snapshot, key, store.last_position(), sample)
    st.html(_figures(told))
    _draw_way_on(snapshot, told)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_noise(told)
        st.html(_difference(told))
    with right:
        _draw_queue(told)
        if changes := _changes(told):
            st.html(changes)
    _draw_needed(snapshot, told)
    st.html(_not_covered(told))


@st.cache_data(max_entries=4, show_spinner="Estimating")
def _told(_snapshot: Snapshot, key: str, last_position: int, _sample: AuditSample) -> Audited:
    said = said_of_sample(open_store(_snapshot), _sample.pairs)
    return tell_audit(_snapshot.workspace, _sample, said)


def percent(value: float, *, signed: bool = False) -> str:
    """Return a share in percent; a dash where it is not known."""
    if math.isnan(value):
        return "–"
    return f"{value:{'+' if signed else ''}.1%}".replace("-", "\u2212")


def _range(estimate: Estimate, *, signed: bool = False) -> str:
    low, high = (percent(end, signed=signed) for end in (estimate.low, estimate.high))
    return f"{low} to {high}"


def _figures(told: Audited) -> str:
    pairs = []
    for name in ("wrong before", "wrong after", "missing before", "missing after"):
        figure = told.figure(name)
        if figure is not None:
            pairs.append((percent(figure.estimate.value), figure.told))
    n_known = told.n_audited + told.n_looked
    pairs.append((markup.count(n_known), f"reviewed of {len(told.sample):,} drawn"))
    return markup.figures(pairs)


def _draw_way_on(snapshot: Snapshot, told: Audited) -> None:
    parts = [
        f"{told.n_audited:,} judged blind, {told.n_looked:,} known by their verdict in another "
        f"queue, {told.n_open:,} to come."
    ]
    if told.n_unsure or told.n_passed:
        parts.append(
            f"{told.n_unsure:,} unsure and {told.n_passed:,} passed over: the intervals have them "
            "both ways."
        )
    st.html(markup.soft(" ".join(parts)))
    if st.button("Judge random pairs", key="audit_queue", type="primary"):
        open_page("review", queue="audit")


def _frame(rows: list[tuple[str, Figure | None, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "name": name,
                "share": None if math.isnan(one.estimate.value) else one.estimate.value,
                "low": max(one.estimate.low, 0.0),
                "high": min(one.estimate.high, 1.0),
                "tone": tone,
            }
            for name, one, tone in rows
            if one is not None
        ]
    )


def _draw_noise(told: Audited) -> None:
    rows = [
        (f"Wrong, {told.before}", told.figure("wrong before"), "before"),
        (f"Wrong, {told.after}", told.figure("wrong after"), "wrong"),
        (f"Missing, {told.before}", told.figure("missing before"), "before"),
        (f"Missing, {told.after}", told.figure("missing after"), "missing"),
    ]
    frame = _frame(rows)
    draw_picture(
        "Noise before and after",
        "Wrong among the given pairs, missing among the candidates; intervals of 95 %.",
        audit_charts.shares_with_intervals(frame, "Share"),
    )
    st.html(_table([one for _, one, _ in rows if one is not None]))


def _draw_queue(told: Audited) -> None:
    rows = [
        ("First likely wrong", told.figure("precision wrong first"), "wrong"),
        ("All likely wrong", told.figure("precision wrong"), "wrong"),
        ("First likely missing", told.figure("precision missing first"), "missing"),
        ("All likely missing", told.figure("precision missing"), "missing"),
    ]
    draw_picture(
        "How often the queue is right",
        "Of the pairs that were worth a look when the sample was drawn.",
        audit_charts.shares_with_intervals(_frame(rows), "Share that is an error"),
        "Nothing was flagged.",
    )
    st.html(_table([one for _, one, _ in rows if one is not None]))


def _table(figures: list[Figure]) -> str:
    cells = []
    for one in figures:
        low, high = (
            markup.count(round(end * one.n_pairs)) for end in (one.estimate.low, one.estimate.high)
        )
        cells.append(
            [
                markup.escape(one.told),
                percent(one.estimate.value),
                _range(one.estimate),
                f"{low} to {high} of {one.n_pairs:,}",
                markup.count(one.estimate.n),
            ]
        )
    return markup.block(
        markup.table(["", "Share", "Interval", "Pairs", "Reviewed"], cells, numbers=[1, 2, 3, 4])
    )


def _difference(told: Audited) -> str:
    figures = [told.figure("wrong less"), told.figure("missing less")]
    cells = [
        [
            markup.escape(one.told),
            percent(one.estimate.value, signed=True),
            _range(one.estimate, signed=True),
        ]
        for one in figures
        if one is not None
    ]
    if not cells:
        return markup.block(
            markup.heading("What cleaning brought"),
            markup.soft(f"Nothing is cleaned yet: {told.before} is the newest of its labels."),
        )
    return markup.block(
        markup.heading("What cleaning brought"),
        markup.soft(
            "Known more sharply than both shares: pairs that were not changed cancel out. Above 0 "
            "there is less noise than before."
        ),
        markup.table(["", "Points", "Interval"], cells, numbers=[1, 2]),
    )


def _changes(told: Audited) -> str:
    if told.changes.empty:
        return ""
    cells = []
    for one in told.changes.to_dict("records"):
        known = one["n_drawn"] > 0
        share = Estimate(one["share"], one["low"], one["high"], one["n_drawn"])
        cells.append(
            [
                markup.escape(f"by {one['cause']}"),
                markup.count(one["n_pairs"]),
                markup.count(one["n_drawn"]),
                percent(share.value),
                _range(share) if known else "not known",
            ]
        )
    return markup.block(
        markup.heading(f"Right of what was changed up to {told.after}"),
        markup.soft("By blind verdicts alone: who made a change does not prove it."),
        markup.table(["", "Changed", "Judged", "Share", "Interval"], cells, numbers=[1, 2, 3, 4]),
    )


def _draw_needed(snapshot: Snapshot, told: Audited) -> None:
    st.html(markup.heading("How many more reviews"))
    width = st.select_slider(
        "Width of the intervals, from end to end",
        _WIDTHS,
        value=0.05,
        format_func=lambda share: f"{share:.0%}",
        key="audit_width",
    )
    needed, cells = told.needed(width), []
    for name, wanted in needed.items():
        figure = told.figure(name)
        if figure is None:
            continue
        if wanted is None:
            cells.append([markup.escape(figure.told), "not even with all", ""])
            continue
        parts = told.strata.assign(more=wanted).groupby(["state", "queue"], sort=False)["more"]
        where = ", ".join(
            f"{one['more']:,} {one['state']}, {name_of_queue(one['queue'])}"
            for one in parts.sum().reset_index().to_dict("records")
            if one["more"]
        )
        n = int(wanted.sum())
        cells.append(
            [markup.escape(figure.told), markup.count(n) if n else "enough", markup.escape(where)]
        )
    told_of = (
        f"For intervals of {width:.0%} from end to end, by what was found so far, shared out so "
        f"that fewest are needed. {told.n_open:,} are drawn and to come; draw more with:"
    )
    st.html(
        markup.block(
            markup.table(["For", f"More, for {width:.0%}", "Of these"], cells, numbers=[1]),
            markup.soft(told_of),
            markup.code(f"workbench estimate {snapshot.workspace.quoted} --more 200"),
        )
    )


def _not_covered(told: Audited) -> str:
    n_rest = told.sample.n_rest
    text = (
        f"{n_rest:,} pairs are neither given nor candidates, and no sample that people can review "
        "tells how many of them are missing: after 300 without a single one there could still be "
        f"1.2 %, which is {told.most_missing_of_rest:,}."
    )
    if told.n_outside:
        text += f" {plural(told.n_outside, 'pair was', 'pairs were')} added among them."
    return markup.block(markup.heading("Not covered"), markup.soft(text))

"""The comparison of models: differences with intervals, by segment, and what changed."""

from __future__ import annotations

from functools import partial

import streamlit as st

from workbench.ui import markup
from workbench.ui.comparison import NAMES, name_of
from workbench.ui.comparison_basis import basis_facts, model_table, version_table
from workbench.ui.comparison_tables import (
    NOTES,
    UNITS,
    figures_of,
    headline_html,
    instance_table,
    label_table,
    overall_table,
    segment_table,
    told_of_instances,
    told_of_labels,
    value_table,
)
from workbench.ui.forest import draw_spans
from workbench.ui.instance_links import flagged_queues, instance_link
from workbench.ui.links import link
from workbench.ui.snapshot import Snapshot
from workbench.workspace import Artefact
from workbench.workspace.comparisons import (
    ATTRIBUTE,
    BRANCH,
    SUPPORT,
    Comparison,
    changed_instances,
    pairs_changed_at,
    read_comparison,
)

MAX_LABELS, MAX_INSTANCES = 10, 20
_KINDS = {SUPPORT: "Support", ATTRIBUTE: "Attribute", BRANCH: "Branch"}
# Of more labels than these none is found by looking.
_MAX_CHOICES = 500


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    comparisons = snapshot.workspace.comparisons()
    st.html(markup.title("Compare", "Models, measured on the same test labels."))
    if not comparisons:
        st.html(
            markup.notice(
                "No comparison yet",
                "Apply the decisions, train on the new labels, then compare:",
                f"workbench compare {snapshot.workspace.quoted}",
            )
        )
        return
    chosen = _choose(comparisons[::-1])
    comparison = _read(chosen, chosen.fingerprint)
    st.html(markup.facts(basis_facts(comparison)))
    if not comparison.others:
        st.html(markup.notice("One model only", "A comparison takes two models or more."))
        return
    model = _choose_model(comparison)
    st.html(headline_html(comparison, model) + figures_of(comparison, model))
    st.html(
        markup.heading("All labels")
        + markup.soft(UNITS)
        + overall_table(comparison, model, draw_spans)
    )
    metric, k = _choose_measure(comparison)
    _draw_segments(comparison, model, metric, k)
    _draw_changes(snapshot, comparison, model, k)
    with st.expander("Every model by itself, with its interval"):
        st.html(value_table(comparison, [metric]))
    with st.expander("Models, label versions and method"):
        st.html(
            markup.heading("Models")
            + model_table(comparison)
            + markup.heading("Versions of the labels, and their decisions")
            + (version_table(comparison) or markup.soft("Not recorded."))
            + markup.heading("How to read this")
            + "".join(f'<p class="wb-note">{markup.escape(note)}</p>' for note in NOTES)
        )
    st.html(
        markup.soft("The same as one file of HTML that can be mailed:")
        + markup.code(_report_command(snapshot, comparison))
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(_artefact: Artefact, fingerprint: str) -> Comparison:
    return read_comparison(_artefact)


def _choose(comparisons: list[Artefact]) -> Artefact:
    if len(comparisons) == 1:
        return comparisons[0]
    names = [comparison.folder.name for comparison in comparisons]
    chosen = st.selectbox("Comparison", names, key="comparison", width=420)
    return comparisons[names.index(chosen)]


def _choose_model(comparison: Comparison) -> str:
    if len(comparison.others) == 1:
        return comparison.others[0]
    said = f"Against {comparison.baseline}"
    return st.selectbox(markup.literal(said), comparison.others, key="compared", width=420)


def _choose_measure(comparison: Comparison) -> tuple[str, int]:
    """Return the metric and k that segments and changes are shown for."""
    metrics = list(dict.fromkeys(metric for metric, _ in comparison.measures))
    ks = list(dict.fromkeys(k for _, k in comparison.measures))
    first, last = comparison.main_measure
    left, right = st.columns([3, 2])
    with left:
        metric = st.segmented_control(
            "Measure",
            metrics,
            format_func=lambda name: markup.literal(NAMES.get(str(name), str(name))),
            default=first,
            required=True,
            key="measure",
        )
    with right:
        k = st.segmented_control(
            "Among the first", ks, default=last, required=True, key="measure_k"
        )
    return metric or first, int(k or last)


def _draw_segments(comparison: Comparison, model: str, metric: str, k: int) -> None:
    kinds, kind = comparison.kinds, SUPPORT
    st.html(markup.heading(f"{name_of(metric, k)} by segment"))
    if len(kinds) > 1:
        chosen = st.segmented_control(
            "By",
            kinds,
            format_func=lambda name: _KINDS[str(name)],
            default=kinds[0],
            required=True,
            key="segments_by",
            label_visibility="collapsed",
        )
        kind = chosen or SUPPORT
    st.html(segment_table(comparison, model, kind, metric, k, draw_spans))


def _draw_changes(snapshot: Snapshot, comparison: Comparison, model: str, k: int) -> None:
    st.html(markup.heading(f"Labels that gained and lost most among the first {k}"))
    if not comparison.records_changes:
        st.html(
            markup.notice(
                "Not recorded",
                "This comparison was made by an older workbench, which did not look at what "
                "changed. Make it again:",
                f"workbench compare {snapshot.workspace.quoted}",
            )
        )
        return
    st.html(markup.soft(told_of_labels(comparison, model, k)))
    for place, word, gained in zip(
        st.columns(2, gap="large"), ("Gained", "Lost"), (True, False), strict=True
    ):
        with place:
            table = label_table(
                comparison, model, k, gained=gained, n=MAX_LABELS, linked=_label_link
            )
            st.html(markup.caption(word) + table)
    st.html(markup.heading(f"Instances that changed among the first {k}"))
    _draw_instances(snapshot, comparison, model, k)


def _draw_instances(snapshot: Snapshot, comparison: Comparison, model: str, k: int) -> None:
    shown, label = comparison, _choose_label(comparison, model, k)
    if label is not None:
        shown = comparison.only_of_label(label)
    st.html(markup.soft(told_of_instances(shown, model, k, MAX_INSTANCES)))
    first = changed_instances(shown, model, k, MAX_INSTANCES)["instance_id"].tolist()
    flagged = flagged_queues(snapshot, first)
    st.html(instance_table(shown, model, k, MAX_INSTANCES, linked=partial(instance_link, flagged)))
    if flagged:
        st.html(markup.soft("A text that is a link has flagged pairs, and opens in review."))


def _choose_label(comparison: Comparison, model: str, k: int) -> str | None:
    """Return the label whose instances are shown; None for all."""
    pairs = pairs_changed_at(comparison, model, k)
    labels = pairs["label_id"].value_counts().head(_MAX_CHOICES).index.tolist()
    if not labels:
        return None
    chosen = st.selectbox(
        "Label", labels, index=None, placeholder="any", key="changed_label", width=420
    )
    return None if chosen is None else str(chosen)


def _label_link(label_id: str) -> str:
    told = f"The label {label_id}: its noise, and its flagged pairs"
    return link(label_id, "labels", label=label_id, told=told)


def _report_command(snapshot: Snapshot, comparison: Comparison) -> str:
    names = " ".join(comparison.models)
    origin = comparison.manifest.get("test_labels_origin")
    # What is best to measure against may be another today.
    against = "" if origin is None else f" --test-labels {origin}"
    return (
        f"workbench compare {snapshot.workspace.quoted} {names}{against} --report comparison.html"
    )

"""The comparison of models: metrics with intervals, and the differences."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from workbench.ui import charts, markup
from workbench.ui.picture import draw_chart
from workbench.ui.snapshot import Snapshot
from workbench.workspace import Artefact

NAMES = {
    "precision": "Precision",
    "ndcg": "nDCG",
    "psp": "Propensity-scored precision",
    "psndcg": "Propensity-scored nDCG",
    "recall": "Recall",
}
SHORT = {"precision": "P", "ndcg": "nDCG", "psp": "PSP", "psndcg": "PSnDCG", "recall": "recall"}
SEGMENTS = ["all", "head", "torso", "tail"]
SEGMENTS_TOLD = (
    " Head are the labels with the most support, torso those after them, tail the rare ones: each "
    "with about a third of the pairs that the first model was trained on."
)


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    comparisons = snapshot.workspace.comparisons()
    st.html(markup.title("Compare", "Models of two label versions, measured on the same labels."))
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
    st.html(_about(chosen))
    metrics, differences = chosen.table("metrics"), chosen.table("differences")
    measure = _choose_measure(metrics["metric"].unique().tolist())
    metrics = metrics[metrics["metric"] == measure]
    differences = differences[differences["metric"] == measure]
    segments = in_order(metrics["segment"])
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.html(
            markup.heading("Metrics")
            + markup.soft("In percent, with 95 % intervals." + SEGMENTS_TOLD * (len(segments) > 1))
            + metric_table(metrics, segments)
        )
    with right:
        for baseline, part in differences.groupby("baseline", sort=False):
            for model, rows in part.groupby("model", sort=False):
                heading = f"{model} against {baseline}"
                st.html(markup.heading(heading))
                names = [name_of(*pair) for pair in zip(rows["metric"], rows["k"], strict=True)]
                named = rows.assign(metric=names)
                draw_chart(charts.differences(named, segments), "")


def name_of(metric: str, k: int | None) -> str:
    """Return how a metric at k is written, such as ``P@5``."""
    name = SHORT.get(metric, metric)
    return f"{name}@{int(k)}" if k is not None and pd.notna(k) and k else name


def in_order(segments: pd.Series) -> list[str]:
    """Return the distinct segments: all, head, torso, tail, then any other."""
    found = [str(segment) for segment in segments.unique()]
    return sorted(found, key=lambda s: SEGMENTS.index(s) if s in SEGMENTS else len(SEGMENTS))


def metric_table(metrics: pd.DataFrame, segments: list[str]) -> str:
    """Return the table of values with intervals: a row a metric and segment, a column a model."""
    models = metrics["model"].unique().tolist()
    cells = {
        (row["metric"], row["k"], row["segment"], row["model"]): _value(row)
        for row in metrics.to_dict("records")
    }
    rows = []
    for metric, k in metrics[["metric", "k"]].drop_duplicates().itertuples(index=False):
        for segment in segments:
            found = [cells.get((metric, k, segment, model), "") for model in models]
            if any(found):
                name = markup.escape(name_of(metric, k))
                rows.append([name, markup.escape(segment), *found])
    header = ["Metric", "Segment", *map(str, models)]
    return markup.table(header, rows, numbers=range(2, len(header)))


def _value(row: Mapping[Hashable, Any]) -> str:
    value, low, high = (100 * row[name] for name in ("value", "low", "high"))
    interval = ""
    if pd.notna(low) and pd.notna(high):
        interval = f' <span class="wb-soft wb-small">{low:.1f} to {high:.1f}</span>'
    return f"<span>{value:.1f}{interval}</span>"


def _choose(comparisons: list[Artefact]) -> Artefact:
    if len(comparisons) == 1:
        return comparisons[0]
    names = [comparison.folder.name for comparison in comparisons]
    chosen = st.selectbox("Comparison", names, key="comparison", width=320)
    return comparisons[names.index(chosen)]


def _choose_measure(measures: list[str]) -> str:
    chosen = st.segmented_control(
        "Measure",
        measures,
        format_func=lambda measure: markup.literal(NAMES.get(str(measure), str(measure))),
        default=measures[0],
        required=True,
        key="measure",
        label_visibility="collapsed",
    )
    return chosen or measures[0]


def _about(comparison: Artefact) -> str:
    manifest = comparison.manifest
    pairs = [
        ("Models", " and ".join(map(str, manifest.get("models", [])))),
        ("Measured against", str(manifest.get("test_labels", "not said"))),
        ("Test instances", markup.count(int(manifest.get("n_test", 0)))),
        ("Made", str(manifest.get("created_at", ""))[:16].replace("T", " ")),
    ]
    return markup.facts(pairs)

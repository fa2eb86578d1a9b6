"""The sources: how much each says, whom it contradicts, how far it is believed, what changed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.label_model import SourceTables
from workbench.ui import markup, source_charts, source_figures
from workbench.ui.picture import draw_chart, draw_picture
from workbench.ui.snapshot import Snapshot
from workbench.ui.source_data import SourceDrift, read_source_drift, read_source_tables
from workbench.ui.source_rows import audit_table, drift_table, source_rows

# A chart of more sources than these is no picture any more.
MAX_SOURCES = 12
MAX_OPTIONS = 100
EVERY_ATTRIBUTE = "All attributes"


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    run = f"workbench run {snapshot.workspace.quoted}"
    st.html(markup.title("Sources", "What each weak signal says, and how far it is believed."))
    if "label" not in snapshot.stages:
        told = "Votes come from clicks, catalog and taxonomy when the labels are made:"
        st.html(markup.notice("No votes have been cast yet", told, run))
        return
    if snapshot.table("label", "sources").empty:
        told = (
            "The labels of this workspace were given from the start, so there is nothing to "
            "weigh up here."
        )
        st.html(markup.notice("No source votes in this workspace", told))
        return
    tables = read_source_tables(snapshot, snapshot.key)
    if tables is None:
        told = "These labels were made by an older version, without the figures of this page:"
        st.html(markup.notice("The figures are not there yet", told, run))
        return
    drift = read_source_drift(snapshot, snapshot.key)
    st.html(_figures(tables, drift))
    _draw_warnings(snapshot)
    st.html(source_rows(tables.sources))
    _draw_pictures(tables)
    _draw_drift(drift, _most_voted(tables))
    _draw_audit(snapshot)


def _figures(tables: SourceTables, drift: SourceDrift | None) -> str:
    sources = tables.sources
    pairs = [
        (markup.count(len(sources)), "source" if len(sources) == 1 else "sources"),
        (markup.count(int(sources["n_votes"].sum())), "votes"),
        (markup.count(int(sources["n_pairs"].max())), "pairs with a vote"),
        (markup.count(int(tables.source_pairs["n_conflict"].sum())), "contradictions"),
    ]
    if drift is not None:
        n_drifted = int(drift.table["drifted"].sum())
        pairs.append((markup.count(n_drifted), f"of {len(drift.table):,} figures drifted"))
    return markup.figures(pairs)


def _draw_warnings(snapshot: Snapshot) -> None:
    """Draw which sources of different groups copy each other, if the label stage looked."""
    dependence = snapshot.table("label", "dependence")
    if dependence.empty:
        return
    lines = [_copying(row) for row in dependence[dependence["warned"]].to_dict("records")]
    if lines:
        told = (
            "They copy each other, or are both nearly always right: votes alone do not tell. If "
            "they copy, their agreement counts twice: put both, with the others of their groups, "
            "into one group under [label.groups] in workbench.toml, then run the workspace again. "
            "One group counts once, so labels that only they support may be lost: compare the "
            "given pairs before and after."
        )
        heading = "Sources that seem to copy each other"
        st.html(markup.notice(heading, "\n".join([*lines, told])))


def _copying(row: dict[Any, Any]) -> str:
    return (
        f"{row['source_a']} and {row['source_b']} agree on {row['observed_agreement']:.0%} of "
        f"the {row['n_pairs']:,} pairs that both vote on; {row['expected_agreement']:.0%} were "
        "expected."
    )


def _draw_pictures(tables: SourceTables) -> None:
    dark = st.context.theme.type == "dark"
    order = _most_voted(tables)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_agreement(tables, order, dark)
        levels = source_figures.levels(tables)
        draw_picture(
            "What a level is worth",
            "Of the pairs with a vote at this level: how many are present, as learnt. A larger "
            "point is a larger share of the source's votes.",
            source_charts.levels(levels[levels["source"].isin(order)], order),
        )
    with right:
        by_attribute, n_attributes = source_figures.accuracy_grid(tables.source_attributes)
        by_attribute = by_attribute[by_attribute["source"].isin(order)]
        draw_picture(
            "Learnt accuracy by attribute",
            "How often the posterior agrees with a vote." + _more(n_attributes, "attributes"),
            source_charts.accuracy_by_attribute(by_attribute, order, dark=dark),
        )
    if len(tables.sources) > len(order):
        st.html(markup.soft(f"Pictures show the {MAX_SOURCES} sources with most votes."))


def _most_voted(tables: SourceTables) -> list[str]:
    ordered = tables.sources.sort_values("n_votes", ascending=False, kind="stable")
    return [str(source) for source in ordered["source"].head(MAX_SOURCES)]


def _draw_agreement(tables: SourceTables, order: list[str], dark: bool) -> None:
    by_attribute = tables.source_pair_attributes
    named = by_attribute["attribute"].replace("", source_figures.UNGROUPED)
    votes = by_attribute.assign(named=named).groupby("named")["n_both"].sum()
    options = votes.sort_values(ascending=False).index[:MAX_OPTIONS].tolist()
    with st.container(gap="xsmall"):
        lead = "Of the pairs that both vote on: the share on which they say the same."
        st.html(markup.heading("How the sources agree") + markup.soft(lead))
        chosen = EVERY_ATTRIBUTE
        if len(options) > 1:
            chosen = st.selectbox(
                "Attribute of the pairs",
                [EVERY_ATTRIBUTE, *options],
                key="agreement_attribute",
                width=220,
                label_visibility="collapsed",
            )
        every = chosen == EVERY_ATTRIBUTE
        pairs = tables.source_pairs if every else by_attribute[named == chosen]
        grid = source_figures.agreement_grid(pairs, order)
        chart = None if grid.empty else source_charts.agreement(grid, order, dark=dark)
        draw_chart(chart, "No two sources vote on the same pair: none can contradict another.")


def _draw_drift(drift: SourceDrift | None, order: list[str]) -> None:
    if drift is None:
        nothing = "Nothing to compare with yet: these are the first labels with such figures."
        draw_picture("Drift", "Against the labels made before.", None, nothing)
        return
    shown = source_figures.overall_drift(drift.table)
    known = [source for source in shown["source"].unique() if source not in order]
    shown = shown[shown["source"].isin([*order, *known][:MAX_SOURCES])]
    left, right = st.columns(2, gap="large")
    with left:
        lead = (
            f"Against the labels made {drift.since}{drift.about} Votes change relatively, shares "
            "in points."
        )
        draw_picture("Drift", lead, source_charts.drift(shown))
    with right:
        found = source_figures.drifted_rows(drift.table)
        st.html(markup.heading("Beyond chance, and large enough to matter"))
        st.html(drift_table(found) if len(found) else markup.soft("Nothing drifted."))


def _draw_audit(snapshot: Snapshot) -> None:
    models = snapshot.table("label", "label_models")
    if not models.empty and {"name", "log_loss"} <= set(models):
        st.html(audit_table(models))


def _more(n: int, what: str) -> str:
    limit = source_figures.MAX_ATTRIBUTES
    return "" if n <= limit else f" The {limit} of {n:,} {what} with most votes are shown."

"""The overview: what the workspace is, where the noise sits, and what could not be judged."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.plurals import plural
from workbench.report import Report
from workbench.ui import charts, figures, markup
from workbench.ui.data import (
    count_rows,
    open_store,
    read_given,
    read_issues,
    read_labels_table,
)
from workbench.ui.health_links import branch_links, issue_links, noise_links
from workbench.ui.health_tables import coverage, estimates
from workbench.ui.lacking import lacking
from workbench.ui.links import link, open_page
from workbench.ui.picture import draw_picture
from workbench.ui.snapshot import Snapshot

MAX_POINTS = 2000
# More names than these no picture holds.
MAX_ATTRIBUTES = 20
MAX_BRANCHES = 15
# Shares are counted on about so many votes: more take minutes and gigabytes, and change no share.
MAX_VOTES = 2_000_000
# On fewer of them a share is chance.
FEWEST_PAIRS = 10


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    st.html(markup.title(snapshot.name, _lineage(snapshot)))
    if "ingest" not in snapshot.stages:
        st.html(
            markup.notice(
                "Nothing has been made here yet",
                "Read the inputs, train the model and find the suspicious labels with:",
                f"workbench run {snapshot.workspace.quoted}",
            )
        )
        return
    n_decided, decided = read_decided(snapshot)
    st.html(_figures(snapshot, n_decided))
    if told := lacking(snapshot):
        st.html(told)
    if "flag" not in snapshot.stages:
        st.html(
            markup.notice(
                "No issues have been found yet",
                "The inputs are read, but no labels have been flagged. Go on with:",
                f"workbench run {snapshot.workspace.quoted}",
            )
        )
    else:
        _pictures(snapshot, decided)
    _draw_notes(snapshot)


def read_decided(snapshot: Snapshot) -> tuple[int, pd.DataFrame]:
    """Return how many verdicts stand, and when they were given; empty before the first."""
    if not snapshot.workspace.has_decisions():
        return 0, pd.DataFrame()
    store = open_store(snapshot)
    return _decided(snapshot, store.database.where, store.last_position())


@st.cache_data(max_entries=4, show_spinner="Counting the decisions")
def _decided(_snapshot: Snapshot, where: str, last_position: int) -> tuple[int, pd.DataFrame]:
    standing = open_store(_snapshot).current()
    found = figures.decisions_over_time(standing) if len(standing) else pd.DataFrame()
    return len(standing), found


def _figures(snapshot: Snapshot, n_decided: int) -> str:
    n_instances = count_rows(snapshot, "ingest", "instances")
    n_labels = count_rows(snapshot, "ingest", "labels")
    pairs = [(markup.count(n_instances), "instances"), (markup.count(n_labels), "labels")]
    if snapshot.latest is not None:
        n_given = int(snapshot.latest.artefact.manifest.get("n_given", 0))
        pairs.append((markup.count(n_given), f"given pairs in {snapshot.latest.name}"))
    if "flag" in snapshot.stages:
        issues = read_issues(snapshot, snapshot.key)
        for kind, of in (("wrong", "given"), ("missing", "other")):
            quality = issues.loc[issues["kind"] == kind, "label_quality"].to_numpy(float)
            errors = markup.count(round((1 - quality).sum()))
            told = f"{of} pairs worth a look, about {errors} {kind}"
            pairs.append((markup.count(len(quality)), told))
    pairs.append((markup.count(n_decided), "verdicts so far"))
    return markup.figures(pairs)


def _lineage(snapshot: Snapshot) -> str:
    if not snapshot.versions:
        return "No labels yet."
    names = [version.name for version in snapshot.versions]
    told = [
        f"{v.name} from {v.parent}" if v.parent else f"{v.name} from the inputs"
        for v in snapshot.versions[-4:]
    ]
    ahead = "… " if len(names) > len(told) else ""
    flagged = snapshot.flagged_version
    issues = ""
    if "flag" in snapshot.stages and flagged:
        issues = f" Issues are about {flagged.name}"
        newer = flagged.name != names[-1]
        issues += "; workbench run brings them up to date." if newer else "."
    return f"Labels: {ahead}{', '.join(told)}.{issues}"


def _pictures(snapshot: Snapshot, decided: pd.DataFrame) -> None:
    noise = _noise(snapshot, snapshot.key)
    n_votes = snapshot.stages["label"].n_rows("votes") if len(noise) else 0
    counted = figures.issues_by_attribute(read_issues(snapshot, snapshot.key))
    left, right = st.columns(2, gap="large")
    with left:
        picked = _draw_noise(noise, n_votes) or _draw_support(snapshot)
        st.html(coverage(snapshot) + estimates(snapshot))
    with right:
        picked = _draw_issues(counted) or _draw_branches(snapshot) or picked
        draw_picture(
            "Decisions over time",
            "Verdicts that stand.",
            None if decided.empty else charts.decisions_over_time(decided),
            "Nobody has decided anything yet. The Review page asks the first question.",
        )
    if picked:
        open_page("review", **picked)


def _draw_noise(noise: pd.DataFrame, n_votes: int) -> dict[str, str] | None:
    """Draw sources against attributes and return the queue of the cell that was clicked."""
    sample, shown = "", noise
    if n_votes > MAX_VOTES:
        sample = (
            f" Counted on {MAX_VOTES:,} of {n_votes:,} votes, spread over all; cells of fewer than "
            f"{FEWEST_PAIRS} pairs are left out."
        )
        shown = noise[noise["n_given"] >= FEWEST_PAIRS]
    if len(shown):
        shown = figures.largest_attributes(shown, "n_given", MAX_ATTRIBUTES)
    picked = draw_picture(
        "Suspicion by source",
        "Of the given pairs that a source speaks for: how many are worth a look. A click opens "
        "them." + sample + _about_attributes(noise, MAX_ATTRIBUTES, "given pairs"),
        None
        if shown.empty
        else charts.noise_by_source(shown, dark=st.context.theme.type == "dark"),
        "No source votes in this workspace: its labels were given from the start.",
        key="noise_by_source",
    )
    if len(shown):
        _draw_links(noise_links(shown))
    if picked is None:
        return None
    return {"queue": "wrong", "attribute": picked["attribute"], "source": picked["source"]}


def _draw_support(snapshot: Snapshot) -> dict[str, str] | None:
    """Draw the labels as points and return the queue of the one that was clicked."""
    support = _support(snapshot, snapshot.key)
    shown = support.nlargest(MAX_POINTS, "support")
    picked = draw_picture(
        "Support against noise",
        _about_points(len(shown), len(support)),
        charts.support_and_flags(shown) if len(shown) else None,
        "No label is given yet.",
        key="support",
    )
    st.html(f'<p class="wb-small">{link("All labels as a table", "labels")}</p>')
    return None if picked is None else {"queue": "wrong", "label": picked["label_id"]}


def _draw_issues(counted: pd.DataFrame) -> dict[str, str] | None:
    """Draw the issues of every attribute and return the queue of the bar that was clicked."""
    shown = figures.largest_attributes(counted, "n", MAX_ATTRIBUTES)
    picked = draw_picture(
        "Issues by attribute",
        "Pairs worth a look, decided or not. A click opens them."
        + _about_attributes(counted, MAX_ATTRIBUTES, "of them"),
        charts.issues_by_attribute(shown) if len(counted) else None,
        "No pair is flagged.",
        key="issues_by_attribute",
    )
    if len(shown):
        _draw_links(issue_links(shown))
    return None if picked is None else {"queue": picked["kind"], "attribute": picked["attribute"]}


def _draw_branches(snapshot: Snapshot) -> dict[str, str] | None:
    """Draw the noise of the taxonomy and return the queue of the branch that was clicked."""
    noise = snapshot.table("flag", "noise", scope="branch")
    if noise.empty or "n_given" not in noise:
        return None
    branches = figures.noise_by_branch(noise, MAX_BRANCHES)
    if branches.empty:
        return None
    more = "" if len(noise) <= MAX_BRANCHES else f", the {MAX_BRANCHES} with most wrong pairs"
    picked = draw_picture(
        "Noise by branch of the taxonomy",
        f"Given pairs estimated to be wrong{more}. A click opens the likely ones.",
        charts.noise_by_branch(branches),
        key="noise_by_branch",
    )
    _draw_links(branch_links(branches))
    return None if picked is None else {"queue": "wrong", "branch": picked["label_id"]}


def _draw_links(table: str) -> None:
    """Draw the same as a table of links, closed at first: for keyboards and screen readers."""
    with st.expander("As a table of links"):
        st.html(table)


def _about_attributes(frame: pd.DataFrame, limit: int, what: str) -> str:
    n = frame["attribute"].nunique() if len(frame) else 0
    return "" if n <= limit else f" The {limit} of {n:,} attributes with most {what} are shown."


def _about_points(shown: int, known: int) -> str:
    if shown < known:
        return (
            f"A point is a label; the {markup.count(shown)} most frequent of {known:,} are shown. "
            "A click opens its likely wrong pairs."
        )
    return "A point is a label. A click opens its likely wrong pairs."


@st.cache_data(max_entries=4, show_spinner="Reading the votes")
def _noise(_snapshot: Snapshot, key: str) -> pd.DataFrame:
    artefact = _snapshot.stages.get("label")
    if artefact is None:
        return pd.DataFrame()
    texts = ["instance_id", "label_id", "source"]
    votes = artefact.spread("votes", [*texts, "level"], texts, n_rows=MAX_VOTES)
    attributes = read_labels_table(_snapshot, key)["attribute"]
    issues = read_issues(_snapshot, key)
    return figures.noise_by_source(votes, issues, read_given(_snapshot, key), attributes)


@st.cache_data(max_entries=4, show_spinner="Counting the labels")
def _support(_snapshot: Snapshot, key: str) -> pd.DataFrame:
    attributes = read_labels_table(_snapshot, key)["attribute"]
    issues = read_issues(_snapshot, key)
    found = figures.support_and_flags(issues, read_given(_snapshot, key), attributes)
    return figures.with_estimates(found, _snapshot.table("flag", "noise", scope="label"))


def _draw_notes(snapshot: Snapshot) -> None:
    """Draw what was counted and skipped while inputs and scores were read, closed at first."""
    report = Report()
    for stage in ("ingest", "label", "score"):
        content = snapshot.json(stage, "report")
        if content:
            report.merge(Report.from_dict(content))
    lines = report.lines()
    if lines:
        with st.expander(f"Noted on the way: {plural(len(lines), 'line')}"):
            entries = "".join(f"<li>{markup.escape(line)}</li>" for line in lines)
            st.html(f'<ul class="wb-notes">{entries}</ul>')

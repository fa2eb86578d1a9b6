"""The page Team: who decides how much, how far people agree, and what they disagree about."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from workbench.export.writers import safe_cells
from workbench.plurals import plural
from workbench.review.decisions import PAIR
from workbench.review.gold import GoldPairs
from workbench.review.team import Member, TeamSettings
from workbench.ui import markup, team_charts, team_tables
from workbench.ui.data import open_store
from workbench.ui.gold_panel import draw_gold
from workbench.ui.identity import draw_leaving, signed_in, team_settings
from workbench.ui.links import open_page
from workbench.ui.picture import draw_picture
from workbench.ui.shell import draw_nothing_flagged
from workbench.ui.snapshot import Snapshot
from workbench.ui.team_data import MAX_NEWEST, MAX_SAMPLE, TeamFigures, read_team_figures

NO_OVERLAP = (
    "No pair has two verdicts yet. Say overlap = 0.1 in [team] of workbench.toml: a tenth of the "
    "pairs then goes to a second reviewer too, who does not see what the first one said."
)
NO_PAIR_TWICE = (
    "No pair has two verdicts yet. How far people agree is known once some are judged twice, which "
    "an admin can ask for."
)


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    if "flag" not in snapshot.stages:
        draw_nothing_flagged(snapshot)
        return
    member = signed_in(snapshot)
    if member is None:
        return
    settings = team_settings(snapshot)
    store = open_store(snapshot)
    today = pd.Timestamp.now("UTC").tz_localize(None)
    figures = read_team_figures(snapshot, store, today)
    _draw_head(snapshot, member, settings)
    st.html(_figures(figures))
    gold = GoldPairs(store.database)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_burn_down(figures)
        st.html(_work(figures, member))
    with right:
        st.html(_agreement(figures, member))
        if quality := _quality(figures, gold.report(), member):
            st.html(quality)
    _draw_conflicts(snapshot, figures, member)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_consensus(figures)
    with right:
        if member.is_admin:
            draw_gold(snapshot, gold, member)


def _draw_head(snapshot: Snapshot, member: Member, settings: TeamSettings) -> None:
    roles = ["annotator"]
    roles += ["adjudicator"] * member.is_adjudicator + ["admin"] * member.is_admin
    who = f"You are {member.name}: {', '.join(roles)}."
    if settings.named:
        who += f" {plural(len(settings.named), 'person is', 'people are')} named in [team]."
    st.html(markup.title("Team", who))
    draw_leaving(snapshot)


def _figures(figures: TeamFigures) -> str:
    agreement = figures.agreement
    pairs = [
        (markup.count(int(figures.counts["n"].sum())), "decisions"),
        (
            markup.count(len(figures.counts)),
            "reviewer" if len(figures.counts) == 1 else "reviewers",
        ),
    ]
    if len(figures.burn_down):
        about = ", estimated" if figures.is_sampled else ""
        n_open = int(figures.burn_down["n_open"].iloc[-1])
        pairs.append((markup.count(n_open), f"issues open of {figures.n_issues:,}{about}"))
    if agreement.n_pairs:
        shared = plural(agreement.n_pairs, "pair")
        pairs.append((f"{agreement.raw:.0%}", f"the same verdict, on {shared} with several"))
    if not math.isnan(agreement.alpha):
        low, high = agreement.alpha_low, agreement.alpha_high
        told = f"Krippendorff's alpha ({low:.2f} to {high:.2f})"
        pairs.append((f"{agreement.alpha:.2f}", told.replace("-", "\u2212")))
    return markup.figures(pairs)


def _draw_burn_down(figures: TeamFigures) -> None:
    lead = "Pairs worth a look without a verdict, at the end of each day."
    if figures.is_sampled:
        lead += f" Estimated from {MAX_SAMPLE:,} of {figures.n_issues:,} issues, drawn at random."
    chart = team_charts.burn_down(figures.burn_down) if len(figures.burn_down) else None
    draw_picture("Open issues", lead, chart, "The line begins with the first verdict on an issue.")


def _work(figures: TeamFigures, member: Member) -> str:
    only = None if member.is_admin else member.name
    told = (
        "Pace is of decisions made one by one; an active hour is one of time at work. It is told "
        f"from {team_tables.MIN_DECISIONS} decisions and a quarter of an hour on."
    )
    by = figures.counts["reviewer"]
    if by.empty if only is None else only not in set(by):
        who = "Nobody has" if only is None else "You have not"
        table = _blank(f"{who} decided anything yet. The Review page asks the first question.")
    else:
        table = markup.soft(told + _of_newest(figures)) + team_tables.work_table(figures, only)
    return markup.block(
        markup.heading("Who decided how much" if only is None else "Your decisions"), table
    )


def _agreement(figures: TeamFigures, member: Member) -> str:
    if not figures.agreement.n_pairs:
        return markup.block(
            markup.heading("How far people agree"),
            _blank(NO_OVERLAP if member.is_admin else NO_PAIR_TWICE),
        )
    told = (
        "On pairs with two verdicts or more; who is unsure has not answered. Kappa and alpha are 1 "
        "where all agree and 0 where they agree as by chance; from about 0.8 labels are reliable."
    )
    couples = team_tables.couples_table(figures.couples) if member.is_admin else ""
    return markup.block(
        markup.heading("How far people agree"), markup.soft(told + _of_newest(figures)), couples
    )


def _quality(figures: TeamFigures, gold: pd.DataFrame, member: Member) -> str:
    only = None if member.is_admin else member.name
    table = team_tables.quality_table(figures, gold, only)
    if not table:
        return ""
    told = (
        "Quality (CROWDLAB) weighs how often somebody agrees with the others and the model; it "
        "orders people and is no share of right verdicts. Gold pairs have a known verdict; the "
        "interval is one of 95 %."
    )
    heading = "Who judges how well" if only is None else "How well you judge"
    return markup.block(markup.heading(heading), markup.soft(told), table)


def _draw_conflicts(snapshot: Snapshot, figures: TeamFigures, member: Member) -> None:
    conflicts = figures.conflicts
    if conflicts.empty:
        if figures.agreement.n_pairs:
            st.html(markup.block(markup.heading("Conflicts"), markup.soft("Nobody disagrees.")))
        return
    n = plural(len(conflicts), "pair")
    told = f"{n} that some call present and others absent. A majority stands until it is settled."
    st.html(markup.heading("Conflicts") + markup.soft(told + _of_newest(figures)))
    if member.is_adjudicator:
        if st.button("Settle them", key="settle", type="primary"):
            open_page("review", queue="conflicts")
        newest = conflicts["instance_id"].head(team_tables.MAX_CONFLICTS).tolist()
        instances = snapshot.table("ingest", "instances", instance_id=newest)
        texts = dict(zip(instances["instance_id"], instances["text"], strict=True))
        st.html(markup.block(team_tables.conflicts_table(conflicts, texts)))
    else:
        st.html(markup.block(markup.soft("An adjudicator sees who says what, and settles them.")))


def _draw_consensus(figures: TeamFigures) -> None:
    if figures.consensus is None:
        return
    pairs = figures.consensus.pairs
    pairs = pairs[pairs["n_verdicts"] > 1]
    told = (
        f"What reviewers and the model together say of {plural(len(pairs), 'pair')} with several "
        "verdicts, by CROWDLAB, with how sure that is."
    )
    st.html(markup.heading("Consensus") + markup.soft(told + _of_newest(figures)))
    table = pairs.assign(**{name: safe_cells(pairs[name].astype("str")) for name in PAIR})
    st.download_button(
        "Download as CSV",
        table.to_csv(index=False).encode("utf-8"),
        "consensus.csv",
        "text/csv",
        key="consensus",
    )


def _of_newest(figures: TeamFigures) -> str:
    return "" if figures.is_whole else f" Of the newest {MAX_NEWEST:,} decisions."


def _blank(text: str) -> str:
    return f'<div class="wb-blank">{markup.escape(text)}</div>'

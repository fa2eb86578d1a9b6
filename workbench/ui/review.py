"""The review page: one question after another, with the evidence beside it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.ids import position_of
from workbench.plurals import plural
from workbench.review.dealing import Asked, Dealer
from workbench.review.decisions import Role
from workbench.review.recorder import Recorder
from workbench.review.team import Member
from workbench.ui import markup
from workbench.ui.data import open_store, read_given, read_labels_table
from workbench.ui.guidelines import guideline_html
from workbench.ui.identity import signed_in, team_settings
from workbench.ui.label_data import read_label_columns
from workbench.ui.links import open_page
from workbench.ui.queue_address import clear_filters, forget_unknown
from workbench.ui.queue_data import open_dealer, open_reviewed
from workbench.ui.queue_panel import Choice, draw_queues
from workbench.ui.review_card.cards import CardMaker, open_card_tables
from workbench.ui.review_card.component import draw_review_card, last_message
from workbench.ui.review_desk import ReviewDesk
from workbench.ui.review_session import review_session
from workbench.ui.shell import calmly, draw_nothing_flagged
from workbench.ui.snapshot import Snapshot


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    if "flag" not in snapshot.stages:
        draw_nothing_flagged(snapshot)
        return
    member = signed_in(snapshot)
    if member is not None:
        _draw(snapshot, member)


def _draw(snapshot: Snapshot, member: Member) -> None:
    team = team_settings(snapshot)
    dealer = open_dealer(snapshot, snapshot.key, team.overlap, team.gold_share)
    dealer.refresh()
    choice = draw_queues(snapshot, dealer, member)
    if choice.unknown:
        told = ", ".join(f"{name} \u201c{value}\u201d" for name, value in choice.unknown.items())
        st.html(markup.notice("This queue does not have", f"{told}: nothing is flagged for it."))
        st.button("Go on without", on_click=forget_unknown)
        return
    if choice.is_narrow and not dealer.matching(choice.deck).any():
        n = dealer.n_open(choice.unfiltered, member.name)
        told = f"None of the {plural(n, 'pair')} of this queue matches it."
        st.html(markup.notice("Nothing matches the filter", told))
        st.button("Clear the filter", on_click=clear_filters)
        return
    _draw_card(snapshot, member, dealer, choice)


@st.fragment
def _draw_card(snapshot: Snapshot, member: Member, dealer: Dealer, choice: Choice) -> None:
    with calmly("card"):
        desk = _desk(snapshot, member, dealer, choice)
        # What a component has said is forgotten as one leaves its page.
        desk.settle(is_new_page=last_message() is None)
        draw_review_card(_told(snapshot, desk, choice), lambda: _receive(desk))
        if desk.session.going_to is not None:
            (page, query), desk.session.going_to = desk.session.going_to, None
            open_page(page, **query)


def _receive(desk: ReviewDesk) -> None:
    message = last_message()
    if message is None:
        return
    # Who may write is asked anew each time: the team may have changed since the page was drawn.
    member = team_settings(desk.snapshot).member(desk.reviewer)
    if member is None:
        desk.refuse(message, f"{desk.reviewer} is not in this team any more; ask an admin")
    else:
        replace(desk, recorder=replace(desk.recorder, member=member)).receive(message)


def _desk(snapshot: Snapshot, member: Member, dealer: Dealer, choice: Choice) -> ReviewDesk:
    key, version = snapshot.key, snapshot.flagged_version
    store = open_store(snapshot)
    labels, given = read_labels_table(snapshot, key), read_given(snapshot, key)

    def is_known(instance_id: str, label_id: str) -> bool:
        return label_id in labels.index and position_of(given.instance_ids, instance_id) >= 0

    roles = {Asked.CONFLICTS: Role.ADJUDICATOR, Asked.AUDIT: Role.AUDITOR}
    recorder = Recorder(
        store,
        member,
        roles.get(choice.deck.asked, Role.ANNOTATOR),
        label_version="" if version is None else version.name,
        model_id=snapshot.model_id,
        is_known=is_known,
    )
    maker = CardMaker(
        snapshot,
        open_card_tables(snapshot, key),
        store,
        open_reviewed(snapshot, key, dealer),
        reviewer=member.name,
        is_blind=choice.is_blind,
        shows_all=choice.deck.asked is Asked.ALL,
    )
    return ReviewDesk(
        snapshot,
        review_session(),
        dealer,
        store,
        recorder,
        maker,
        read_label_columns(snapshot, key),
        choice.deck,
        deck_id=f"{key}|{choice.deck_id}|{member.name}",
    )


def _told(snapshot: Snapshot, desk: ReviewDesk, choice: Choice) -> dict[str, object]:
    return {
        **desk.session.answer,
        "outbox": f"{snapshot.workspace.root}|{desk.reviewer}",
        "desk": desk.deck_id,
        "session": desk.session.session,
        "blind": choice.is_blind,
        "keep": choice.deck.asked is Asked.ALL,
        "guidelines": _guidelines(snapshot, desk),
        "words": _words_at_the_end(snapshot, choice),
    }


def _words_at_the_end(snapshot: Snapshot, choice: Choice) -> dict[str, str | None]:
    """Return what is said when there is nothing left to ask, and which pattern comes next."""
    pattern = choice.deck.sample
    if pattern is not None:
        then = (
            "See what it promises about the other pairs of the pattern, and decide them in one go."
        )
        return {"end": "The sample is judged", "then": then, "command": "", "pattern": pattern}
    if choice.deck.asked is Asked.AUDIT:
        then = "The page Audit tells what they say; draw more, if that is not enough, with:"
        command = f"workbench estimate {snapshot.workspace.quoted} --more 200"
        return {"end": "No more random pairs", "then": then, "command": command, "pattern": None}
    return {
        "end": "This queue is done",
        "then": "Every pair here has its verdict. Choose another queue or filter, or make the "
        "next label version with:",
        "command": f"workbench apply {snapshot.workspace.quoted}",
        "pattern": None,
    }


def _guidelines(snapshot: Snapshot, desk: ReviewDesk) -> dict[str, str]:
    """Return the guideline of each attribute that the cards ask about, as HTML.

    Behind its own page stands that for all attributes.
    """
    asked = {
        str(question["attribute"])
        for card in desk.session.answer["cards"]
        for question in card["questions"]
    }
    root = snapshot.workspace.root
    general = guideline_html(root, None)
    found = {attribute: guideline_html(root, attribute) + general for attribute in sorted(asked)}
    return {attribute: html for attribute, html in found.items() if html}

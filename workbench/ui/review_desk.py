"""What passes between the review card in a browser and the server: decisions in, cards out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import pandas as pd

from workbench.errors import WorkbenchError
from workbench.plurals import plural
from workbench.review.dealing import Asked, Dealer, Deck
from workbench.review.decisions import PAIR
from workbench.review.leases import LEASE
from workbench.review.queue import QueueFilter
from workbench.review.recorder import Recorder
from workbench.review.store import DecisionStore
from workbench.ui.label_data import LabelTable
from workbench.ui.review_card.cards import CardMaker
from workbench.ui.review_card.payload import value_payload
from workbench.ui.review_session import ReviewSession
from workbench.ui.snapshot import Snapshot

FIRST_CARDS, CARDS_AHEAD = 8, 50
MAX_CARDS_AN_ANSWER = 15
# What was decided before the page was loaded can be undone so far back.
MAX_UNDONE, UNDONE_WITHIN = 20, timedelta(days=1)
# Cards are made one deal after another, so that saving stays quick while many want cards.
_ONE_DEAL = threading.Lock()
# Cards at hand are leased anew when so much of the lease has passed.
_RENEW_AFTER = LEASE / 3
# For the labels of cards that a server before this one dealt: they stay until their lease ends.
_UNKNOWN = ""


@dataclass(frozen=True)
class ReviewDesk:
    """Answers the messages of one reviewer's browser about one deck.

    Parameters
    ----------
    snapshot : Snapshot
    session : ReviewSession
    dealer : Dealer
    store : DecisionStore
    recorder : Recorder
    maker : CardMaker
    table : LabelTable
        Among which a label is searched.
    deck : Deck
    deck_id : str
    """

    snapshot: Snapshot
    session: ReviewSession
    dealer: Dealer
    store: DecisionStore
    recorder: Recorder
    maker: CardMaker
    table: LabelTable
    deck: Deck
    deck_id: str

    @property
    def reviewer(self) -> str:
        """The name under which decisions are recorded."""
        return self.recorder.member.name

    def settle(self, *, is_new_page: bool = False) -> None:
        """Deal the first cards, unless the browser has this deck already."""
        session = self.session
        if session.deck_id == self.deck_id and not is_new_page:
            return
        self.dealer.give_back(session.deck, session.held, self.reviewer)
        session.deck_id, session.deck, session.held = self.deck_id, self.deck, {}
        session.answer = _nothing()
        with _ONE_DEAL:
            self._deal([], FIRST_CARDS)
        session.answer["undoable"] = self._undoable(datetime.now(UTC))

    def refuse(self, message: Mapping[str, Any], why: str) -> None:
        """Save nothing of a message; the browser keeps what it has and says why."""
        number = int(message.get("number") or 0)
        self.session.answer = _nothing() | {"number": number, "failure": why}

    def receive(self, message: Mapping[str, Any]) -> None:
        """Record what a message brings and prepare the answer.

        What cannot be saved now is not acknowledged; the browser keeps it and sends it again.
        """
        answer = self.session.answer = _nothing()
        answer["number"] = int(message.get("number") or 0)
        events = [event for event in message.get("events") or () if isinstance(event, Mapping)]
        try:
            saved, refused = self.recorder.record(events) if events else ([], [])
        except WorkbenchError as error:
            answer["failure"] = str(error)
            return
        answer["saved"] = saved
        answer["refused"] = [{"event_uid": r.event_uid, "reason": r.reason} for r in refused]
        if message.get("desk") != self.deck_id:
            return
        answer["found"] = self._found(message.get("search"))
        wanted = message.get("go")
        if isinstance(wanted, Mapping):
            query = {str(name): str(value) for name, value in (wanted.get("query") or {}).items()}
            self.session.going_to = (str(wanted.get("page")), query)
        try:
            if events:
                self._lease_what_is_open([e for e in events if e.get("event_uid") in set(saved)])
            answer["brought"] = self._brought(message.get("bring"))
            if isinstance(message.get("have"), list):
                self._supply(message)
        except WorkbenchError as error:
            # What was saved is told all the same; the browser asks for cards again.
            answer["failure"] = str(error)

    def _lease_what_is_open(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Give back what is answered now; keep others from what was taken back."""
        if self.deck.asked is Asked.ALL:
            return
        answered, asked_again = self.session.take_in(events)
        self.dealer.give_back(self.deck, answered, self.reviewer)
        mine = self.dealer.hold(self.deck, asked_again, self.reviewer, now=datetime.now(UTC))
        self.session.held |= {each: asked_again[each] for each in mine}

    def _supply(self, message: Mapping[str, Any]) -> None:
        """Go on holding what the browser has at hand, and deal more if it asks for more."""
        have = [str(instance_id) for instance_id in message["have"]]
        at_hand = [str(instance_id) for instance_id in message.get("open") or ()]
        now = datetime.now(UTC)
        if self.deck.asked is not Asked.ALL and now - self.session.held_at > _RENEW_AFTER:
            mine = self.dealer.hold(self.deck, at_hand, self.reviewer, now=now)
            self.session.answer["lost"] = [each for each in at_hand if each not in mine]
            held = self.session.held
            self.session.held = {each: held.get(each, {_UNKNOWN}) for each in mine}
            self.session.held_at = now
        missing = CARDS_AHEAD - len(at_hand)
        if not message.get("more") or missing <= 0:
            return
        if not _ONE_DEAL.acquire(blocking=False):
            self.session.answer["busy"] = True
            return
        try:
            self._deal(have, min(missing, MAX_CARDS_AN_ANSWER))
        finally:
            _ONE_DEAL.release()

    def _deal(self, have: Sequence[str], limit: int) -> None:
        now = datetime.now(UTC)
        self.dealer.refresh()
        cards = self.dealer.deal(self.deck, self.reviewer, limit=limit, besides=have, now=now)
        if not self.session.held:
            self.session.held_at = now
        self.session.held |= {card.instance_id: set(card.asked) for card in cards}
        answer = self.session.answer
        answer["cards"] = self.maker.make(cards)
        answer["end"] = len(cards) < limit
        answer["progress"] = self._progress(now)
        if answer["end"]:
            answer["elsewhere"] = self._elsewhere(
                [*have, *(card.instance_id for card in cards)], now
            )

    def _elsewhere(self, have: Sequence[str], now: datetime) -> str:
        """Return what others have of the deck, in a sentence; empty if nothing."""
        found = self.dealer.elsewhere(self.deck, self.reviewer, besides=have, now=now)
        if found is None:
            return ""
        minutes = max(1, ceil((found.until - now) / timedelta(minutes=1)))
        is_one = found.n_pairs == 1
        return (
            f"{plural(found.n_pairs, 'pair')} {'is' if is_one else 'are'} on somebody else's "
            f"screen; {'it comes' if is_one else 'they come'} back within "
            f"{plural(minutes, 'minute')} if nobody goes on looking at {'it' if is_one else 'them'}"
            f", and {'appears' if is_one else 'appear'} here."
        )

    def _progress(self, now: datetime) -> dict[str, int | None]:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        # Of second opinions, conflicts and samples nobody knows how many there were.
        has_total = self.deck.asked in (Asked.OPEN, Asked.ALL) and self.deck.sample is None
        return {
            "total": int(self.dealer.matching(self.deck).sum()) if has_total else None,
            "open": self.dealer.n_open(self.deck, self.reviewer),
            "today": self.store.n_decided_since(self.reviewer, midnight),
        }

    def _brought(self, wanted: object) -> dict[str, Any] | None:
        """Return the card of an instance that the browser wants; None if it is not to be had.

        The browser has left it before, or has just taken back what was decided about its label.
        """
        if not isinstance(wanted, Mapping):
            return None
        instance_id, label = str(wanted.get("id")), wanted.get("label")
        told = {"id": instance_id, "label": label, "undone": bool(wanted.get("undone"))}
        decks = [replace(self.deck, where=replace(self.deck.where, instance_id=instance_id))]
        if told["undone"]:
            # What is open again may belong to another queue.
            decks.append(Deck(where=QueueFilter(instance_id=instance_id)))
        self.dealer.refresh()
        for deck in decks:
            now = datetime.now(UTC)
            dealt = self.dealer.deal(deck, self.reviewer, limit=1, besides=[], now=now)
            if made := self.maker.make(dealt[:1]):
                self.session.held[instance_id] = set(dealt[0].asked)
                return {**told, "card": made[0]}
        return {**told, "card": None}

    def _undoable(self, now: datetime) -> list[dict[str, Any]]:
        """Return the last decisions that the reviewer may take back, as the browser kept them."""
        last = self.store.latest_to_undo(self.reviewer, now - UNDONE_WITHIN, MAX_UNDONE)
        events = [event for event in last if self.recorder.is_known(*event.pair)]
        counts = self._is_of_deck([event.pair for event in events])
        return [
            {
                "event_uid": event.event_uid,
                "instance_id": event.instance_id,
                "label_id": event.label_id,
                "verdict": str(event.verdict),
                "asked": event.label_id,
                "at": round(1000 * event.decided_at.timestamp()),
                "counts": is_of_deck,
            }
            for event, is_of_deck in zip(events, counts, strict=True)
        ]

    def _is_of_deck(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """Say which pairs the deck is about, decided or not."""
        frame = pd.DataFrame(pairs, columns=PAIR, dtype="str")
        rows = self.dealer.queue.positions.of(frame)
        matching = self.dealer.matching(self.deck)
        return [bool(row >= 0 and matching[row]) for row in rows]

    def _found(self, wanted: object) -> dict[str, Any] | None:
        """Return the labels that a search finds, under the number of the search."""
        if not isinstance(wanted, Mapping):
            return None
        labels = self.maker.tables.labels
        found = self.table.suggest(str(wanted.get("text", "")), str(wanted.get("attribute", "")))
        values = [value_payload(label_id, labels) for label_id in found]
        return {"number": int(wanted.get("number") or 0), "values": values}


def _nothing() -> dict[str, Any]:
    """Return the answer that says nothing."""
    return {
        "number": 0,
        "saved": [],
        "refused": [],
        "failure": "",
        "cards": [],
        "end": False,
        "elsewhere": "",
        "busy": False,
        "progress": None,
        "found": None,
        "brought": None,
        "undoable": [],
        "lost": [],
    }

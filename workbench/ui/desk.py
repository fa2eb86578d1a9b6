"""Where a reviewer is in the queue, and what each button of the review page does."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workbench.errors import WorkbenchError
from workbench.review.decisions import Decision, Verdict, undo_of
from workbench.review.queue import Card, QueueFilter, ReviewQueue
from workbench.ui.journal import Journal

CARDS_AHEAD = 20


@dataclass
class Place:
    """Where this session is. It outlives every rerun, so that nobody loses their place.

    Parameters
    ----------
    where : QueueFilter or None
        The filter that the cards were taken with.
    cards : list of Card
        The cards fetched so far, in order.
    at : int
        Which of them is shown.
    label_id : str
        The label in question; empty if every question has its verdict.
    event_uid : str
        Made when the question is turned to: pressing twice is one decision.
    shown_at : float
        Monotonic seconds at that moment.
    done : list of (Decision, Card)
        What was decided in this session and not taken back, oldest first.
    failure : str
        Why the last decision was not saved; empty if it was.
    """

    where: QueueFilter | None = None
    cards: list[Card] = field(default_factory=list)
    at: int = 0
    label_id: str = ""
    event_uid: str = ""
    shown_at: float = 0.0
    done: list[tuple[Decision, Card]] = field(default_factory=list)
    failure: str = ""

    @property
    def card(self) -> Card:
        """The card that is shown."""
        return self.cards[self.at]

    def turn_to(self, at: int, label_id: str) -> None:
        """Show a question; it gets an event id and its time anew."""
        self.at, self.label_id = at, label_id
        self.event_uid = str(uuid.uuid4())
        self.shown_at = time.monotonic()


@dataclass(frozen=True)
class Desk:
    """A place in a queue together with what is needed to decide and to move.

    Parameters
    ----------
    place : Place
    queue : ReviewQueue
    journal : Journal
    where : QueueFilter
    reviewer, label_version, model_id : str
        Recorded with each decision.
    """

    place: Place
    queue: ReviewQueue
    journal: Journal
    where: QueueFilter
    reviewer: str
    label_version: str
    model_id: str

    def settle(self) -> None:
        """Start at the first open question, unless the place is in this queue already."""
        if self.place.where != self.where:
            self.place.where, self.place.cards = self.where, []
            self._turn_to_open_card(0)

    def labels_to_ask(self, card: Card) -> list[str]:
        """Return the flagged labels of a card in the order of asking.

        Those that the queue is about come first. The others follow, because who has read the text
        can judge them too, unless the reviewer wants one attribute or label only.
        """
        asked = card.issues["asked"]
        narrow = self.where.attribute is not None or self.where.label_id is not None
        rest = card.issues[:0] if narrow else card.issues[~asked]
        return [str(label) for label in [*card.issues.loc[asked, "label_id"], *rest["label_id"]]]

    def decide(self, event_uid: str, verdict: Verdict, note: str) -> None:
        """Save a verdict on the label in question and turn to the next open question."""
        place = self.place
        if not place.label_id or event_uid != place.event_uid:
            return
        decision = Decision(
            event_uid=event_uid,
            decided_at=datetime.now(UTC),
            reviewer=self.reviewer,
            instance_id=place.card.instance_id,
            label_id=place.label_id,
            verdict=verdict,
            note=note.replace("\0", "").strip(),
            shown_ms=int(1000 * (time.monotonic() - place.shown_at)),
            label_version=self.label_version,
            model_id=self.model_id,
        )
        if self._save(decision):
            place.done.append((decision, place.card))
            self._turn_to_next_open()

    def undo(self) -> None:
        """Take back the last decision of this session and return to its question."""
        place = self.place
        if not place.done:
            return
        decision, card = place.done[-1]
        event = undo_of(
            decision,
            event_uid=str(uuid.uuid4()),
            reviewer=self.reviewer,
            decided_at=datetime.now(UTC),
        )
        if self._save(event):
            place.done.pop()
            self._return_to(card, decision.label_id)
        elif self.journal.is_undone(decision.event_uid):
            # Taken back elsewhere, so there is nothing left to take back here.
            place.done.pop()

    def step(self, by: int) -> None:
        """Turn to the label before or after on this card, decided or not, going round."""
        labels = self.labels_to_ask(self.place.card)
        at = labels.index(self.place.label_id) if self.place.label_id in labels else 0
        self.place.turn_to(self.place.at, labels[(at + by) % len(labels)])

    def step_card(self, by: int) -> None:
        """Turn to the card before or after, decided or not."""
        at = self.place.at + by
        if at >= len(self.place.cards):
            self._fetch()
        if 0 <= at < len(self.place.cards):
            open_labels = self._open_labels(self.place.cards[at])
            label = open_labels[0] if open_labels else self.labels_to_ask(self.place.cards[at])[0]
            self.place.turn_to(at, label)

    def has_card(self, by: int) -> bool:
        """Say whether there is a card before or after this one."""
        at = self.place.at + by
        if at >= len(self.place.cards):
            self._fetch()
        return 0 <= at < len(self.place.cards)

    def _return_to(self, card: Card, label_id: str) -> None:
        cards = self.place.cards
        positions = [known.position for known in cards]
        if card.position not in positions:
            cards.insert(self.place.at, card)
            positions.insert(self.place.at, card.position)
        self.place.turn_to(positions.index(card.position), label_id)

    def _turn_to_next_open(self) -> None:
        place = self.place
        labels = self.labels_to_ask(place.card)
        behind = labels[labels.index(place.label_id) + 1 :]
        open_labels = self._open_labels(place.card)
        following = [label for label in behind if label in open_labels] or open_labels
        if following:
            place.turn_to(place.at, following[0])
        else:
            self._turn_to_open_card(place.at + 1)

    def _turn_to_open_card(self, start: int) -> None:
        """Turn to the first card from ``start`` on that has an open question, going round once."""
        place, at = self.place, start
        while at < len(place.cards) or self._fetch():
            open_labels = self._open_labels(place.cards[at])
            if open_labels:
                place.turn_to(at, open_labels[0])
                return
            at += 1
        skipped = [n for n, card in enumerate(place.cards) if self._open_labels(card)]
        if skipped:
            place.turn_to(skipped[0], self._open_labels(place.cards[skipped[0]])[0])
        else:
            place.turn_to(max(0, len(place.cards) - 1), "")

    def _fetch(self) -> bool:
        """Take more cards from the queue and say whether there were any."""
        place = self.place
        last = max((card.position for card in place.cards), default=None)
        queue = self.queue.with_decided(self.journal.decided_pairs())
        more = queue.cards(self.where, limit=CARDS_AHEAD, after=last)
        place.cards.extend(more)
        return bool(more)

    def _open_labels(self, card: Card) -> list[str]:
        return [
            label
            for label in self.labels_to_ask(card)
            if not self.journal.is_decided(card.instance_id, label)
        ]

    def _save(self, decision: Decision) -> bool:
        try:
            self.journal.record(decision)
        except WorkbenchError as error:
            self.place.failure = str(error)
            return False
        self.place.failure = ""
        return True

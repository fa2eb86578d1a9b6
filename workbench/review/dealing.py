"""Cards handed out to the reviewers of a team, so that no two look at the same one."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from workbench.review.gold import GoldPairs
from workbench.review.leases import claim, held_by_others, release
from workbench.review.queue import EVERYTHING, Card, QueueFilter, QueueOrder, ReviewQueue
from workbench.review.standing import Standing
from workbench.review.store import DecisionStore

_MASKS_KEPT = 32


class Asked(StrEnum):
    """Which of the matching issues are asked."""

    OPEN = "open"
    """Those that nobody has decided."""
    SECOND = "second"
    """Those that another reviewer has decided and a second one is to judge, blind."""
    CONFLICTS = "conflicts"
    """Those that reviewers disagree about."""
    ALL = "all"
    """All, decided or not."""
    AUDIT = "audit"
    """Those of the audit sample, issues or not."""


@dataclass(frozen=True)
class Deck:
    """What a reviewer has chosen to see.

    Parameters
    ----------
    asked : Asked
    where : QueueFilter
    order : str
    source : str, optional
        Only what this source votes for.
    branch : str, optional
        Only instances within this branch of the taxonomy.
    sample : str, optional
        Only the random sample of this pattern.
    """

    asked: Asked = Asked.OPEN
    where: QueueFilter = EVERYTHING
    order: QueueOrder = "rank"
    source: str | None = None
    branch: str | None = None
    sample: str | None = None


@dataclass(frozen=True)
class Elsewhere:
    """What a deck would ask, were it not on the screens of others.

    Parameters
    ----------
    n_pairs : int
    until : datetime
        When the last of them comes back, if nobody goes on looking at it.
    """

    n_pairs: int
    until: datetime


class Dealer:
    """Hands out cards of a queue; sessions of a server share one.

    Parameters
    ----------
    queue : ReviewQueue
    standing : Standing
    store : DecisionStore
    narrow : callable
        Given a deck, a mask over the issues of what the queue itself does not know: its source,
        its branch; None if the deck asks for neither.
    sample : callable
        Given a pattern, a mask over the issues: those of its random sample that are still to be
        judged one by one.
    gold_share : float
        So many gold cards for each card are put among those that nobody has decided.
    audit : callable
        Given a reviewer, the pairs of the audit sample that they are to judge, in the order of
        asking.
    """

    def __init__(
        self,
        queue: ReviewQueue,
        standing: Standing,
        store: DecisionStore,
        narrow: Callable[[Deck], NDArray[np.bool_] | None] = lambda _: None,
        sample: Callable[[str], NDArray[np.bool_]] | None = None,
        gold_share: float = 0.0,
        audit: Callable[[str], list[tuple[str, str]]] = lambda _: [],
    ) -> None:
        self.queue = queue
        self.standing = standing
        self._store = store
        self._narrow = narrow
        self._sample = sample
        self._gold_share = gold_share
        self._audit = audit
        self._lock = threading.Lock()
        self._masks: OrderedDict[Deck, NDArray[np.bool_]] = OrderedDict()

    def refresh(self) -> None:
        """Take in what others have decided."""
        self.standing.refresh(self._store)

    def matching(self, deck: Deck) -> NDArray[np.bool_]:
        """Return which issues the deck is about, decided or not, shape (n_issues,)."""
        with self._lock:
            if deck in self._masks:
                self._masks.move_to_end(deck)
                return self._masks[deck]
        mask = self.queue.matching(deck.where)
        narrowed = self._narrow(deck)
        mask = mask if narrowed is None else mask & narrowed
        with self._lock:
            self._masks[deck] = mask
            while len(self._masks) > _MASKS_KEPT:
                self._masks.popitem(last=False)
        return mask

    def asked(self, deck: Deck, reviewer: str) -> NDArray[np.bool_]:
        """Return which issues the deck has for a reviewer, shape (n_issues,)."""
        standing, matching = self.standing, self.matching(deck)
        if deck.sample is not None and self._sample is not None:
            return matching & self._sample(deck.sample)
        if deck.asked is Asked.OPEN:
            return matching & ~standing.is_decided
        if deck.asked is Asked.SECOND:
            return matching & standing.second_opinions(reviewer)
        if deck.asked is Asked.CONFLICTS:
            return matching & standing.is_disputed
        return matching

    def n_open(self, deck: Deck, reviewer: str) -> int:
        """Return how many pairs the deck has for a reviewer that wait for a verdict."""
        if deck.asked is Asked.AUDIT:
            return len(self._audit(reviewer))
        asked = self.asked(deck, reviewer)
        if deck.asked is Asked.ALL:
            asked = asked & ~self.standing.is_decided
        return int(asked.sum())

    def deal(
        self, deck: Deck, reviewer: str, *, limit: int, besides: Collection[str], now: datetime
    ) -> list[Card]:
        """Return the next cards of a deck for a reviewer and lease them to them.

        Parameters
        ----------
        deck : Deck
        reviewer : str
        limit : int
            At most so many; fewer only where there are no more.
        besides : collection of str
            Instances that the reviewer has already.
        now : datetime
            With a time zone.
        """
        if deck.asked is Asked.AUDIT:
            return self._deal_audit(reviewer, limit, besides, now)
        if deck.asked is Asked.ALL:
            asked = self.asked(deck, reviewer)
            return self.queue.cards(asked, order=deck.order, limit=limit, besides=besides)
        # Nobody else can claim between the look and the claim: writers take turns.
        apart = deck.asked is Asked.CONFLICTS
        with self._store.database.writing() as connection:
            theirs = held_by_others(connection, reviewer, now=now, of_conflicts=apart)
            # What others have given back since the last look is decided: look again.
            self.refresh()
            asked = self.asked(deck, reviewer)
            left_out = {*besides, *theirs}
            cards = self.queue.cards(asked, order=deck.order, limit=limit, besides=left_out)
            dealt = [card.instance_id for card in cards]
            claim(connection, dealt, reviewer, now=now, of_conflicts=apart)
        if deck.asked is Asked.OPEN and deck.sample is None and self._gold_share:
            return self._with_gold(cards, reviewer, besides)
        return cards

    def _deal_audit(
        self, reviewer: str, limit: int, besides: Collection[str], now: datetime
    ) -> list[Card]:
        """Return cards with the drawn pairs of an instance; like gold they show no history."""
        asked: dict[str, list[str]] = {}
        for instance_id, label_id in self._audit(reviewer):
            asked.setdefault(instance_id, []).append(label_id)
        with self._store.database.writing() as connection:
            left_out = {*besides, *held_by_others(connection, reviewer, now=now)}
            chosen = [one for one in asked if one not in left_out][:limit]
            claim(connection, chosen, reviewer, now=now)
        return [Card(one, tuple(asked[one]), (), is_gold=True) for one in chosen]

    def _with_gold(self, cards: list[Card], reviewer: str, besides: Collection[str]) -> list[Card]:
        """Put gold cards among others, behind those that chance, settled by their name, picks."""
        picked = [
            crc32(f"{reviewer}\0{card.instance_id}".encode()) < self._gold_share * 2**32
            for card in cards
        ]
        if not any(picked):
            return cards
        n_taken = len(besides) + len(cards)
        gold = GoldPairs(self._store.database).open_to(reviewer, sum(picked) + n_taken)
        taken = {*besides, *(card.instance_id for card in cards)}
        fresh = (pair for pair in gold if pair[0] not in taken)
        dealt: list[Card] = []
        for card, is_picked in zip(cards, picked, strict=True):
            dealt.append(card)
            if is_picked and (pair := next(fresh, None)) is not None:
                dealt.append(Card(pair[0], (pair[1],), (), is_gold=True))
        return dealt

    def elsewhere(
        self, deck: Deck, reviewer: str, *, besides: Collection[str], now: datetime
    ) -> Elsewhere | None:
        """Return what the deck asks a reviewer that others have; None if there is nothing.

        Parameters
        ----------
        deck : Deck
        reviewer : str
        besides : collection of str
            Instances that the reviewer has.
        now : datetime
            With a time zone.
        """
        if deck.asked is Asked.ALL:
            return None
        apart = deck.asked is Asked.CONFLICTS
        with self._store.database.reading() as connection:
            theirs = held_by_others(connection, reviewer, now=now, of_conflicts=apart)
        n_pairs = self._n_asked_of(deck, theirs.keys() - set(besides), reviewer)
        ends = [theirs[instance_id] for instance_id, n in n_pairs.items() if n]
        return Elsewhere(sum(n_pairs.values()), max(ends)) if ends else None

    def hold(
        self, deck: Deck, instance_ids: Collection[str], reviewer: str, *, now: datetime
    ) -> set[str]:
        """Lease instances to a reviewer, or go on leasing them; return those that are theirs."""
        if not instance_ids:
            return set()
        apart = deck.asked is Asked.CONFLICTS
        with self._store.database.writing() as connection:
            return claim(connection, list(instance_ids), reviewer, now=now, of_conflicts=apart)

    def give_back(self, deck: Deck, instance_ids: Collection[str], reviewer: str) -> None:
        """Let others have these instances."""
        if instance_ids:
            apart = deck.asked is Asked.CONFLICTS
            with self._store.database.writing() as connection:
                release(connection, instance_ids, reviewer, of_conflicts=apart)

    def _n_asked_of(
        self, deck: Deck, instance_ids: Collection[str], reviewer: str
    ) -> dict[str, int]:
        """Return how many pairs of each instance the deck has for a reviewer."""
        if deck.asked is Asked.AUDIT:
            drawn = Counter(instance_id for instance_id, _ in self._audit(reviewer))
            return {each: drawn[each] for each in instance_ids}
        asked = self.asked(deck, reviewer)
        return {each: int(asked[self.queue.rows_of(each)].sum()) for each in instance_ids}

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from workbench.review.dealing import Asked, Dealer, Deck
from workbench.review.decisions import Decision
from workbench.review.gold import GoldPairs
from workbench.review.leases import LEASE
from workbench.review.queue import QueueFilter, ReviewQueue
from workbench.review.standing import Standing
from workbench.review.store import DecisionStore
from workbench.review.team import Member

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ISSUES = pd.DataFrame(
    [
        (f"q{n:02}", label, kind)
        for n in range(40)
        for label, kind in (("a", "wrong"), ("b", "missing"))
    ],
    columns=["instance_id", "label_id", "kind"],
).assign(rank=range(1, 81))
EVERYTHING = Deck()


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


def dealer(store, overlap=0.0, narrow=lambda _: None, **other):
    queue = ReviewQueue(ISSUES)
    found = Dealer(queue, Standing(queue.positions, overlap), store, narrow, **other)
    found.refresh()
    return found


def deal(dealer, reviewer, deck=EVERYTHING, limit=5, besides=(), now=NOW):
    cards = dealer.deal(deck, reviewer, limit=limit, besides=besides, now=now)
    return [card.instance_id for card in cards]


def decide(store, number, pair, reviewer, verdict="present"):
    store.record(Decision(str(UUID(int=number)), NOW, reviewer, *pair, verdict))


def test_two_reviewers_get_different_cards_in_the_order_of_the_queue(store) -> None:
    desk = dealer(store)
    assert deal(desk, "mika") == ["q00", "q01", "q02", "q03", "q04"]
    assert deal(desk, "ken") == ["q05", "q06", "q07", "q08", "q09"]
    assert deal(desk, "mika", besides=["q00", "q01"]) == ["q02", "q03", "q04", "q10", "q11"]


def test_a_lease_that_ran_out_lets_others_have_the_card(store) -> None:
    desk = dealer(store)
    deal(desk, "mika", limit=2)
    assert deal(desk, "ken", limit=1, now=NOW + LEASE + timedelta(seconds=1)) == ["q00"]
    later = NOW + LEASE + timedelta(seconds=2)
    assert desk.hold(EVERYTHING, ["q00", "q01"], "mika", now=later) == {"q01"}


def test_cards_that_are_given_back_are_dealt_again(store) -> None:
    desk = dealer(store)
    mine = deal(desk, "mika", limit=3)
    desk.give_back(EVERYTHING, mine, "mika")
    assert deal(desk, "ken", limit=3) == mine


def test_what_somebody_has_decided_is_not_asked_again(store) -> None:
    desk = dealer(store)
    decide(store, 1, ("q00", "a"), "ken")
    decide(store, 2, ("q01", "a"), "ken")
    decide(store, 3, ("q01", "b"), "ken")
    desk.refresh()
    cards = desk.deal(EVERYTHING, "mika", limit=2, besides=(), now=NOW)
    assert [(card.instance_id, card.asked) for card in cards] == [
        ("q00", ("b",)),
        ("q02", ("a", "b")),
    ]


def test_a_second_opinion_is_asked_of_somebody_else(store) -> None:
    desk = dealer(store, overlap=1.0)
    decide(store, 1, ("q07", "b"), "ken")
    desk.refresh()
    second = Deck(Asked.SECOND)
    assert deal(desk, "ken", second) == []
    assert deal(desk, "mika", second) == ["q07"]


def test_conflicts_are_dealt_as_such(store) -> None:
    desk = dealer(store)
    decide(store, 1, ("q07", "b"), "ken")
    decide(store, 2, ("q07", "b"), "mika", "absent")
    desk.refresh()
    assert deal(desk, "lead", Deck(Asked.CONFLICTS)) == ["q07"]


def test_conflicts_wait_for_nobody_who_annotates_but_for_who_settles_them(store) -> None:
    desk = dealer(store)
    assert deal(desk, "ken", limit=40)[7] == "q07"
    decide(store, 1, ("q07", "b"), "ken")
    decide(store, 2, ("q07", "b"), "mika", "absent")
    desk.refresh()
    conflicts = Deck(Asked.CONFLICTS)
    assert deal(desk, "lead", conflicts) == ["q07"]
    assert deal(desk, "chief", conflicts) == []
    assert desk.elsewhere(EVERYTHING, "mika", besides=[], now=NOW).n_pairs == 79
    desk.give_back(conflicts, ["q07"], "lead")
    assert deal(desk, "chief", conflicts) == ["q07"]


def test_what_others_have_of_a_deck_is_told_with_the_time_when_it_is_free(store) -> None:
    desk = dealer(store)
    assert desk.elsewhere(EVERYTHING, "mika", besides=[], now=NOW) is None
    deal(desk, "ken", limit=2)
    deal(desk, "ana", limit=1, now=NOW + timedelta(minutes=1))
    decide(store, 1, ("q00", "a"), "ken")
    desk.refresh()
    found = desk.elsewhere(EVERYTHING, "mika", besides=["q01"], now=NOW)
    assert (found.n_pairs, found.until) == (1 + 2, NOW + timedelta(minutes=1) + LEASE)
    assert desk.elsewhere(Deck(Asked.ALL), "mika", besides=[], now=NOW) is None


def test_who_looks_at_decided_pairs_too_keeps_nobody_from_them(store) -> None:
    desk = dealer(store)
    every = Deck(Asked.ALL)
    decide(store, 1, ("q00", "a"), "ken")
    desk.refresh()
    assert deal(desk, "mika", every) == deal(desk, "ken", every)
    assert deal(desk, "mika", every)[0] == "q00"


def test_a_deck_is_narrowed_by_what_the_queue_does_not_know(store) -> None:
    only_last = np.arange(80) >= 78
    desk = dealer(store, narrow=lambda deck: only_last if deck.source == "clicks" else None)
    assert deal(desk, "mika", Deck(source="clicks")) == ["q39"]
    assert desk.asked(Deck(where=QueueFilter(kind="wrong"), source="clicks"), "ken").sum() == 1
    assert len(deal(desk, "mika", Deck(source="other"))) == 5


def test_many_who_ask_at_once_get_each_card_once(store) -> None:
    desk, dealt, lock = dealer(store), [], threading.Lock()

    def ask(reviewer: str) -> None:
        for _ in range(3):
            cards = deal(
                desk, reviewer, limit=2, besides=[c for c, who in dealt if who == reviewer]
            )
            with lock:
                dealt.extend((card, reviewer) for card in cards)

    threads = [threading.Thread(target=ask, args=(f"r{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cards = [card for card, _ in dealt]
    assert len(cards) == len(set(cards)) == 6 * 3 * 2


def test_gold_cards_are_put_among_others_until_they_are_judged(store) -> None:
    pairs = pd.DataFrame(
        {"instance_id": ["g1", "q30"], "label_id": ["c", "a"], "verdict": "absent"}
    )
    GoldPairs(store.database).set(pairs, Member("lead", is_admin=True), now=NOW)
    desk = dealer(store, gold_share=0.5)
    cards = desk.deal(EVERYTHING, "mika", limit=10, besides=(), now=NOW)
    assert {card.instance_id for card in cards if card.is_gold} == {"g1", "q30"}
    assert [card.instance_id for card in cards if not card.is_gold] == [
        f"q{n:02}" for n in range(10)
    ]
    assert not any(
        card.is_gold for card in desk.deal(EVERYTHING, "lead", limit=9, besides=(), now=NOW)
    )
    decide(store, 1, ("g1", "c"), "mika")
    again = desk.deal(EVERYTHING, "mika", limit=10, besides=["q30"], now=NOW)
    assert not any(card.is_gold for card in again)


def test_second_opinions_are_not_mixed_with_gold(store) -> None:
    pairs = pd.DataFrame({"instance_id": ["g1"], "label_id": ["c"], "verdict": "absent"})
    GoldPairs(store.database).set(pairs, Member("lead", is_admin=True), now=NOW)
    desk = dealer(store, overlap=1.0, gold_share=1.0)
    decide(store, 1, ("q07", "b"), "ken")
    desk.refresh()
    assert deal(desk, "mika", Deck(Asked.SECOND)) == ["q07"]


def test_the_sample_of_a_pattern_is_asked_though_a_batch_has_decided_it(store) -> None:
    desk = dealer(store, sample=lambda pattern: np.arange(80) == (4 if pattern == "p" else -1))
    decide(store, 1, ("q02", "a"), "ken")
    desk.refresh()
    assert deal(desk, "mika", Deck(sample="p")) == ["q02"]
    assert deal(desk, "mika", Deck(sample="other")) == []

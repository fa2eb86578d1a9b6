from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.ui.drawing import html_of, open_page
from workbench.review.dealing import Asked, Deck
from workbench.review.decisions import Decision, Role
from workbench.review.store import DecisionStore
from workbench.ui.queue_data import open_dealer
from workbench.ui.snapshot import take_snapshot
from workbench.workspace.audit_frame import current_frame, draw_sample, write_audit

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def sampled(shop):
    """The tiny shop with twenty of its pairs drawn."""
    sample = draw_sample(current_frame(shop), 20, seed=0, drawn_at="2026-03-01")
    write_audit(shop, sample)
    return shop, sample.pairs


def audit_cards(shop, reviewer="mika"):
    snapshot = take_snapshot(shop.root)
    dealer = open_dealer(snapshot, snapshot.key, 0.0)
    dealer.refresh()
    return dealer.deal(Deck(Asked.AUDIT), reviewer, limit=50, besides=(), now=NOW)


def judge(shop, pairs, verdict="present", reviewer="mika"):
    with DecisionStore(shop.decisions_path) as store:
        store.record_many(
            Decision(str(UUID(int=n)), NOW, reviewer, *pair, verdict, role=Role.AUDITOR)
            for n, pair in enumerate(pairs)
        )


def test_without_a_sample_the_page_says_how_to_draw_one(shop):
    assert "--draw 400" in html_of(open_page("audit", shop))


def test_the_page_tells_what_was_reviewed_and_what_is_to_come(sampled):
    shop, pairs = sampled
    judge(shop, pairs[["instance_id", "label_id"]].iloc[:12].itertuples(index=False, name=None))
    told = html_of(open_page("audit", shop))
    assert "12 judged blind" in told
    assert "8 to come" in told
    assert "How many more reviews" in told
    assert "More, for 5%" in told
    assert "Nothing is cleaned yet" in told


def test_drawn_pairs_are_dealt_whether_they_are_issues_or_not(sampled):
    shop, pairs = sampled
    cards = audit_cards(shop)
    asked = {(card.instance_id, label) for card in cards for label in card.asked}
    assert asked == set(pairs[["instance_id", "label_id"]].itertuples(index=False, name=None))
    assert not any(card.besides for card in cards)


def test_a_judged_pair_is_asked_nobody_again_and_stays_an_open_issue(sampled):
    shop, pairs = sampled
    first = (pairs["instance_id"].iloc[0], pairs["label_id"].iloc[0])
    judge(shop, [first])
    asked = {(card.instance_id, one) for card in audit_cards(shop, "kim") for one in card.asked}
    assert first not in asked
    snapshot = take_snapshot(shop.root)
    dealer = open_dealer(snapshot, snapshot.key, 0.0)
    dealer.refresh()
    assert dealer.asked(Deck(), "mika").all()


def test_a_card_of_the_queue_is_blind_and_does_not_say_what_it_is_for(sampled):
    shop, _ = sampled
    told = html_of(open_page("review", shop, queue="audit"))
    assert "udit" not in told

"""The conversation between the card in a browser and the server, without the browser."""

from __future__ import annotations

from uuid import UUID

import pytest

from workbench.errors import WorkbenchError
from workbench.review.dealing import Asked, Dealer, Deck
from workbench.review.queue import Card, QueueFilter
from workbench.review.store import DecisionStore
from workbench.review.team import Member
from workbench.ui import review
from workbench.ui.data import read_given
from workbench.ui.queue_data import open_dealer
from workbench.ui.queue_panel import Choice
from workbench.ui.review_desk import FIRST_CARDS
from workbench.ui.review_session import ReviewSession
from workbench.ui.snapshot import take_snapshot

QUERY = "ナイキ air force 白 26"
WRONG = Deck(where=QueueFilter(kind="wrong"))


@pytest.fixture
def desk_of(shop, monkeypatch):
    """Make the desk of a reviewer, each with a session of their own."""
    sessions: dict[str, ReviewSession] = {}
    snapshot = take_snapshot(shop.root)
    dealer = open_dealer(snapshot, snapshot.key, 0.0)

    def make(name="mika", deck=WRONG, *, blind=False):
        session = sessions.setdefault(name, ReviewSession())
        monkeypatch.setattr(review, "review_session", lambda: session)
        desk = review._desk(snapshot, Member(name), dealer, Choice("wrong", deck, is_blind=blind))
        desk.settle()
        return desk

    return make


def event(number, instance_id=QUERY, label_id="Brand: adidas", verdict="absent", **other):
    pair = {"instance_id": instance_id, "label_id": label_id}
    return {"event_uid": str(UUID(int=number)), **pair, "verdict": verdict} | other


def send(desk, *events, number=1, **other):
    desk.receive({"number": number, "events": list(events), "desk": desk.deck_id} | other)
    return desk.session.answer


def ids(answer):
    return [card["id"] for card in answer["cards"]]


def log(shop):
    with DecisionStore(shop.decisions_path) as store:
        return store.log()


def test_the_first_cards_come_with_the_page(desk_of):
    answer = desk_of().session.answer
    assert ids(answer)[0] == QUERY
    assert len(ids(answer)) == 4 <= FIRST_CARDS
    assert answer["end"]
    assert answer["progress"] == {"total": 4, "open": 4, "today": 0}


def test_a_verdict_is_acknowledged_when_it_is_in_the_store(desk_of, shop):
    answer = send(desk_of(), event(1, shown_ms=321, note="in the text"))
    assert (answer["number"], answer["saved"]) == (1, [str(UUID(int=1))])
    (row,) = log(shop).to_dict("records")
    assert (row["reviewer"], row["verdict"], row["label_version"]) == ("mika", "absent", "v1")
    assert (row["shown_ms"], row["note"]) == (321, "in the text")


def test_what_is_sent_again_after_a_lost_answer_is_recorded_once(desk_of, shop):
    desk = desk_of()
    send(desk, event(1))
    assert send(desk, event(1), event(2, label_id="Brand: Nike"), number=2)["refused"] == []
    assert len(log(shop)) == 2


def test_a_pair_that_does_not_exist_is_refused_with_its_reason(desk_of, shop):
    answer = send(desk_of(), event(1, label_id="Brand: nowhere"), event(2, "nowhere"), event(3))
    assert answer["saved"] == [str(UUID(int=3))]
    assert "there is no instance 'nowhere'" in answer["refused"][1]["reason"]
    assert len(log(shop)) == 1


def test_a_store_that_fails_acknowledges_nothing(desk_of, shop, monkeypatch):
    desk = desk_of()

    def fail(*_):
        raise WorkbenchError("the disk is full")

    monkeypatch.setattr(DecisionStore, "record_many", fail)
    answer = send(desk, event(1))
    assert (answer["saved"], answer["failure"]) == ([], "the disk is full")
    monkeypatch.undo()
    assert send(desk, event(1), number=2)["saved"] == [str(UUID(int=1))]


def test_what_was_saved_is_told_though_no_cards_can_be_dealt(desk_of, monkeypatch):
    desk = desk_of()

    def fail(*_, **__):
        raise WorkbenchError("the disk is full")

    monkeypatch.setattr(Dealer, "deal", fail)
    answer = send(desk, event(1), more=True, have=[], open=[])
    assert (answer["saved"], answer["failure"]) == ([str(UUID(int=1))], "the disk is full")
    monkeypatch.undo()
    assert ids(send(desk, number=2, more=True, have=[], open=[]))


def test_decided_pairs_are_not_dealt_and_held_cards_not_to_others(desk_of):
    mine = ids(desk_of().session.answer)
    assert ids(desk_of("ken").session.answer) == []
    desk_of("mika", Deck(where=QueueFilter(kind="missing", attribute="Size")))
    assert ids(send(desk_of("ken"), more=True, have=[], open=[])) == mine


def test_what_is_answered_is_given_back_at_once_and_what_is_taken_back_is_kept(desk_of):
    mika, ken = desk_of(), desk_of("ken", Deck())
    asked = {"more": True, "have": [], "open": []}
    assert QUERY not in ids(send(ken, **asked))
    send(mika, event(1))
    assert QUERY in ids(send(ken, **asked))  # for its other label
    ken.dealer.give_back(ken.deck, [QUERY], "ken")
    send(mika, event(2, undoes=event(1)["event_uid"]))
    assert QUERY not in ids(send(ken, **asked))


def test_who_has_nothing_to_judge_is_told_what_others_have(desk_of):
    assert desk_of().session.answer["elsewhere"] == ""
    answer = desk_of("ken").session.answer
    assert (ids(answer), answer["end"]) == ([], True)
    assert answer["elsewhere"] == (
        "4 pairs are on somebody else's screen; they come back within 10 minutes if nobody goes "
        "on looking at them, and appear here."
    )


def test_conflicts_are_dealt_while_annotators_hold_their_instances(desk_of):
    send(desk_of(), event(1, verdict="absent"))
    second = desk_of("ken", Deck(Asked.ALL, WRONG.where))
    send(second, event(2, verdict="present"))
    assert QUERY in ids(desk_of("ana", Deck(where=QueueFilter(kind="missing"))).session.answer)
    assert ids(desk_of("lead", Deck(Asked.CONFLICTS)).session.answer) == [QUERY]


def test_of_decided_pairs_that_are_shown_too_those_that_are_open_are_counted(desk_of):
    send(desk_of("ken"), event(1))
    progress = desk_of("mika", Deck(Asked.ALL, WRONG.where)).session.answer["progress"]
    assert progress == {"total": 4, "open": 3, "today": 0}


def test_more_cards_are_those_that_the_browser_does_not_have(desk_of):
    desk = desk_of()
    have = ids(desk.session.answer)
    answer = send(desk, more=True, have=have[:1], open=have[:1])
    assert ids(answer) == have[1:]


def test_a_message_about_another_deck_saves_and_deals_nothing(desk_of, shop):
    desk = desk_of()
    desk.receive({"number": 1, "events": [event(1)], "desk": "another", "more": True, "have": []})
    assert ids(desk.session.answer) == []
    assert len(log(shop)) == 1


def test_labels_are_found_as_one_types(desk_of):
    answer = send(desk_of(), search={"number": 7, "text": "PUM", "attribute": "Brand"})
    assert answer["found"]["number"] == 7
    assert [value["label"] for value in answer["found"]["values"]] == ["Brand: PUMA"]


def test_a_reviewer_can_go_to_the_pattern(desk_of):
    desk = desk_of()
    send(desk, go={"page": "patterns", "query": {"pattern": "p1"}})
    assert desk.session.going_to == ("patterns", {"pattern": "p1"})


def test_decided_pairs_are_shown_with_their_verdict_where_all_are_wanted(desk_of):
    send(desk_of("ken"), event(1))
    answer = desk_of("mika", Deck(Asked.ALL, WRONG.where)).session.answer
    asked = answer["cards"][0]["questions"][0]
    assert (asked["label"], asked["verdict"], asked["open"]) == ("Brand: adidas", "absent", True)


def test_similar_reviewed_queries_are_evidence(desk_of, shop):
    snapshot = take_snapshot(shop.root)
    assert len(read_given(snapshot, snapshot.key).instance_ids) == 11
    evidence = desk_of().session.answer["cards"][0]["questions"][0]["evidence"]
    assert evidence["similar"] == []  # no model, so nothing is known to be similar


def test_who_left_the_team_saves_nothing_more(desk_of, shop, monkeypatch):
    desk = desk_of()
    shop.config_path.write_text(shop.config_path.read_text() + '[team]\nannotators = ["ken"]\n')
    message = {"number": 4, "events": [event(1)], "desk": desk.deck_id}
    monkeypatch.setattr(review, "last_message", lambda: message)
    review._receive(desk)
    assert (desk.session.answer["number"], desk.session.answer["saved"]) == (4, [])
    assert "mika is not in this team any more" in desk.session.answer["failure"]
    assert not shop.has_decisions() or log(shop).empty


def test_what_was_decided_before_the_page_was_loaded_can_be_undone(desk_of):
    desk = desk_of()
    send(desk, event(1), event(2, label_id="Brand: Nike", verdict="present"))
    send(desk, event(3, undoes=str(UUID(int=1))), number=2)
    send(desk_of("ken"), event(4, "nike t-shirt", "Color: White"))
    desk.settle(is_new_page=True)
    (kept,) = desk.session.answer["undoable"]
    assert (kept["event_uid"], kept["asked"]) == (str(UUID(int=2)), "Brand: Nike")


def test_a_pair_that_is_taken_back_comes_with_its_card_whatever_the_queue(desk_of):
    desk = desk_of()
    send(desk, event(1, "adidas blue 26", "Size: 26.0cm", "present"))
    bring = {"id": "adidas blue 26", "label": "Size: 26.0cm", "undone": True}
    undo = event(2, "adidas blue 26", "Size: 26.0cm", "present", undoes=str(UUID(int=1)))
    brought = send(desk, undo, number=2, bring=bring)["brought"]
    assert (brought["label"], brought["undone"]) == ("Size: 26.0cm", True)
    (asked,) = brought["card"]["questions"]
    assert (asked["label"], asked["open"], asked["verdict"]) == ("Size: 26.0cm", True, None)


def test_the_card_that_was_left_is_brought_unless_nothing_of_it_is_open(desk_of):
    desk = desk_of()
    place = {"id": "nike t-shirt", "label": "Color: White"}
    assert send(desk, bring=place)["brought"]["card"]["id"] == "nike t-shirt"
    send(desk, event(1, "nike t-shirt", "Color: White"), number=2)
    assert send(desk, number=3, bring=place)["brought"]["card"] is None


def test_who_comes_back_to_the_page_is_dealt_the_cards_anew(desk_of):
    desk = desk_of()
    first = ids(desk.session.answer)
    send(desk)
    desk.settle()
    assert ids(desk.session.answer) == []
    desk.settle(is_new_page=True)
    assert ids(desk.session.answer) == first


def test_values_that_are_given_are_not_offered_again(desk_of):
    card = desk_of().maker.make([Card(QUERY, ("Brand: adidas",), ())])[0]
    assert [value["label"] for value in card["questions"][0]["others"]] == ["Brand: Nike"]
    card = desk_of().maker.make([Card(QUERY, ("Brand: Nike",), ())])[0]
    assert card["questions"][0]["others"] == []  # adidas is given

from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.review.decisions import Verdict
from workbench.review.queue import QueueFilter, ReviewQueue
from workbench.review.store import DecisionStore
from workbench.ui.desk import Desk, Place
from workbench.ui.journal import Journal

WRONG = QueueFilter(kind="wrong")
ISSUES = pd.DataFrame(
    [
        ("shoe", "red", "wrong", 1),
        ("cap", "blue", "wrong", 2),
        ("shoe", "leather", "wrong", 3),
        ("sock", "wool", "wrong", 4),
        ("shoe", "boots", "missing", 1),
    ],
    columns=["instance_id", "label_id", "kind", "rank"],
)
LABELS = pd.DataFrame(
    {
        "label_id": ["red", "blue", "leather", "wool", "boots"],
        "attribute": ["Color", "Color", "Material", "Material", "Category"],
    }
)


@pytest.fixture
def journal(tmp_path: Path):
    with DecisionStore(tmp_path / "decisions.sqlite") as store:
        yield Journal(store)


def sit_down(journal: Journal, where: QueueFilter = WRONG, place: Place | None = None) -> Desk:
    queue = ReviewQueue(ISSUES, ISSUES.head(0), labels=LABELS)
    desk = Desk(place or Place(), queue, journal, where, "mika", "v1", "m1")
    desk.settle()
    return desk


def asked(desk: Desk) -> tuple[str, str]:
    return desk.place.card.instance_id, desk.place.label_id


def decide(desk: Desk, verdict: Verdict = Verdict.ABSENT, note: str = "") -> None:
    desk.decide(desk.place.event_uid, verdict, note)


def test_the_best_ranked_issue_is_asked_first(journal):
    assert asked(sit_down(journal)) == ("shoe", "red")


def test_a_card_is_finished_before_the_next_one(journal):
    desk = sit_down(journal)
    order = []
    for _ in range(5):
        order.append(asked(desk))
        decide(desk)
    expected = [("shoe", "red"), ("shoe", "leather"), ("shoe", "boots")]
    assert order == [*expected, ("cap", "blue"), ("sock", "wool")]


def test_a_finished_queue_has_no_question(journal):
    desk = sit_down(journal)
    for _ in range(5):
        decide(desk)
    assert desk.place.label_id == ""


def test_a_decision_says_who_when_and_on_what_evidence(journal):
    desk = sit_down(journal)
    decide(desk, Verdict.PRESENT, note=" sure\0 ")
    (event,) = journal.history("shoe", "red")
    assert (event.reviewer, event.verdict, event.note) == ("mika", "present", "sure")
    assert (event.label_version, event.model_id) == ("v1", "m1")
    assert event.shown_ms is not None


def test_pressing_twice_is_one_decision(journal):
    desk = sit_down(journal)
    uid = desk.place.event_uid
    desk.decide(uid, Verdict.ABSENT, "")
    desk.decide(uid, Verdict.PRESENT, "")
    assert asked(desk) == ("shoe", "leather")
    assert len(journal.history("shoe", "red")) == 1
    assert journal.history("shoe", "leather") == []


def test_undo_returns_to_the_question_and_is_an_event(journal):
    desk = sit_down(journal)
    for _ in range(4):
        decide(desk)
    desk.undo()
    assert asked(desk) == ("cap", "blue")
    decided, undone = journal.history("cap", "blue")
    assert undone.undoes == decided.event_uid
    assert not journal.is_decided("cap", "blue")


def test_a_pair_can_be_decided_again_after_undo(journal):
    desk = sit_down(journal)
    decide(desk)
    desk.undo()
    decide(desk, Verdict.PRESENT)
    assert journal.verdicts("shoe") == {"red": "present"}


def test_undo_without_a_decision_does_nothing(journal):
    desk = sit_down(journal)
    desk.undo()
    assert asked(desk) == ("shoe", "red")


def test_the_place_outlives_a_new_desk(journal):
    desk = sit_down(journal)
    desk.step_card(1)
    assert asked(sit_down(journal, place=desk.place)) == ("cap", "blue")


def test_a_new_session_starts_at_the_best_open_question(journal):
    decide(sit_down(journal))
    assert asked(sit_down(journal)) == ("cap", "blue")


def test_steps_go_round_the_labels_of_a_card(journal):
    desk = sit_down(journal)
    seen = []
    for _ in range(3):
        desk.step(1)
        seen.append(asked(desk)[1])
    assert seen == ["leather", "boots", "red"]
    desk.step(-1)
    assert asked(desk)[1] == "boots"


def test_moving_gives_the_question_a_new_event_id(journal):
    desk = sit_down(journal)
    before = desk.place.event_uid
    desk.step(1)
    desk.step(-1)
    assert asked(desk) == ("shoe", "red")
    assert desk.place.event_uid != before


def test_cards_can_be_passed_and_come_back_at_the_end(journal):
    desk = sit_down(journal)
    desk.step_card(1)
    decide(desk)
    decide(desk)
    assert asked(desk) == ("shoe", "red")


def test_there_is_no_card_before_the_first_or_after_the_last(journal):
    desk = sit_down(journal)
    assert not desk.has_card(-1)
    desk.step_card(1)
    desk.step_card(1)
    assert not desk.has_card(1)
    desk.step_card(1)
    assert asked(desk) == ("sock", "wool")


def test_a_filter_on_the_attribute_asks_nothing_else(journal):
    desk = sit_down(journal, QueueFilter(kind="wrong", attribute="Color"))
    assert desk.labels_to_ask(desk.place.card) == ["red"]


def test_another_filter_starts_anew(journal):
    desk = sit_down(journal)
    desk.step_card(1)
    desk = sit_down(journal, QueueFilter(kind="missing"), desk.place)
    assert asked(desk) == ("shoe", "boots")


def test_what_others_decide_meanwhile_is_not_asked(journal):
    mine, theirs = sit_down(journal), sit_down(journal)
    theirs.step(1)
    decide(theirs)
    decide(mine)
    assert asked(mine) == ("shoe", "boots")


def test_a_store_that_fails_keeps_the_question(journal, monkeypatch):
    desk = sit_down(journal)

    def fail(_decision):
        raise WorkbenchError("the disk is full")

    monkeypatch.setattr(journal, "record", fail)
    decide(desk)
    assert asked(desk) == ("shoe", "red")
    assert desk.place.failure == "the disk is full"
    assert desk.place.done == []


def test_a_decision_taken_back_elsewhere_is_not_taken_back_twice(journal):
    here, there = sit_down(journal), sit_down(journal)
    decide(here)
    there.place.done = list(here.place.done)
    there.undo()
    here.undo()
    assert "is undone already" in here.place.failure
    assert here.place.done == []
    assert asked(here) == ("shoe", "leather")

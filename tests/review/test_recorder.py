from __future__ import annotations

from uuid import UUID

import pytest

from workbench.review.decisions import Role
from workbench.review.recorder import Recorder
from workbench.review.store import DecisionStore
from workbench.review.team import Member, NotAllowedError


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


MIKA, KEN = Member("mika"), Member("ken")
LEAD = Member("lead", is_adjudicator=True)


def recorder(store, member=MIKA, role=Role.ANNOTATOR):
    return Recorder(store, member, role, "v1", "m1")


def event(number, verdict="present", **other):
    sent = {"event_uid": str(UUID(int=number)), "instance_id": "q1", "label_id": "red"}
    return sent | {"verdict": verdict, "note": "", "shown_ms": 120} | other


def test_what_is_sent_again_is_acknowledged_and_recorded_once(store) -> None:
    for _ in range(2):
        saved, refused = recorder(store).record([event(1), event(2, label_id="blue")])
        assert (len(saved), refused) == (2, [])
    assert store.log()[["reviewer", "label_version"]].drop_duplicates().to_numpy().tolist() == [
        ["mika", "v1"]
    ]
    assert len(store.log()) == 2


def test_one_that_does_not_fit_keeps_no_other_out(store) -> None:
    undo_of_nothing = event(3, undoes=str(UUID(int=99)))
    sent = [event(1), event(2, "maybe"), undo_of_nothing, event(4, label_id="blue")]
    saved, refused = recorder(store).record(sent)
    assert saved == [str(UUID(int=1)), str(UUID(int=4))]
    assert [each.event_uid for each in refused] == [str(UUID(int=2)), str(UUID(int=3))]
    assert "verdict must be present, absent or unsure" in refused[0].reason


def test_a_decision_and_its_undo_may_come_together(store) -> None:
    saved, refused = recorder(store).record([event(1), event(2, undoes=str(UUID(int=1)))])
    assert (len(saved), refused) == (2, [])
    assert store.decided_pairs().empty


def test_nobody_but_an_adjudicator_takes_back_what_another_decided(store) -> None:
    recorder(store).record([event(1)])
    undo = event(2, undoes=str(UUID(int=1)))
    _, refused = recorder(store, KEN).record([undo])
    assert "take back a decision of mika; ken is none" in refused[0].reason
    saved, _ = recorder(store, LEAD).record([undo])
    assert saved == [str(UUID(int=2))]


def test_nobody_but_an_adjudicator_decides_as_one(store) -> None:
    with pytest.raises(NotAllowedError, match=r"only an adjudicator can settle .* ken is none"):
        recorder(store, KEN, Role.ADJUDICATOR).record([event(1)])
    assert recorder(store, LEAD, Role.ADJUDICATOR).record([event(1)])[1] == []
    assert store.log()["role"].tolist() == ["adjudicator"]


def test_a_browser_adds_nothing_to_a_batch(store) -> None:
    assert recorder(store).record([event(1, batch_id="b1")])[1] == []
    assert store.log()["batch_id"].isna().all()


def test_an_undo_of_what_is_no_uid_is_refused(store) -> None:
    saved, refused = recorder(store).record([event(1, undoes=7), event(2)])
    assert saved == [str(UUID(int=2))]
    assert "undoes must be a UUID" in refused[0].reason

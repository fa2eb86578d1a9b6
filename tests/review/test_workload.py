from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest

from workbench.review.burn_down import open_by_day
from workbench.review.conflicts import find_conflicts
from workbench.review.decisions import Decision, Role
from workbench.review.store import DecisionStore
from workbench.review.workload import (
    count_decisions,
    measure_pace,
    newest_decisions,
    verdicts_of_several,
)

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


def decide(store, number, reviewer, instance_id, verdict="present", minutes=0, **other):
    when = START + timedelta(minutes=minutes)
    uid = str(UUID(int=number))
    store.record(Decision(uid, when, reviewer, instance_id, "red", verdict, **other))


def test_every_decision_counts_but_no_undo(store) -> None:
    decide(store, 1, "mika", "q1")
    decide(store, 2, "mika", "q2", batch_id="b1")
    decide(store, 3, "ken", "q1")
    decide(store, 4, "ken", "q1", undoes=str(UUID(int=3)))
    decide(store, 5, "boss", "q1", undoes=str(UUID(int=1)))
    assert count_decisions(store.database).to_numpy().tolist() == [["mika", 2], ["ken", 1]]


def test_an_empty_store_counts_nothing(store) -> None:
    database = store.database
    assert store.last_position() == 0
    assert count_decisions(database).empty
    assert measure_pace(newest_decisions(database, 10)).empty
    assert find_conflicts(verdicts_of_several(database, 10)).empty


def test_the_newest_decisions_are_those_made_one_by_one(store) -> None:
    for n in range(1, 4):
        decide(store, n, "mika", f"q{n}", shown_ms=n)
    decide(store, 4, "mika", "q4", batch_id="b1")
    decide(store, 5, "mika", "q3", undoes=str(UUID(int=3)))
    found = newest_decisions(store.database, 2)
    assert found["instance_id"].tolist() == ["q3", "q2"]
    assert found["shown_ms"].tolist() == [3, 2]


def test_pace_counts_the_stretches_in_which_somebody_was_at_work(store) -> None:
    for n, minutes in enumerate([0, 1, 2, 60], 1):
        decide(store, n, "mika", f"q{n}", minutes=minutes, shown_ms=n)
    (row,) = measure_pace(newest_decisions(store.database, 10)).to_dict("records")
    assert row["active_hours"] == pytest.approx(2 * 5 / 60)
    assert row["per_hour"] == pytest.approx(4 / (2 * 5 / 60))
    assert row["median_shown_ms"] == (2 + 3) / 2


def test_only_pairs_that_several_judged_are_of_several(store) -> None:
    decide(store, 1, "mika", "q1")
    decide(store, 2, "mika", "q2")
    decide(store, 3, "ken", "q1", "absent")
    found = verdicts_of_several(store.database, 1)
    assert sorted(zip(found["reviewer"], found["instance_id"], found["verdict"], strict=True)) == [
        ("ken", "q1", "absent"),
        ("mika", "q1", "present"),
    ]


def test_a_conflict_names_who_says_what_until_it_is_settled(store) -> None:
    decide(store, 1, "mika", "q1")
    decide(store, 2, "ken", "q1", "absent")
    decide(store, 3, "aki", "q1", "absent", minutes=5)
    decide(store, 4, "jun", "q1", "unsure")
    (row,) = find_conflicts(verdicts_of_several(store.database, 10)).to_dict("records")
    assert (row["present"], row["absent"], row["unsure"]) == ("mika", "aki, ken", "jun")
    assert row["decided_at"] == START + timedelta(minutes=5)
    decide(store, 5, "lead", "q1", "absent", role=Role.ADJUDICATOR)
    assert find_conflicts(verdicts_of_several(store.database, 10)).empty


def standing(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["instance_id", "decided_at"]).assign(label_id="red")
    return frame.assign(decided_at=pd.to_datetime(frame["decided_at"], utc=True, format="ISO8601"))


ISSUES = pd.DataFrame({"instance_id": ["q1", "q2", "q3", "q4"], "label_id": "red"})
TODAY = pd.Timestamp("2026-03-04")


def test_an_issue_closes_on_the_day_of_its_first_verdict() -> None:
    said = standing(("q1", "2026-03-02T23:59"), ("q1", "2026-03-04"), ("q2", "2026-03-04"))
    found = open_by_day(ISSUES, said, n_issues=4, today=TODAY)
    assert found["day"].dt.day.tolist() == [1, 2, 3, 4]
    assert found["n_open"].tolist() == [4, 3, 3, 2]


def test_a_sample_of_issues_stands_for_all() -> None:
    found = open_by_day(ISSUES, standing(("q1", "2026-03-04")), n_issues=400, today=TODAY)
    assert found["n_open"].tolist() == [400, 300]


def test_without_a_verdict_on_an_issue_there_is_no_burn_down() -> None:
    assert open_by_day(ISSUES, standing(("q9", "2026-03-04")), n_issues=4, today=TODAY).empty

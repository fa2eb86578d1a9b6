from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest

from workbench.review.audits import ask_for_audit
from workbench.review.decisions import Decision, Role, undo_of
from workbench.review.pair_positions import PairPositions
from workbench.review.standing import Standing
from workbench.review.store import DecisionStore

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ISSUES = pd.DataFrame(
    [(f"q{n}", label) for n in range(50) for label in ("red", "blue")],
    columns=["instance_id", "label_id"],
)


def decision(number, pair, verdict="present", reviewer="mika", role=Role.ANNOTATOR):
    at = START + timedelta(seconds=number)
    return Decision(str(UUID(int=number)), at, reviewer, *pair, verdict, role=role)


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


@pytest.fixture
def standing():
    return Standing(PairPositions(ISSUES))


def pairs_of(mask) -> list[tuple[str, str]]:
    return list(ISSUES[mask].itertuples(index=False, name=None))


def test_positions_of_pairs_are_those_of_the_table() -> None:
    shuffled = ISSUES.sample(frac=1, random_state=0).reset_index(drop=True)
    positions = PairPositions(shuffled)
    assert positions.of(shuffled.iloc[::-1]).tolist() == list(range(99, -1, -1))
    strange = pd.DataFrame({"instance_id": ["q1", "q1", "x"], "label_id": ["red", "x", "red"]})
    assert (positions.of(strange) >= 0).tolist() == [True, False, False]
    assert [list(axis) for axis in positions.pairs()] == [list(shuffled[n]) for n in shuffled]


def test_what_anybody_decides_is_decided_until_it_is_taken_back(store, standing) -> None:
    first = decision(1, ("q3", "red"))
    store.record_many([first, decision(2, ("q9", "green"))])  # the other one is no issue
    assert standing.refresh(store)
    assert pairs_of(standing.is_decided) == [("q3", "red")]
    assert standing.decided_by("mika").sum() == 1
    assert not standing.refresh(store)
    store.record(undo_of(first, event_uid=str(UUID(int=3)), reviewer="mika", decided_at=START))
    assert standing.refresh(store)
    assert not standing.is_decided.any()
    assert not standing.decided_by("mika").any()


def test_a_share_of_the_pairs_is_open_to_a_second_reviewer(store) -> None:
    standing = Standing(PairPositions(ISSUES), overlap=0.3)
    store.record_many([decision(n, pair) for n, pair in enumerate(pairs_of(slice(None)))])
    standing.refresh(store)
    again = standing.second_opinions("ken")
    assert 15 <= again.sum() <= 45
    assert not standing.second_opinions("mika").any()
    store.record_many(
        [decision(200 + n, pair, reviewer="ken") for n, pair in enumerate(pairs_of(again))]
    )
    standing.refresh(store)
    assert not standing.second_opinions("ana").any()


def test_a_pair_that_a_second_reviewer_is_wanted_for_is_open_to_one(store, standing) -> None:
    store.record_many([decision(1, ("q1", "red")), decision(2, ("q2", "red"))])
    wanted = pd.DataFrame({"instance_id": ["q1", "x"], "label_id": ["red", "red"]})
    with store.database.writing() as connection:
        ask_for_audit(connection, wanted, "b1", by="lead", now=START, n=2)
    standing.refresh(store)
    assert pairs_of(standing.second_opinions("ken")) == [("q1", "red")]
    assert not standing.second_opinions("mika").any()


def test_a_late_start_knows_what_keeping_up_knows(store, standing) -> None:
    standing.refresh(store)
    for n, verdict in enumerate(["present", "absent", "unsure", "absent"]):
        store.record(decision(n, (f"q{n % 2}", "red"), verdict, reviewer=f"r{n}"))
        standing.refresh(store)
    late = Standing(PairPositions(ISSUES))
    late.refresh(store)
    assert late.last == standing.last
    for name in ("n_present", "n_absent", "n_unsure", "is_disputed"):
        assert (getattr(late, name) == getattr(standing, name)).all()


def test_a_dispute_lasts_until_an_adjudicator_settles_it(store, standing) -> None:
    pair = ("q1", "red")
    store.record_many([decision(1, pair), decision(2, pair, "absent", reviewer="ken")])
    standing.refresh(store)
    assert pairs_of(standing.is_disputed) == [pair]
    store.record(decision(3, pair, "absent", reviewer="lead", role=Role.ADJUDICATOR))
    standing.refresh(store)
    assert not standing.is_disputed.any()


def test_what_somebody_is_unsure_of_a_second_one_judges(store, standing) -> None:
    pair = ("q1", "red")
    store.record(decision(1, pair, "unsure"))
    standing.refresh(store)
    assert pairs_of(standing.second_opinions("ken")) == [pair]
    assert not standing.second_opinions("mika").any()
    store.record(decision(2, pair, "unsure", reviewer="ken"))
    standing.refresh(store)
    assert not standing.second_opinions("ana").any()

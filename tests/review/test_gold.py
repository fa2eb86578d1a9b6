from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.review.decisions import Decision, Role
from workbench.review.gold import GoldPairs
from workbench.review.store import DecisionStore
from workbench.review.team import Member, NotAllowedError
from workbench.signals.intervals import wilson_interval

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ADMIN, MIKA = Member("boss", is_admin=True), Member("mika", is_adjudicator=True)


def verdicts(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["instance_id", "label_id", "verdict"])


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


@pytest.fixture
def gold(store) -> GoldPairs:
    return GoldPairs(store.database)


def decide(store, *said, role=Role.ANNOTATOR) -> None:
    start = store.last_position()
    store.record_many(
        Decision(str(UUID(int=start + n)), NOW, *one, role=role) for n, one in enumerate(said)
    )


def test_what_is_set_is_listed_with_who_set_it(gold) -> None:
    pairs = verdicts(("q1", "red", "present"), ("q2", "red", "absent"))
    assert gold.set(pairs, ADMIN, now=NOW) == 2
    found = gold.pairs()
    assert found[list(pairs)].astype("str").equals(pairs.astype("str"))
    assert set(found["set_by"]) == {"boss"}


def test_a_pair_that_is_set_anew_has_the_new_verdict_and_others_are_left(gold) -> None:
    gold.set(verdicts(("q1", "red", "present"), ("q2", "red", "absent")), ADMIN, now=NOW)
    pairs = verdicts(("q1", "red", "absent"), ("q2", "red", "absent"))
    assert gold.set(pairs, ADMIN, now=NOW) == 1
    assert gold.pairs().sort_values("instance_id")["verdict"].tolist() == ["absent", "absent"]


def test_nobody_but_an_admin_sets_or_removes_gold(gold) -> None:
    pairs = verdicts(("q1", "red", "present"))
    with pytest.raises(NotAllowedError, match="only an admin can set gold pairs; mika is none"):
        gold.set(pairs, MIKA, now=NOW)
    with pytest.raises(NotAllowedError, match="only an admin can remove gold pairs"):
        gold.remove(pairs, MIKA)
    assert gold.pairs().empty


def test_removing_says_how_many_were_gold(gold) -> None:
    gold.set(verdicts(("q1", "red", "present"), ("q2", "red", "absent")), ADMIN, now=NOW)
    assert gold.remove(verdicts(("q1", "red", ""), ("q9", "red", "")), ADMIN) == 1
    assert gold.pairs()["instance_id"].tolist() == ["q2"]


def test_a_pair_with_two_verdicts_is_told_with_all_else_that_is_wrong(gold) -> None:
    pairs = verdicts(("q1", "red", "present"), ("q1", "red", "absent"), ("q2", "red", "unsure"))
    with pytest.raises(InputError, match=r"1 verdicts are neither .*; 1 pairs have two verdicts"):
        gold.set(pairs, ADMIN, now=NOW)


def test_what_an_adjudicator_settled_becomes_gold_but_not_what_they_are_unsure_of(
    store, gold
) -> None:
    decide(store, ("mika", "q1", "red", "present"), ("mika", "q3", "red", "present"))
    settled = [("lead", "q1", "red", "absent"), ("lead", "q2", "red", "unsure")]
    decide(store, *settled, role=Role.ADJUDICATOR)
    assert gold.set_settled(ADMIN, now=NOW) == 1
    assert gold.pairs()[["instance_id", "verdict"]].to_numpy().tolist() == [["q1", "absent"]]


def test_accuracy_counts_answers_on_gold_pairs_with_wilsons_interval(store, gold) -> None:
    gold.set(verdicts(*((f"q{n}", "red", "present") for n in range(4))), ADMIN, now=NOW)
    said = [("mika", f"q{n}", "red", "present") for n in range(2)]
    said += [("mika", "q2", "red", "absent"), ("mika", "q3", "red", "unsure")]
    decide(store, *said, ("ken", "q9", "red", "absent"))
    (row,) = gold.report().to_dict("records")
    assert (row["reviewer"], row["n_pairs"], row["n_right"], row["n_unsure"]) == ("mika", 3, 2, 1)
    low, high = wilson_interval(np.array([2 / 3]), np.array([3.0]))
    assert [row["accuracy"], row["low"], row["high"]] == [2 / 3, low[0], high[0]]


def test_what_somebody_settled_is_not_held_against_the_gold_it_made(store, gold) -> None:
    decide(store, ("lead", "q1", "red", "absent"), role=Role.ADJUDICATOR)
    gold.set_settled(ADMIN, now=NOW)
    assert gold.report().empty

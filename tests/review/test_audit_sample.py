from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from workbench.review.audit_sample import draw_lowest, open_to, random_numbers, said_of_sample
from workbench.review.decision_log import resolve
from workbench.review.decisions import Decision, Role
from workbench.review.store import DecisionStore

START = datetime(2026, 1, 5, tzinfo=UTC)
PAIRS = pd.DataFrame({"instance_id": ["q1", "q1", "q2"], "label_id": ["red", "blue", "red"]})
KEYS, STRATUM = np.arange(1000) * 7, np.arange(1000) % 2


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


def say(store, number, pair, verdict, reviewer="mika", **other):
    store.record(Decision(str(UUID(int=number)), START, reviewer, *pair, verdict, **other))


def test_drawing_more_keeps_what_is_drawn_and_its_order():
    numbers = random_numbers(KEYS, seed=3)
    few, more = draw_lowest(numbers, STRATUM, [10, 5]), draw_lowest(numbers, STRATUM, [10, 40])
    both = few.merge(more, on=["row", "stratum", "place"])
    assert len(both) == len(few) == 15


def test_every_pair_of_a_stratum_is_drawn_equally_often():
    drawn = np.zeros(1000)
    for seed in range(100):
        drawn[draw_lowest(random_numbers(KEYS, seed), STRATUM, [50, 100])["row"]] += 1
    assert drawn[0::2].mean() == 100 * 50 / 500
    # The counts of a binomial law have this spread.
    assert drawn[0::2].std() == pytest.approx(np.sqrt(100 * 0.1 * 0.9), rel=0.15)
    assert drawn[1::2].std() == pytest.approx(np.sqrt(100 * 0.2 * 0.8), rel=0.15)


def test_strata_advance_alike_in_the_order_of_asking():
    asked = draw_lowest(random_numbers(KEYS, 0), STRATUM, [50, 100])["stratum"].to_numpy()
    assert (asked[:30] == 1).sum() == pytest.approx(20, abs=1)


def test_an_auditors_verdict_decides_nothing(store):
    say(store, 1, ("q1", "red"), "absent", role=Role.AUDITOR)
    assert store.current().empty
    assert resolve(store.log()).empty
    assert len(store.log()) == 1


def test_what_somebody_decided_stands_whatever_they_say_as_auditor(store):
    say(store, 1, ("q1", "red"), "present")
    say(store, 2, ("q1", "red"), "absent", role=Role.AUDITOR)
    assert store.current()["verdict"].tolist() == ["present"]
    store.rebuild()
    assert store.current()["verdict"].tolist() == ["present"]


def test_a_batch_has_not_looked_at_its_pairs(store):
    say(store, 1, ("q1", "red"), "present", batch_id="b1")
    say(store, 2, ("q1", "blue"), "present")
    say(store, 3, ("q2", "red"), "unsure", role=Role.AUDITOR)
    said = said_of_sample(store, PAIRS)
    assert said["looked"].tolist() == [None, "present", None]
    assert said["audited"].tolist() == [None, None, "unsure"]


def test_nobody_is_asked_about_what_they_said_themselves(store):
    say(store, 1, ("q1", "red"), "present")
    say(store, 2, ("q2", "red"), "absent", role=Role.AUDITOR)
    said = said_of_sample(store, PAIRS)
    assert open_to(PAIRS, said, "mika").tolist() == [False, True, False]
    assert open_to(PAIRS, said, "kim").tolist() == [True, True, False]

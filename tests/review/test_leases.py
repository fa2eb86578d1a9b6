from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from workbench.review.database import Database
from workbench.review.leases import LEASE, claim, held_by_others, release

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def database(location):
    database = Database(location)
    yield database
    database.close()


def ask(database, instance_ids, reviewer, now=NOW):
    with database.writing() as connection:
        return claim(connection, instance_ids, reviewer, now=now)


def test_who_asks_first_gets_an_instance_and_keeps_it(database):
    assert ask(database, ["q1", "q2"], "mika") == {"q1", "q2"}
    assert ask(database, ["q2", "q3"], "ken") == {"q3"}
    assert ask(database, ["q1", "q2", "q3"], "mika") == {"q1", "q2"}
    assert ask(database, [], "ken") == set()


def test_a_lease_ends_by_itself_unless_it_is_asked_for_again(database):
    ask(database, ["q1", "q2"], "mika")
    later = NOW + timedelta(seconds=30)
    ask(database, ["q1"], "mika", now=later)
    assert ask(database, ["q1", "q2"], "ken", now=NOW + LEASE) == {"q2"}
    assert ask(database, ["q1"], "ken", now=later + LEASE) == {"q1"}


def test_others_see_what_is_held_until_it_is_given_back(database):
    ask(database, ["q1", "q2"], "mika")
    with database.writing() as connection:
        release(connection, ["q1", "q9"], "mika")
        release(connection, ["q2"], "ken")  # not his
        assert set(held_by_others(connection, "ken", now=NOW)) == {"q2"}
        assert not held_by_others(connection, "mika", now=NOW)
        assert not held_by_others(connection, "ken", now=NOW + LEASE)


def test_of_many_who_ask_at_once_one_gets_each_instance(database):
    wanted = [f"q{n}" for n in range(40)]
    names = [f"reviewer {n}" for n in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        gained = list(pool.map(lambda name: ask(database, wanted, name), names))
    assert sorted(instance for each in gained for instance in each) == sorted(wanted)

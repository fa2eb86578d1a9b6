"""Many who write at once, as a team does: nobody fails, and the log is in the order of commits."""

from __future__ import annotations

import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event, Lock
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.review.database import Database
from workbench.review.decisions import Role
from workbench.review.leases import LEASE, claim, held_by_others, release
from workbench.review.recorder import Recorder
from workbench.review.schema import LEASES
from workbench.review.store import DecisionStore
from workbench.review.team import Member

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANCES = [f"q{n}" for n in range(12)]
N_WRITERS, N_MESSAGES = 20, 10


def messages(writer):
    """Give what a browser sends: some decisions each time, on few pairs and in any order."""
    chance = random.Random(writer)
    for number in range(N_MESSAGES):
        yield [
            {
                "event_uid": str(UUID(int=(writer << 32) + (number << 8) + place)),
                "instance_id": instance,
                "label_id": "red",
                "verdict": "present",
            }
            for place, instance in enumerate(chance.sample(INSTANCES, chance.randint(1, 6)))
        ]


def write(store, writer):
    recorder, saved = Recorder(store, Member(f"r{writer % 5}"), Role.ANNOTATOR, "v1", "m1"), []
    for message in messages(writer):
        uids, refused = recorder.record(message)
        assert not refused
        saved += uids
        with store.database.writing() as connection:
            claim(connection, [event["instance_id"] for event in message], f"r{writer}", now=NOW)
    return saved


def test_twenty_who_write_and_claim_at_once_all_succeed(location):
    with DecisionStore(location) as store, ThreadPoolExecutor(N_WRITERS) as pool:
        saved = [
            uid for uids in pool.map(lambda n: write(store, n), range(N_WRITERS)) for uid in uids
        ]
        assert sorted(store.log()["event_uid"]) == sorted(saved)
        current = store.current()
        store.rebuild()
        assert store.current().equals(current)


def test_twenty_who_open_a_new_store_at_once_all_succeed(location):
    def work(writer):
        with DecisionStore(location) as store:
            return write(store, writer)

    with ThreadPoolExecutor(N_WRITERS) as pool:
        saved = list(pool.map(work, range(N_WRITERS)))
    with DecisionStore(location) as store:
        assert len(store.log()) == sum(map(len, saved))


def test_threads_of_a_program_take_turns_instead_of_finding_the_file_locked(tmp_path):
    location = f"sqlite:///{tmp_path}/decisions.sqlite?timeout=0"
    with DecisionStore(location) as store, ThreadPoolExecutor(N_WRITERS) as pool:
        assert all(pool.map(lambda writer: write(store, writer), range(N_WRITERS)))


def test_what_is_read_of_the_log_never_changes_behind_the_reader(location):
    """Whoever has read up to a position misses nothing: no later commit gets an earlier one."""
    seen, is_over = [], Event()

    def read(store):
        while not is_over.is_set():
            seen.append(store.log()["event_uid"].tolist())

    with DecisionStore(location) as store, ThreadPoolExecutor(N_WRITERS + 1) as pool:
        reading = pool.submit(read, store)
        list(pool.map(lambda n: write(store, n), range(N_WRITERS)))
        is_over.set()
        reading.result()
        log = store.log()["event_uid"].tolist()
    assert all(uids == log[: len(uids)] for uids in seen)
    assert len({len(uids) for uids in seen}) > 1


@pytest.fixture
def database(location):
    database = Database(location)
    yield database
    database.close()


STEPS = st.tuples(
    st.sampled_from(["mika", "ken", "ana"]),
    st.sets(st.sampled_from(INSTANCES[:4])),
    st.booleans(),
    st.sampled_from([timedelta(0), timedelta(minutes=4), LEASE]),
)


def expected_of_claim(held, instance_ids, reviewer, now):
    """Lease as one person with a list would: holder and end by instance."""
    free = {i for i in instance_ids if i not in held or held[i][0] == reviewer or held[i][1] <= now}
    return free, held | dict.fromkeys(free, (reviewer, now + LEASE))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, max_size=12))
def test_leases_are_those_of_a_list_kept_by_hand(database, steps):
    held, now = {}, NOW
    with database.writing() as connection:
        connection.execute(LEASES.delete())
        for reviewer, instance_ids, is_claim, later in steps:
            now += later
            if is_claim:
                gained, held = expected_of_claim(held, instance_ids, reviewer, now)
                assert claim(connection, sorted(instance_ids), reviewer, now=now) == gained
            else:
                release(connection, instance_ids, reviewer)
                mine = {i for i in instance_ids if held.get(i, ("",))[0] == reviewer}
                held = {i: holder for i, holder in held.items() if i not in mine}
            others = {i for i, (name, end) in held.items() if name != reviewer and end > now}
            assert set(held_by_others(connection, reviewer, now=now)) == others


def test_no_two_reviewers_hold_an_instance_at_one_moment(database):
    holders, lock, n_gained = defaultdict(set), Lock(), []

    def work(reviewer):
        chance = random.Random(reviewer)
        for _ in range(12):
            with database.writing() as connection:
                wanted = chance.sample(INSTANCES, 5)
                gained = claim(connection, wanted, f"r{reviewer}", now=NOW)
            with lock:
                n_gained.append(len(gained))
                for instance_id in gained:
                    holders[instance_id].add(reviewer)
                    assert holders[instance_id] == {reviewer}
            with lock:
                for instance_id in gained:
                    holders[instance_id].remove(reviewer)
            with database.writing() as connection:
                release(connection, gained, f"r{reviewer}")

    with ThreadPoolExecutor(N_WRITERS) as pool:
        list(pool.map(work, range(N_WRITERS)))
    assert sum(n_gained) > len(INSTANCES)

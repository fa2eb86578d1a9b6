"""What is acknowledged survives that writers, and the server of the database, are killed.

Longer: WORKBENCH_TEST_KILLS=100 pytest -s tests/review/test_killed.py
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pandas as pd
import pytest

import workbench
from workbench.review.decision_log import effective_decisions
from workbench.review.decisions import Role
from workbench.review.engine import database_url
from workbench.review.recorder import Recorder
from workbench.review.store import DecisionStore
from workbench.review.team import Member

PROJECT = str(Path(workbench.__file__).parents[1])
WRITER = Path(__file__).parent / "writer.py"
N_KILLS = int(os.environ.get("WORKBENCH_TEST_KILLS", "4"))
AT_ONCE = 2


class Writer:
    """A process that decides until it is killed, and what its browsers know."""

    def __init__(self, location, number):
        self.lines = []
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, str(WRITER), location, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([PROJECT, *sys.path])},
        )
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self):
        self.lines.extend(json.loads(line) for line in self._process.stdout if line.endswith(b"\n"))

    def wait_for(self, what, seconds=60):
        """Wait until the writer has told this, from now on."""
        n, until = len(self.lines), time.monotonic() + seconds
        while not any(what in line for line in self.lines[n:]):
            assert time.monotonic() < until, f"waited {seconds} s for a line with {what!r}"
            assert self._process.poll() is None, "the writer ended by itself"
            time.sleep(0.001)

    def kill(self):
        self._process.kill()
        self._reader.join()
        self._process.communicate()

    def told(self, what):
        return [line[what] for line in self.lines if what in line]


@pytest.fixture
def writers():
    writers = []
    yield writers
    for writer in writers:
        writer.kill()


def start(location, writers, n):
    new = [Writer(location, len(writers) + number) for number in range(n)]
    writers.extend(new)
    return new


def check_nothing_is_lost(location, writers, *, note=""):
    """Every acknowledged decision is there, and all are once when the browsers send again."""
    sent = {event["event_uid"]: event for writer in writers for event in writer.told("sent")}
    saved = {uid for writer in writers for told in writer.told("saved") for uid in told}
    assert not [why for writer in writers for told in writer.told("refused") for why in told]
    with DecisionStore(location) as store:
        before = set(store.log()["event_uid"])
        assert saved <= before <= sent.keys()
        send_again(store, [event for uid, event in sent.items() if uid not in saved])
        log = store.log()
        names = ["event_uid", "reviewer", "instance_id", "label_id", "verdict"]
        kept = log[names].sort_values("event_uid", ignore_index=True)
        expected = pd.DataFrame(list(sent.values()))[names].sort_values(
            "event_uid", ignore_index=True
        )
        pd.testing.assert_frame_equal(kept, expected, check_dtype=False)
        send_again(store, list(sent.values()))
        assert len(store.log()) == len(sent)
        current = store.current()
        assert sorted(effective_decisions(log)["event_uid"]) == sorted(current["event_uid"])
        store.rebuild()
        pd.testing.assert_frame_equal(store.current(), current)
    print(  # noqa: T201
        f"{note}: {len(saved)} acknowledged, all there; {len(sent) - len(saved)} not, of which "
        f"{len(before - saved)} were there too; {len(sent)} after all were sent again"
    )
    return saved


def send_again(store, events):
    for name in {event["reviewer"] for event in events}:
        own = [event for event in events if event["reviewer"] == name]
        saved, refused = Recorder(store, Member(name), Role.ANNOTATOR, "v1", "m1").record(own)
        assert (len(saved), refused) == (len(own), [])


@pytest.mark.slow
def test_killed_writers_lose_and_double_nothing(location, writers):
    chance = random.Random(0)
    while len(writers) < N_KILLS:
        for writer in start(location, writers, min(AT_ONCE, N_KILLS - len(writers))):
            writer.wait_for("saved")
            time.sleep(chance.uniform(0, 0.3))
            writer.kill()
    note = f"{len(writers)} writers killed on {database_url(location).get_backend_name()}"
    assert len(check_nothing_is_lost(location, writers, note=note)) > N_KILLS


@pytest.mark.slow
def test_killed_server_of_the_database_loses_and_doubles_nothing(
    postgres_server, postgres_url, writers
):
    if "WORKBENCH_TEST_POSTGRES_URL" in os.environ:
        pytest.skip("the configured server is not ours to kill")
    chance, n_kills = random.Random(0), max(2, N_KILLS // 10)
    first, second = start(postgres_url, writers, 2)
    for number in range(n_kills):
        first.wait_for("saved")
        second.wait_for("saved")
        time.sleep(chance.uniform(0, 0.3))
        postgres_server.kill() if number % 2 else postgres_server.stop("immediate")
        first.wait_for("failed")
        postgres_server.start()
    first.wait_for("saved")
    for writer in writers:
        writer.kill()
    note = f"PostgreSQL killed {n_kills} times under 2 writers"
    assert len(check_nothing_is_lost(postgres_url, writers, note=note)) > n_kills

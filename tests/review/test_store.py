import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url, update

import workbench
from workbench.errors import DamagedArtefactError, InputError, WorkbenchError
from workbench.review.decision_log import effective_decisions, log_frame
from workbench.review.decisions import Decision, Verdict, undo_of
from workbench.review.schema import CURRENT, STORE
from workbench.review.schema import EVENTS as EVENTS_TABLE
from workbench.review.store import DecisionStore

PROJECT = str(Path(workbench.__file__).parents[1])
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def uid(number):
    return str(UUID(int=number))


def moment(seconds):
    return START + timedelta(seconds=seconds)


def decision(number, verdict="present", *, reviewer="mika", pair=("q1", "red"), at=None, **other):
    decided_at = moment(number if at is None else at)
    return Decision(uid(number), decided_at, reviewer, *pair, verdict, **other)


def undo(number, target):
    return undo_of(target, event_uid=uid(number), reviewer="lead", decided_at=moment(number))


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


def standing(store):
    return dict(zip(store.current()["event_uid"], store.current()["verdict"], strict=True))


def test_log_gives_back_what_was_recorded(store):
    decisions = [
        decision(1, "absent", note="色が違う \U0001f45f 'x'; --", batch_id="b1", shown_ms=812),
        decision(2, label_version="v3", model_id="m-17", pair=("赤い靴", "Color: Red")),
        undo(3, decision(1, "absent")),
    ]
    for each in decisions:
        assert store.record(each)
    pd.testing.assert_frame_equal(store.log(), log_frame(decisions))


def test_time_keeps_its_microseconds_and_loses_its_zone(store):
    tokyo = timezone(timedelta(hours=9))
    decided_at = datetime(2026, 1, 5, 18, 0, 0, 123456, tzinfo=tokyo)
    store.record(Decision(uid(1), decided_at, "mika", "q1", "red", "absent"))
    assert store.log()["decided_at"].tolist() == [decided_at]


def test_empty_store_gives_empty_tables_of_the_same_types(store):
    empty = store.log(), store.current(), store.counts_by_label()
    store.record(decision(1, shown_ms=5))
    full = store.log(), store.current(), store.counts_by_label()
    assert [len(table) for table in empty] == [0, 0, 0]
    assert all(a.dtypes.equals(b.dtypes) for a, b in zip(empty, full, strict=True))


def test_same_uid_twice_is_one_decision(store):
    assert store.record(decision(1))
    assert not store.record(decision(1))
    assert store.record_many([decision(1), decision(2), decision(2)]) == 1
    assert store.log()["event_uid"].tolist() == [uid(1), uid(2)]


def test_decision_sent_again_later_keeps_its_first_time(store):
    store.record(decision(1))
    assert not store.record(decision(1, at=60))
    assert store.log()["decided_at"].tolist() == [moment(1)]


def test_uid_of_another_decision_is_refused(store):
    store.record(decision(1))
    with pytest.raises(InputError, match=f"1 event uids are taken by other .*{uid(1)}"):
        store.record_many([decision(2), decision(1, "absent")])
    with pytest.raises(InputError, match="taken by other decisions"):
        store.record_many([decision(3), decision(3, "absent")])
    assert len(store.log()) == 1


def test_later_verdict_replaces_even_if_it_arrives_first(store):
    store.record(decision(2, "absent"))
    store.record(decision(1, "present"))
    assert standing(store) == {uid(2): "absent"}


def test_undo_brings_back_the_verdict_before(store):
    store.record_many([decision(1, "present"), decision(2, "absent")])
    assert store.record(undo(3, decision(2, "absent")))
    assert standing(store) == {uid(1): "present"}
    assert store.log()["undoes"].tolist()[2] == uid(2)


def test_undone_pair_is_open_again(store):
    store.record(decision(1))
    assert store.record(undo(2, decision(1)))
    assert store.current().empty
    assert not store.record(undo(2, decision(1)))


def test_undo_that_does_not_fit_is_refused_and_leaves_no_trace(store):
    store.record_many([decision(1), decision(2), undo(3, decision(2))])
    for event, message in [
        (undo(9, decision(2)), f"{uid(2)} is undone already"),
        (decision(9, undoes=uid(3)), "is itself an undo; record a new decision"),
        (decision(9, undoes=uid(8)), "it is not in the store"),
        (decision(9, undoes=uid(1), pair=("q2", "red")), r"another pair, \('q1', 'red'\)"),
    ]:
        with pytest.raises(InputError, match=message):
            store.record_many([decision(5, "absent"), event])
    assert len(store.log()) == 3


def test_what_stands_is_told_without_its_moments_too(store):
    store.record_many([decision(1), decision(2, "absent", reviewer="ken")])
    told = store.verdicts().sort_values("reviewer").to_numpy().tolist()
    assert told == [
        ["q1", "red", "ken", "absent", "annotator"],
        ["q1", "red", "mika", "present", "annotator"],
    ]


def test_a_pair_that_two_have_decided_counts_once_for_its_label(store):
    store.record_many([decision(1), decision(2, pair=("q2", "red")), decision(3, reviewer="ken")])
    assert store.counts_by_label().to_numpy().tolist() == [["red", 2]]


def test_rebuild_repairs_the_projection(store):
    store.record_many([decision(1), decision(2, "absent"), decision(3, reviewer="ken")])
    store.record(undo(4, decision(2, "absent")))
    before = store.current()
    with store.database.writing() as connection:
        connection.execute(update(CURRENT).values(verdict="unsure"))
    store.rebuild()
    pd.testing.assert_frame_equal(store.current(), before)


def test_more_decisions_than_a_statement_carries_go_in_at_once(store):
    many = [decision(n, pair=(f"q{n}", "red"), batch_id="all") for n in range(1, 1203)]
    assert store.record_many(many) == 1202
    assert store.record_many(many) == 0
    undos = [undo(5000 + n, each) for n, each in enumerate(many)]
    assert store.record_many(undos) == 1202
    assert store.current().empty


EVENTS = st.tuples(
    st.sampled_from(["mika", "ken"]),
    st.sampled_from(["red", "blue"]),
    st.sampled_from(list(Verdict)),
    st.integers(0, 5),
    st.booleans(),
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(EVENTS, max_size=10))
def test_projection_agrees_with_the_log(store, drawn):
    with store.database.writing() as connection:
        for table in (EVENTS_TABLE, CURRENT):
            connection.execute(table.delete())
    for number, (reviewer, label, verdict, at, undone) in enumerate(drawn):
        made = decision(2 * number + 1, verdict, reviewer=reviewer, pair=("q", label), at=at)
        store.record(made)
        if undone:
            store.record(undo(2 * number + 2, made))
    projected = store.current()
    store.rebuild()
    pd.testing.assert_frame_equal(store.current(), projected)
    expected = effective_decisions(store.log())["event_uid"]
    assert sorted(projected["event_uid"]) == sorted(expected)


def test_projection_of_many_events_in_one_go_is_that_of_one_by_one(store):
    made = [decision(n, at=n % 7, pair=(f"q{n % 5}", "red")) for n in range(1, 40)]
    store.record_many([*made, *(undo(100 + n, each) for n, each in enumerate(made[::3]))])
    projected = store.current()
    store.rebuild()
    pd.testing.assert_frame_equal(store.current(), projected)
    store.record_many(undo(200 + n, each) for n, each in enumerate(made[1::3]))
    expected = effective_decisions(store.log())["event_uid"]
    assert sorted(store.current()["event_uid"]) == sorted(expected)


def test_decisions_are_there_when_the_store_is_opened_again(location):
    for number in (1, 2, 3):
        with DecisionStore(location) as store:
            store.record(decision(number))
            assert len(store.log()) == number


def test_a_path_and_its_url_are_one_store(tmp_path):
    with (
        DecisionStore(tmp_path / "decisions.sqlite") as store,
        DecisionStore(f"sqlite:///{tmp_path}/decisions.sqlite") as same,
    ):
        store.record(decision(1))
        assert len(same.log()) == 1


def test_store_of_a_newer_program_is_refused(location):
    with DecisionStore(location) as store, store.database.writing() as connection:
        connection.execute(update(STORE).values(version=3))
    with pytest.raises(WorkbenchError, match=r"has layout 3.*install a newer label-workbench"):
        DecisionStore(location)


def test_store_that_turns_newer_while_open_takes_no_more_decisions(store):
    with store.database.writing() as connection:
        connection.execute(update(STORE).values(version=3))
    with pytest.raises(WorkbenchError, match="has layout 3"):
        store.record(decision(1))


def test_store_without_one_version_is_damaged(location):
    with DecisionStore(location) as store, store.database.writing() as connection:
        connection.execute(STORE.delete())
    with pytest.raises(DamagedArtefactError, match=r"expected one layout version, found \[\]"):
        DecisionStore(location)


def test_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "decisions.sqlite").write_text("instance_id,label_id\n" * 100)
    with pytest.raises(DamagedArtefactError, match=r"decisions.sqlite: not a decision store"):
        DecisionStore(tmp_path / "decisions.sqlite")


def test_store_that_stays_locked_says_so(tmp_path):
    with (
        DecisionStore(f"sqlite:///{tmp_path}/decisions.sqlite?timeout=0") as store,
        DecisionStore(tmp_path / "decisions.sqlite") as other,
        other.database.writing(),
        pytest.raises(WorkbenchError, match=r"database is locked; check .* kept locked by another"),
    ):
        store.record(decision(1))


def test_server_that_stays_locked_says_so(postgres_url, monkeypatch):
    monkeypatch.setattr("workbench.review.engine.BUSY_TIMEOUT_SECONDS", 1)
    with (
        DecisionStore(postgres_url) as store,
        DecisionStore(postgres_url) as other,
        other.database.writing(),
        pytest.raises(WorkbenchError, match=r"lock timeout.*; check .* kept locked by another"),
    ):
        store.record(decision(1))


def test_password_of_a_server_is_not_told(postgres_url):
    url = make_url(postgres_url).set(password="".join(["sec", "ret"]), port=1)
    with pytest.raises(WorkbenchError, match=r"postgresql.*\*\*\*.* does not answer") as caught:
        DecisionStore(url.render_as_string(hide_password=False))
    assert "secret" not in str(caught.value)


def test_threads_share_a_store(store):
    def work(reviewer):
        for number in range(20):
            new = reviewer * 100 + number
            store.record(decision(new, reviewer=f"r{reviewer}", pair=(f"q{number}", "red")))
            store.events_on([f"q{number}"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert store.current()["reviewer"].value_counts().tolist() == [20] * 8


WRITER = """
import sys
from datetime import UTC, datetime
from uuid import UUID
from workbench.review.decisions import Decision
from workbench.review.store import DecisionStore

location, writer, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
with DecisionStore(location) as store:
    for number in range(writer * n, writer * n + n):
        decided_at = datetime(2026, 1, 5, tzinfo=UTC)
        pair = f"q{number % 7}", "red"
        store.record(Decision(str(UUID(int=number)), decided_at, f"r{number % 2}", *pair, "absent"))
        print(UUID(int=number), flush=True)
"""


def start_writer(location, writer, n):
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", WRITER, location, str(writer), str(n)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([PROJECT, *sys.path])},
    )


def release(writers):
    """Let them open the store and write at the same moment."""
    for writer in writers:
        writer.stdout.readline()
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()


def test_processes_that_write_at_once_lose_nothing(location):
    writers = [start_writer(location, writer, 50) for writer in range(4)]
    release(writers)
    acknowledged = [line for writer in writers for line in writer.communicate()[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    with DecisionStore(location) as store:
        assert sorted(store.log()["event_uid"]) == sorted(acknowledged)
        projected = store.current()
        store.rebuild()
        pd.testing.assert_frame_equal(store.current(), projected)
    assert len(acknowledged) == 4 * 50


def test_the_last_decisions_that_one_can_undo_are_ones_own_standing_and_no_batch(store):
    mine = [decision(n, pair=(f"q{n}", "red")) for n in range(1, 6)]
    batch = decision(7, batch_id="b1", pair=("q7", "red"))
    store.record_many([*mine, decision(6, reviewer="ken"), batch, undo(8, mine[3])])
    found = store.latest_to_undo("mika", moment(2), limit=2)
    assert found == [mine[2], mine[4]]

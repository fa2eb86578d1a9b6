from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.review.decisions import Decision, undo_of
from workbench.review.store import DecisionStore
from workbench.ui.journal import Journal

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def decision(n: int, label: str = "red", reviewer: str = "mika", verdict: str = "present"):
    uid, when = str(UUID(int=n)), START + timedelta(minutes=n)
    return Decision(uid, when, reviewer, "shoe", label, verdict)


def undo(n: int, decided: Decision) -> Decision:
    when = START + timedelta(minutes=n)
    return undo_of(decided, event_uid=str(UUID(int=n)), reviewer="mika", decided_at=when)


@pytest.fixture
def store(tmp_path: Path):
    with DecisionStore(tmp_path / "decisions.sqlite") as opened:
        yield opened


def test_what_another_process_wrote_is_seen_after_catching_up(store):
    journal = Journal(store)
    journal.catch_up()
    store.record(decision(1))
    journal.catch_up()
    assert journal.is_decided("shoe", "red")


def test_a_written_event_is_on_disk_at_once(store):
    Journal(store).record(decision(1))
    assert store.log()["event_uid"].tolist() == [str(UUID(int=1))]


def test_the_latest_verdict_on_a_label_is_told(store):
    journal = Journal(store)
    journal.record(decision(1, verdict="present"))
    journal.record(decision(2, verdict="absent", reviewer="rin"))
    assert journal.verdicts("shoe") == {"red": "absent"}


def test_today_counts_what_was_not_taken_back(store):
    journal = Journal(store)
    journal.record(decision(1))
    journal.record(decision(2, label="blue"))
    journal.record(undo(3, decision(2, label="blue")))
    assert journal.n_decided_on(date(2026, 1, 5), "mika") == 1
    assert journal.n_decided_on(date(2026, 1, 6), "mika") == 0
    assert journal.n_decided_on(date(2026, 1, 5), "rin") == 0


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["red", "blue"]), st.sampled_from(["mika", "rin"]), st.booleans())
    )
)
def test_decided_pairs_are_those_of_the_store(steps, tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "decisions.sqlite"
    with DecisionStore(path) as store:
        journal, standing = Journal(store), []
        for n, (label, reviewer, takes_back) in enumerate(steps, 1):
            if takes_back and standing:
                journal.record(undo(n, standing.pop()))
            else:
                standing.append(decision(n, label, reviewer))
                journal.record(standing[-1])
        expected = store.decided_pairs().sort_values(["instance_id", "label_id"])
        found = journal.decided_pairs()
        assert found.to_numpy().tolist() == expected.to_numpy().tolist()
        again = Journal(store)
        again.catch_up()
        assert again.decided_pairs().equals(found)

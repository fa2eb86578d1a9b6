from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.review.decision_log import (
    LOG_COLUMNS,
    effective_decisions,
    log_frame,
    resolve,
    unseen_pairs,
)
from workbench.review.decisions import Decision, Verdict, undo_of

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def uid(number):
    return str(UUID(int=number))


def decision(number, verdict="present", *, reviewer="mika", pair=("q1", "red"), at=None, **other):
    decided_at = START + timedelta(seconds=number if at is None else at)
    return Decision(uid(number), decided_at, reviewer, *pair, verdict, **other)


def undo(number, target, *, reviewer="mika"):
    at = START + timedelta(seconds=number)
    return undo_of(target, event_uid=uid(number), reviewer=reviewer, decided_at=at)


def test_time_is_kept_in_utc():
    tokyo = datetime(2026, 1, 5, 18, 0, tzinfo=timezone(timedelta(hours=9)))
    made = Decision(uid(1), tokyo, "mika", "q1", "red", "absent")
    assert made.decided_at == START
    assert made.decided_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event_uid": "17"}, "event_uid must be a UUID .*, found '17'"),
        ({"event_uid": uid(255).upper()}, "event_uid must be a UUID"),
        ({"undoes": "x"}, "undoes must be a UUID"),
        ({"undoes": uid(1)}, "cannot undo itself"),
        ({"reviewer": " "}, "reviewer must not be empty"),
        ({"label_id": ""}, "label_id must not be empty"),
        ({"verdict": "yes"}, "verdict must be present, absent or unsure, found 'yes'"),
        ({"decided_at": datetime(2026, 1, 5)}, "decided_at needs a time zone"),
        ({"shown_ms": -1}, "shown_ms must be 0 or more, found -1"),
        ({"note": "a\0b"}, "note holds a NUL"),
        ({"note": "\ud83d"}, "note holds .* half a surrogate pair"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    fitting = {
        "event_uid": uid(1),
        "decided_at": START,
        "reviewer": "mika",
        "instance_id": "q1",
        "label_id": "red",
        "verdict": "present",
    }
    with pytest.raises(InputError, match=message):
        Decision(**{**fitting, **change})


def test_all_complaints_about_a_decision_come_at_once():
    with pytest.raises(InputError, match="reviewer must not be empty; verdict must be"):
        Decision(uid(1), START, "", "q1", "red", "maybe")


def test_log_has_the_columns_and_types_of_the_table():
    log = log_frame([decision(1, shown_ms=800)])
    assert log.columns.tolist() == LOG_COLUMNS
    assert log.dtypes.astype(str)[["verdict", "decided_at", "shown_ms", "undoes"]].tolist() == [
        "str",
        "datetime64[us, UTC]",
        "Int64",
        "str",
    ]
    assert log.dtypes.equals(log_frame([]).dtypes)


def test_latest_decision_of_a_reviewer_replaces_the_earlier():
    log = log_frame([decision(2, "absent"), decision(1, "present")])
    assert effective_decisions(log)["event_uid"].tolist() == [uid(2)]


def test_of_two_decisions_at_one_moment_the_later_in_the_log_stands():
    log = log_frame([decision(1, "absent", at=5), decision(2, "present", at=5)])
    assert effective_decisions(log)["verdict"].tolist() == ["present"]


def test_reviewers_do_not_replace_each_other():
    log = log_frame([decision(1), decision(2, "absent", reviewer="ken")])
    assert len(effective_decisions(log)) == 2


def test_undo_brings_back_what_the_reviewer_said_before():
    first, second = decision(1, "present"), decision(2, "absent")
    log = log_frame([first, second, undo(3, second)])
    assert effective_decisions(log)["event_uid"].tolist() == [uid(1)]


def test_undone_only_decision_leaves_nothing():
    log = log_frame([decision(1), undo(2, decision(1), reviewer="lead")])
    assert effective_decisions(log).empty


def test_undo_of_an_undo_is_refused():
    first = undo(2, decision(1))
    with pytest.raises(InputError, match="is an undo and cannot be undone"):
        undo(3, first)
    log = log_frame([decision(1), first, decision(3, undoes=uid(2))])
    with pytest.raises(InputError, match=f"1 events undo an undo: \\['{uid(3)}'\\]"):
        effective_decisions(log)


def test_undo_must_name_an_event_of_the_same_pair_in_the_log():
    log = log_frame([decision(1), decision(2, undoes=uid(1), pair=("q2", "red"))])
    with pytest.raises(InputError, match="1 events undo one of another pair"):
        effective_decisions(log)
    with pytest.raises(InputError, match="1 undone events are not in the log"):
        effective_decisions(log.tail(1))


def test_log_with_strange_rows_is_refused_in_one_message():
    log = log_frame([decision(1), decision(1)]).assign(verdict=["present", "yes"])
    with pytest.raises(InputError, match=r"1 verdicts are not .*\['yes'\]; 1 events appear more"):
        effective_decisions(log)


def test_log_without_a_column_or_time_zone_is_refused():
    log = log_frame([decision(1)])
    with pytest.raises(InputError, match=r"columns \['undoes'\] are missing"):
        effective_decisions(log.drop(columns="undoes"))
    with pytest.raises(InputError, match="decided_at needs a time zone"):
        effective_decisions(log.assign(decided_at=log["decided_at"].dt.tz_localize(None)))


@pytest.mark.parametrize(
    ("said", "verdict", "conflict"),
    [
        ("present", "present", False),
        ("present present absent", "present", False),
        ("absent absent unsure present", "absent", False),
        ("absent unsure unsure", "absent", False),
        ("present absent", "unsure", True),
        ("unsure", "unsure", True),
    ],
)
def test_majority_of_present_and_absent_decides(said, verdict, conflict):
    votes = said.split()
    log = log_frame([decision(i, vote, reviewer=f"r{i}") for i, vote in enumerate(votes)])
    [row] = resolve(log).to_dict("records")
    assert (row["verdict"], row["conflict"]) == (verdict, conflict)
    assert (row["n_present"], row["n_absent"]) == (votes.count("present"), votes.count("absent"))


def test_resolved_pairs_tell_when_the_last_vote_came():
    log = log_frame([decision(1), decision(9, reviewer="ken"), decision(4, pair=("a", "b"))])
    resolved = resolve(log)
    assert resolved["instance_id"].tolist() == ["a", "q1"]
    assert resolved["decided_at"].tolist() == [START + timedelta(seconds=s) for s in (4, 9)]


def test_what_was_only_said_in_batches_was_seen_by_nobody():
    log = log_frame(
        [
            decision(1, pair=("q1", "red"), batch_id="b"),
            decision(2, pair=("q2", "red"), batch_id="b"),
            decision(3, pair=("q2", "red"), reviewer="noa"),
            decision(4, pair=("q3", "red")),
        ]
    )
    unseen = unseen_pairs(effective_decisions(log))
    assert unseen.to_numpy().tolist() == [["q1", "red"]]


def test_empty_log_resolves_to_nothing_with_the_same_columns():
    full, empty = resolve(log_frame([decision(1)])), resolve(log_frame([]))
    assert empty.empty
    assert empty.dtypes.equals(full.dtypes)


@st.composite
def histories(draw):
    """Decisions at distinct moments, some of them undone."""
    numbers, events = count(1), []
    for _ in range(draw(st.integers(0, 12))):
        standing = [e for e in events if e.undoes is None and not _is_undone(e, events)]
        if standing and draw(st.booleans()):
            events.append(undo(next(numbers), draw(st.sampled_from(standing))))
        else:
            pair = draw(st.sampled_from([("q1", "red"), ("q1", "blue"), ("q2", "red")]))
            reviewer = draw(st.sampled_from(["mika", "ken"]))
            verdict = draw(st.sampled_from(list(Verdict)))
            events.append(decision(next(numbers), verdict, reviewer=reviewer, pair=pair))
    return events


def _is_undone(event, events):
    return any(other.undoes == event.event_uid for other in events)


def slow_effective(events):
    standing = {}
    for event in sorted(events, key=lambda event: event.decided_at):
        if event.undoes is None and not _is_undone(event, events):
            standing[(event.reviewer, *event.pair)] = event.event_uid
    return sorted(standing.values())


@settings(max_examples=30, deadline=None)
@given(histories())
def test_effective_decisions_agree_with_a_loop_over_the_events(events):
    found = effective_decisions(log_frame(events))["event_uid"]
    assert sorted(found) == slow_effective(events)


@settings(max_examples=30, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_order_of_rows_never_matters(events, random):
    shuffled = list(events)
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(resolve(log_frame(shuffled)), resolve(log_frame(events)))

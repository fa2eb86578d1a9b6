import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.matrices import LabelMatrix
from workbench.review.apply import apply_decisions

INSTANCES, LABELS = pd.Index(["q1", "q2", "q3"]), pd.Index(["red", "blue", "shoe"])


def matrix(pairs, confidence=None):
    return LabelMatrix.from_pairs(
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
        instance_ids=INSTANCES,
        label_ids=LABELS,
        confidence=None if confidence is None else np.float32(confidence),
    )


def resolved(verdicts):
    rows = [(*pair, verdict) for pair, verdict in verdicts.items()]
    return pd.DataFrame(rows, columns=["instance_id", "label_id", "verdict"]).astype("str")


def pairs_of(labels):
    return set(labels.to_frame()[["instance_id", "label_id"]].itertuples(index=False, name=None))


def test_present_adds_absent_removes_and_unsure_leaves():
    given_labels = matrix([("q1", "red"), ("q2", "blue"), ("q3", "shoe")])
    applied = apply_decisions(
        given_labels,
        resolved({("q1", "red"): "absent", ("q1", "shoe"): "present", ("q2", "blue"): "unsure"}),
    )
    assert pairs_of(applied.labels) == {("q1", "shoe"), ("q2", "blue"), ("q3", "shoe")}
    assert (applied.added, applied.removed, applied.confirmed, applied.unsure) == (1, 1, 0, 1)


def test_verdict_that_agrees_confirms():
    verdicts = {("q1", "red"): "present", ("q1", "blue"): "absent"}
    applied = apply_decisions(matrix([("q1", "red")]), resolved(verdicts))
    assert (applied.added, applied.removed, applied.confirmed) == (0, 0, 2)


def test_what_a_person_says_is_present_has_confidence_one():
    given_labels = matrix([("q1", "red"), ("q2", "blue")], [0.25, 0.5])
    verdicts = {("q1", "red"): "present", ("q1", "shoe"): "present"}
    labels = apply_decisions(given_labels, resolved(verdicts)).labels
    assert labels.to_frame()["confidence"].tolist() == [1.0, 1.0, 0.5]


def test_confidence_stays_unknown_where_it_was():
    labels = apply_decisions(matrix([]), resolved({("q1", "red"): "present"})).labels
    assert labels.confidence is None


def test_pairs_that_vanished_are_returned():
    verdicts = {("gone", "red"): "present", ("q1", "old"): "absent", ("q1", "red"): "present"}
    applied = apply_decisions(matrix([]), resolved(verdicts))
    assert applied.unknown_pairs["instance_id"].tolist() == ["gone", "q1"]
    assert (applied.added, len(applied.unknown_pairs)) == (1, 2)


def test_pair_resolved_twice_is_refused():
    twice = pd.concat([resolved({("q1", "red"): verdict}) for verdict in ("present", "absent")])
    with pytest.raises(InputError, match=r"1 pairs appear more than once: \[\['q1', 'red'\]\]"):
        apply_decisions(matrix([]), twice)


def test_no_decisions_change_nothing():
    given_labels = matrix([("q1", "red")], [0.5])
    applied = apply_decisions(given_labels, resolved({}))
    assert pairs_of(applied.labels) == {("q1", "red")}
    assert applied.labels.confidence.tolist() == [0.5]


PAIRS = st.tuples(st.sampled_from([*INSTANCES, "gone"]), st.sampled_from([*LABELS, "old"]))
VERDICTS = st.dictionaries(PAIRS, st.sampled_from(["present", "absent", "unsure"]))
KNOWN_PAIRS = st.sets(st.tuples(st.sampled_from(list(INSTANCES)), st.sampled_from(list(LABELS))))


@settings(max_examples=30, deadline=None)
@given(KNOWN_PAIRS, VERDICTS)
def test_applying_agrees_with_sets(pairs, verdicts):
    known = {p: v for p, v in verdicts.items() if p[0] in INSTANCES and p[1] in LABELS}
    expected = pairs - {p for p, v in known.items() if v == "absent"}
    expected |= {p for p, v in known.items() if v == "present"}
    applied = apply_decisions(matrix(sorted(pairs)), resolved(verdicts))
    assert pairs_of(applied.labels) == expected
    assert len(pairs) + applied.added - applied.removed == len(expected)
    told = applied.added + applied.removed + applied.confirmed + applied.unsure
    assert told + len(applied.unknown_pairs) == len(verdicts)


@settings(max_examples=30, deadline=None)
@given(KNOWN_PAIRS, VERDICTS)
def test_applying_twice_is_applying_once(pairs, verdicts):
    once = apply_decisions(matrix(sorted(pairs), [0.5] * len(pairs)), resolved(verdicts))
    twice = apply_decisions(once.labels, resolved(verdicts))
    pd.testing.assert_frame_equal(once.labels.to_frame(), twice.labels.to_frame())
    assert (twice.added, twice.removed) == (0, 0)
    assert twice.confirmed == once.added + once.removed + once.confirmed

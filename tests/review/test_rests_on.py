from datetime import UTC, datetime, timedelta
from uuid import UUID

import pandas as pd

from workbench.review.decision_log import effective_decisions, log_frame, settled
from workbench.review.decisions import Decision
from workbench.review.rests_on import (
    decision_table,
    people_of,
    reviewer_counts,
    settled_by_people,
    touched_since,
)


def log_of(*events):
    """Return the log of (reviewer, label, verdict, seen, role) on 'q', a minute apart."""
    start = datetime(2026, 1, 5, tzinfo=UTC)
    return log_frame(
        Decision(
            *(str(UUID(int=n)), start + timedelta(minutes=n), reviewer, "q", label, verdict),
            label_version=seen,
            role=role,
        )
        for n, (reviewer, label, verdict, seen, role) in enumerate(events)
    )


LOG = log_of(
    ("mika", "red", "present", "v1", "annotator"),
    ("noor", "red", "absent", "v2", "annotator"),
    ("ana", "red", "absent", "v3", "adjudicator"),
    ("mika", "blue", "present", "", "annotator"),
)
STANDING = effective_decisions(LOG)
RESOLVED = settled(STANDING)


def test_an_adjudicator_settles_and_the_labels_are_those_last_seen():
    said, at = people_of(RESOLVED, STANDING)
    rows = settled_by_people(RESOLVED, said, at).set_index("label_id")
    assert rows.loc["red", ["settled_by", "made_on"]].tolist() == ["adjudicator", "v3"]
    assert rows.loc["blue", "settled_by"] == "person"
    assert pd.isna(rows.loc["blue", "made_on"])


def test_the_table_names_reviewers_and_events_of_each_pair():
    said, at = people_of(RESOLVED, STANDING)
    table = decision_table(RESOLVED, said, at).to_pylist()
    red = next(row for row in table if row["label_id"] == "red")
    assert red["reviewers"] == ["mika", "noor", "ana"]
    assert red["event_uids"] == [str(UUID(int=n)) for n in range(3)]
    assert (red["n_present"], red["n_absent"], red["signals"]) == (1, 2, None)


def test_no_decision_makes_an_empty_table():
    nothing = effective_decisions(log_frame(()))
    said, at = people_of(settled(nothing), nothing)
    assert decision_table(settled(nothing), said, at).num_rows == 0


def test_reviewers_are_counted_as_those_who_are_right_or_outvoted():
    said, at = people_of(RESOLVED, STANDING)
    assert reviewer_counts(RESOLVED, said, at) == {
        "ana": {"pairs": 1, "counted": 1, "outvoted": 0},
        "mika": {"pairs": 2, "counted": 1, "outvoted": 1},
        "noor": {"pairs": 1, "counted": 1, "outvoted": 0},
    }


def test_pairs_with_later_events_are_new_and_all_of_another_log():
    assert touched_since(RESOLVED, LOG, 3).tolist() == [True, False]
    assert touched_since(RESOLVED, LOG, 4).tolist() == [False, False]
    assert touched_since(RESOLVED, LOG, 9).tolist() == [True, True]

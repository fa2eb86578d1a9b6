"""Pairs that are judged beside the model's own candidates."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from pipelines.candidates import (
    drawn_among_judged,
    scores_among,
    scores_of_candidates,
    voted_pairs,
    with_further,
)
from workbench.matrices import LabelMatrix, PairScores, pairs_in
from workbench.report import Report
from workbench.workspace import Workspace

ROWS, COLUMNS = pd.Index(["q1", "q2"]), pd.Index(["red", "blue", "bag"])


def scores_of(dense):
    return PairScores(csr_array(np.array(dense, np.float32)), ROWS, COLUMNS)


def believe(*pairs):
    return pd.DataFrame(pairs, columns=["instance_id", "label_id", "posterior"])


@pytest.fixture
def given():
    return LabelMatrix.from_pairs(["q1"], ["red"], instance_ids=ROWS, label_ids=COLUMNS)


def test_pairs_that_votes_do_not_think_unlikely_are_candidates(given):
    believed = believe(("q1", "blue", 0.3), ("q2", "bag", 0.05), ("q2", "red", 0.04))
    found = voted_pairs(given, believed)
    assert list(zip(*found.nonzero(), strict=True)) == [(0, 1), (1, 2)]


def test_given_pairs_and_those_of_other_axes_are_no_candidates(given):
    believed = believe(("q1", "red", 0.9), ("q9", "blue", 0.9), ("q2", "green", 0.9))
    assert voted_pairs(given, believed).nnz == 0


def test_further_scores_stand_beside_and_change_none():
    found = with_further(scores_of([[0.5, 0, 0], [0, 0, 0]]), scores_of([[0.9, 0, 0.2], [0, 1, 0]]))
    assert found.values.toarray() == pytest.approx(np.array([[0.5, 0, 0.2], [0, 1, 0]]))


def test_scores_of_some_pairs_leave_out_what_has_none():
    pairs = pd.DataFrame({"instance_id": ["q1", "q1", "q9"], "label_id": ["red", "blue", "red"]})
    found = scores_among(scores_of([[0.5, 0, 0], [0.7, 0, 0]]), pairs)
    assert found.values.toarray() == pytest.approx(np.array([[0.5, 0, 0], [0, 0, 0]]))


def test_what_the_weak_signals_think_likely_is_judged(workspace):
    posterior = Workspace(workspace).artefact("label").table("posterior")
    scores = scores_of_candidates(Workspace(workspace).artefact("score"))
    rows = scores.instance_ids.get_indexer(posterior["instance_id"])
    columns = scores.label_ids.get_indexer(posterior["label_id"])
    judged = pairs_in(scores.values, rows, columns) >= 0
    likely = (posterior["posterior"] >= 0.05).to_numpy()
    given = Workspace(workspace).label_version("v1").labels()
    rare = given.support()[columns] < 2  # no other instance teaches the model the label
    assert (judged | rare)[likely].all()
    assert not judged[~likely].all()


def test_drawn_pairs_count_as_such_if_they_are_judged_whatever_was_said():
    pairs = [("q1", "red"), ("q1", "blue"), ("q1", "bag"), ("q2", "red"), ("q2", "blue")]
    reviewed = pd.DataFrame(pairs, columns=["instance_id", "label_id"]).assign(audit=True)
    without = LabelMatrix.from_pairs(["q1"], ["red"], instance_ids=ROWS, label_ids=COLUMNS)
    scores = scores_of([[0.01, 0.6, 0.01], [0.01, 0, 0]])
    votes = csr_array(np.array([[-9, -9, -9], [-9, -2, 0]], float))
    lowest = np.float32([0.5, np.inf])
    report = Report()
    found = drawn_among_judged(reviewed, scores, lowest, votes, without, report)
    # Given, a candidate of the model, none, none, and one that the votes do not think unlikely.
    assert found["audit"].tolist() == [True, True, False, False, True]
    assert report.lines() == [
        "pairs drawn at random that no sample can hold, judged for their verdict: 2"
    ]

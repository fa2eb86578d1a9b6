"""The truth as the reviewer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from pipelines.gain.desk import Desk
from pipelines.gain.lesson import Lesson
from workbench.matrices import LabelMatrix


@pytest.fixture
def desk() -> Desk:
    """Two instances, three labels: (0, 0) is true and given, (0, 1) missing, (1, 2) wrong."""
    axes = pd.Index(["q1", "q2"]), pd.Index(["red", "blue", "shoe"])
    truth, given = (
        LabelMatrix(csr_array(np.array(rows, bool)), *axes)
        for rows in ([[1, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 1]])
    )
    nothing = csr_array((2, 1), dtype=np.float32)
    return Desk(Lesson(nothing, truth, nothing, truth, given))


def test_an_answer_sets_the_pair_to_what_is_true(desk):
    desk.answer(desk.keys(np.array([0, 1, 0]), np.array([1, 2, 0])))
    assert desk.labels().to_frame()["label_id"].tolist() == ["red", "blue"]
    assert (desk.tally.asked, desk.tally.found) == (3, 2)
    assert sorted(desk.reviewed()["verdict"]) == ["absent", "present", "present"]


def test_a_batch_is_one_decision_and_what_it_spoils_is_counted(desk):
    desk.decide_batch(desk.keys(np.array([0, 1]), np.array([1, 1])), np.array([True, True]))
    assert (desk.tally.asked, desk.tally.unseen, desk.tally.spoilt) == (1, 2, 1)
    assert desk.labels().n_given == 4
    assert desk.reviewed().empty  # nobody looked at them


def test_an_automatic_correction_costs_no_decision_and_decides_nothing(desk):
    desk.correct(pd.DataFrame({"instance_id": ["q2"], "label_id": ["shoe"], "verdict": ["absent"]}))
    assert (desk.tally.asked, desk.tally.unseen, desk.tally.spoilt) == (0, 1, 0)
    assert not desk.is_decided(desk.keys(np.array([1]), np.array([2]))).any()

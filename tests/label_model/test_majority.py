from __future__ import annotations

import pandas as pd
import pytest
from scipy.special import expit
from sklearn.exceptions import NotFittedError

from workbench.label_model import MajorityVote

LABELS = pd.DataFrame({"label_id": ["red", "sale"], "attribute": ["Color", None]})
VOTES = pd.DataFrame(
    [
        ("q1", "red", "clicks", 3),
        ("q1", "red", "text", 1),
        ("q2", "red", "clicks", 0),
        ("q2", "sale", "clicks", 1),
        ("q2", "sale", "text", 0),
    ],
    columns=["instance_id", "label_id", "source", "level"],
)


def test_votes_for_and_against_are_counted():
    posterior = MajorityVote().fit(VOTES, LABELS).predict(VOTES, LABELS)
    assert posterior["posterior"].tolist() == pytest.approx(expit([1 + 1, -1, 1 - 1]))
    assert posterior["votes_for"].tolist() == [2, 0, 1]
    assert posterior["votes_against"].tolist() == [0, 1, 1]
    assert posterior["unanimous"].tolist() == [True, True, False]


def test_a_weight_is_the_log_odds_of_a_vote():
    posterior = MajorityVote(weights={"clicks": 3}).fit_predict(VOTES, LABELS)
    assert posterior["evidence_clicks"].tolist() == [3, -3, 3]
    assert posterior["posterior"].tolist() == pytest.approx(expit([3 + 1, -3, 3 - 1]))


def test_reviewed_pairs_get_their_verdict():
    reviewed = pd.DataFrame({"instance_id": ["q1"], "label_id": ["red"], "verdict": ["absent"]})
    posterior = MajorityVote().fit_predict(VOTES, LABELS, reviewed)
    assert posterior["posterior"].tolist()[0] == 0
    assert posterior["overturned"].tolist() == [True, False, False]


def test_predicting_before_fitting_is_refused():
    with pytest.raises(NotFittedError, match="call fit before predict"):
        MajorityVote().predict(VOTES, LABELS)


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match=r"0 or more, found \{'clicks': -1\}"):
        MajorityVote(weights={"clicks": -1}).fit(VOTES, LABELS)

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.issues.gain import WORTH_OF_WRONG, gain_ranks

PROPENSITY = pd.Series({"head": 0.8, "tail": 0.2})


def issues(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["label_id", "kind", "label_quality"])
    instance_ids = [f"q{i}" for i in range(len(frame))]
    return frame.assign(instance_id=instance_ids, rank=frame.groupby("kind").cumcount() + 1)


def test_a_missing_label_is_worth_more_than_a_wrong_one():
    found = issues(("head", "wrong", 0.1), ("head", "missing", 0.6))
    assert 0.9 * WORTH_OF_WRONG < 0.4
    assert gain_ranks(found, PROPENSITY).tolist() == [2, 1]


def test_a_sure_wrong_label_comes_before_a_doubtful_missing_one():
    found = issues(("head", "wrong", 0.1), ("head", "missing", 0.8))
    assert gain_ranks(found, PROPENSITY).tolist() == [1, 2]


def test_the_tail_weight_brings_rare_labels_forward():
    found = issues(("head", "missing", 0.2), ("tail", "missing", 0.5))
    assert gain_ranks(found, PROPENSITY, tail_weight=0.0).tolist() == [1, 2]
    # .8 / .8 = 1 against .5 / .2 = 2.5
    assert gain_ranks(found, PROPENSITY, tail_weight=1.0).tolist() == [2, 1]


def test_equal_gains_keep_the_rank_of_their_kind():
    found = issues(*[("head", "missing", 0.5)] * 3).assign(rank=[3, 1, 2])
    assert gain_ranks(found, PROPENSITY).tolist() == [3, 1, 2]


def test_what_no_model_learns_from_comes_last():
    found = issues(("head", "missing", 0.1), ("head", "missing", 0.5), ("head", "wrong", 0.5))
    assert gain_ranks(found, PROPENSITY, test_instances=pd.Index(["q0"])).tolist() == [3, 1, 2]


def test_no_issues_have_no_ranks():
    assert gain_ranks(issues(), PROPENSITY).tolist() == []


def test_a_label_without_a_propensity_is_refused():
    with pytest.raises(InputError, match=r"1 labels have no propensity: \['new'\]"):
        gain_ranks(issues(("new", "wrong", 0.1)), PROPENSITY)


def test_a_tail_weight_out_of_range_is_refused():
    with pytest.raises(ValueError, match="tail_weight must be in"):
        gain_ranks(issues(), PROPENSITY, tail_weight=2.0)

"""Instances by their issues."""

from __future__ import annotations

import pandas as pd

from workbench.issues import rank_instances

ISSUES = pd.DataFrame(
    {
        "instance_id": ["q1", "q2", "q3", "q3"],
        "given": [True, False, True, True],
        "score": [0.25, 0.875, 0.4, 0.25],
        "exact": [False, True, True, False],
    }
)


def test_instances_are_ranked_by_their_least_plausible_pair_then_by_the_number() -> None:
    ranked = rank_instances(ISSUES)
    assert ranked["instance_id"].tolist() == ["q2", "q3", "q1"]
    assert ranked["self_confidence"].tolist() == [1 - 0.875, 0.25, 0.25]
    assert ranked["n_issues"].tolist() == [1, 2, 1]


def test_an_instance_is_exact_if_one_of_its_pairs_is() -> None:
    ranked = rank_instances(ISSUES).set_index("instance_id")
    assert ranked["exact"].to_dict() == {"q2": True, "q3": True, "q1": False}


def test_no_issues_rank_no_instances() -> None:
    assert rank_instances(ISSUES.iloc[:0]).empty

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.review.consensus import find_consensus

NOTHING = pd.Series([], index=pd.MultiIndex.from_arrays([[], []]), dtype="float64")


def standing(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["reviewer", "instance_id", "verdict"]).assign(label_id="red")


def team(accuracy, n_pairs=400, seed=0):
    """Return the verdicts of reviewers who are right that often, the truth, and a fair model."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n_pairs) < 0.5
    rows = [
        (reviewer, f"q{n}", "present" if (rng.random() < right) == truth[n] else "absent")
        for n in range(n_pairs)
        for reviewer, right in accuracy.items()
    ]
    index = pd.MultiIndex.from_product([[f"q{n}" for n in range(n_pairs)], ["red"]])
    presence = pd.Series(np.where(truth == (rng.random(n_pairs) < 0.8), 0.75, 0.25), index=index)
    return standing(rows), pd.Series(truth, index=index), presence


def test_consensus_weighs_good_reviewers_more_than_the_majority_does() -> None:
    rows, truth, presence = team({"good": 0.98, "guessing": 0.55, "careless": 0.55})
    found = find_consensus(rows, presence)
    pairs = found.pairs.set_index(["instance_id", "label_id"])
    right = (pairs["verdict"] == "present") == truth.reindex(pairs.index)
    majority = (
        rows.assign(yes=rows["verdict"] == "present").groupby("instance_id")["yes"].mean() > 0.5
    )
    by_majority = majority == truth.droplevel(1).reindex(majority.index)
    assert right.mean() > by_majority.mean() + 0.02
    assert found.reviewers["reviewer"].tolist()[-1] == "good"


def test_verdicts_of_low_quality_are_more_often_wrong() -> None:
    rows, truth, presence = team({"a": 0.9, "b": 0.8, "c": 0.7}, n_pairs=2000)
    pairs = find_consensus(rows, presence).pairs.set_index(["instance_id", "label_id"])
    right = (pairs["verdict"] == "present") == truth.reindex(pairs.index)
    is_low = pairs["quality"] < pairs["quality"].median()
    assert right[is_low].mean() < right[~is_low].mean() - 0.1


def test_without_a_pair_that_two_judged_there_is_no_consensus() -> None:
    assert (
        find_consensus(standing([("a", "q1", "present"), ("b", "q2", "absent")]), NOTHING) is None
    )
    unsure = standing([("a", "q1", "present"), ("b", "q1", "unsure")])
    assert find_consensus(unsure, NOTHING) is None


def test_pairs_that_the_model_lacks_are_judged_by_the_reviewers() -> None:
    rows = [("a", f"q{n}", "present") for n in range(9)] + [
        ("b", f"q{n}", "present") for n in range(9)
    ]
    rows += [("a", "q9", "absent"), ("b", "q9", "absent")]
    found = find_consensus(standing(rows), NOTHING)
    assert found.pairs["verdict"].tolist() == ["present"] * 9 + ["absent"]
    assert found.pairs["n_verdicts"].tolist() == [2] * 10


def test_probabilities_that_are_none_are_refused() -> None:
    index = pd.MultiIndex.from_tuples([("q1", "red")])
    with pytest.raises(InputError, match="presence"):
        find_consensus(standing([("a", "q1", "present")]), pd.Series([np.nan], index=index))

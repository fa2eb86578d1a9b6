from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.issues.merging import merge_issues, rank_by_quality
from workbench.issues.thresholds import LabelThresholds

THRESHOLDS = LabelThresholds(present=np.full(5, 0.6), absent=np.full(5, 0.1))


def ranked() -> pd.DataFrame:
    rows = [
        ("nike red", "Color: Red", "wrong", True, 0.2, 0.3, 1, "The model gives it 0.60."),
        ("red shoes", "Color: Red", "wrong", True, 0.4, 0.4, 2, "The model gives it 0.40."),
    ]
    names = ["instance_id", "label_id", "kind", "given", "score", "label_quality", "rank", "reason"]
    frame = pd.DataFrame(rows, columns=names)
    frame["threshold"], frame["pattern_id"] = np.float32(0.1), pd.Series([None] * 2, dtype="str")
    return frame.astype({"score": "float32", "label_quality": "float32"})


def contradictions(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["instance_id", "label_id", "kind", "label_quality"])
    frame["given"] = frame["kind"] == "wrong"
    return frame.astype({"label_quality": "float32"}).assign(reason="Two exclude each other")


def test_a_pair_of_both_tables_is_one_row_with_both_reasons_and_the_lower_quality(scores) -> None:
    found = merge_issues(
        ranked(), contradictions(("red shoes", "Color: Red", "wrong", 0.1)), scores, THRESHOLDS
    )
    assert len(found) == 2
    first = found.iloc[0]
    assert (first["instance_id"], first["rank"]) == ("red shoes", 1)
    assert first["label_quality"] == pytest.approx(0.1)
    assert first["reason"] == "Two exclude each other. The model gives it 0.40."


def test_a_contradiction_never_makes_an_issue_more_plausible(scores) -> None:
    again = contradictions(("nike red", "Color: Red", "wrong", 0.9))
    found = merge_issues(ranked(), again, scores, THRESHOLDS)
    assert found["label_quality"].tolist() == pytest.approx([0.3, 0.4])


def test_a_new_pair_gets_its_score_and_the_threshold_of_its_kind(scores) -> None:
    fresh = contradictions(("nike bag", "Color: Blue", "missing", 0.2))
    found = merge_issues(ranked(), fresh, scores, THRESHOLDS)
    new = found[found["kind"] == "missing"].iloc[0]
    assert (new["score"], new["threshold"]) == (np.float32(0.7), np.float32(0.6))
    assert new["reason"] == "Two exclude each other; the model gives it 0.70."
    assert found.dtypes.to_dict() == ranked().dtypes.to_dict()


def test_a_pair_that_nobody_scored_has_a_null_score(scores) -> None:
    fresh = contradictions(("socks", "Brand: Nike", "missing", 0.2))
    new = merge_issues(ranked(), fresh, scores, THRESHOLDS).iloc[-1]
    assert np.isnan(new["score"])
    assert new["reason"] == "Two exclude each other; the model did not score it."


def test_without_contradictions_the_table_stays(scores) -> None:
    same = merge_issues(ranked(), contradictions(), scores, THRESHOLDS)
    pd.testing.assert_frame_equal(same, ranked()[same.columns])


def test_most_issues_keeps_the_first_of_each_kind() -> None:
    two = pd.concat([ranked(), ranked().assign(kind="missing")])
    kept = rank_by_quality(two, 1)
    assert kept["kind"].tolist() == ["wrong", "missing"]
    assert kept["label_quality"].tolist() == [ranked()["label_quality"].min()] * 2

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.issues.ranking import rank_issues
from workbench.matrices import LabelMatrix, PairScores


@pytest.mark.parametrize(
    ("part", "match"),
    [
        ({"features": csr_array((5, 2), dtype=np.float32)}, "features: expected one row an"),
        ({"neighbours": csr_array((5, 6), dtype=np.float32)}, "neighbours: expected one row an"),
        ({"lowest": np.zeros(5, np.float32)}, "lowest: expected one row an instance, 6, found 5"),
        ({"texts": ["one"], "labels": None}, "texts: expected one row an instance, 6, found 1"),
        ({"votes_log_odds": csr_array((6, 4), dtype=np.float32)}, "votes_log_odds: expected shape"),
    ],
)
def test_parts_of_other_lengths_are_refused(
    given: LabelMatrix, scores: PairScores, part: dict[str, object], match: str
) -> None:
    with pytest.raises(AxisMismatchError, match=match):
        rank_issues(given, scores, np.full(5, 3.0), **part)


@pytest.mark.parametrize("part", ["scores", "comparison"])
@pytest.mark.parametrize("axis", ["instance_ids", "label_ids"])
def test_scores_of_other_axes_are_refused(
    given: LabelMatrix, scores: PairScores, part: str, axis: str
) -> None:
    axes = {"instance_ids": scores.instance_ids, "label_ids": scores.label_ids}
    other = PairScores(scores.values, **(axes | {axis: axes[axis][::-1]}))
    parts = {"scores": scores, "comparison": scores} | {part: other}
    with pytest.raises(AxisMismatchError, match=r"do not share their .*the order differs"):
        rank_issues(given, column_sums=np.full(5, 3.0), **parts)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 6.1])
def test_sums_that_no_scores_have_are_refused(
    given: LabelMatrix, scores: PairScores, value: float
) -> None:
    sums = np.array([3, value, 3, 3, 3])
    with pytest.raises(InputError, match=r"from 0 to 6, .* found 1 others, at positions \[1\]"):
        rank_issues(given, scores, sums)


def test_sums_of_other_labels_are_refused(given: LabelMatrix, scores: PairScores) -> None:
    with pytest.raises(AxisMismatchError, match="6 instances and 5 labels, found 6 and 4"):
        rank_issues(given, scores, np.full(4, 3.0))


def with_value(value: float) -> csr_array:
    """A matrix of one number a pair, of which one is bad."""
    values = np.ones((6, 5), np.float32)
    values[2, 3] = value
    return csr_array(values)


def unsorted() -> csr_array:
    return csr_array((np.ones(2, np.float32), [3, 1], [0, 2, 2, 2, 2, 2, 2]), shape=(6, 5))


@pytest.mark.parametrize(
    ("part", "error", "match"),
    [
        ({"votes_log_odds": with_value(np.nan)}, InputError, r"1 of 30 .* in rows \[2\]; leave"),
        ({"votes_log_odds": with_value(np.inf)}, InputError, "1 of 30 values are NaN or infinite"),
        ({"votes_log_odds": unsorted()}, InputError, "votes_log_odds has unsorted or repeated"),
        ({"features": with_value(np.nan)}, ValueError, "found 1 values .* first in rows 2"),
        ({"features": np.ones((6, 5))}, TypeError, "must be a scipy sparse matrix, found ndarray"),
        ({"texts": ["a", None, "b", 3, "c", "d"]}, InputError, r"2 of 6 .* \[1, 3\]: \[None, 3\]"),
    ],
)
def test_values_that_cannot_be_are_refused(
    given: LabelMatrix, scores: PairScores, part: dict[str, object], error: type, match: str
) -> None:
    with pytest.raises(error, match=match):
        rank_issues(given, scores, np.full(5, 3.0), **part)


def test_labels_and_reviewed_pairs_that_are_named_twice_are_refused(
    given: LabelMatrix, scores: PairScores
) -> None:
    labels = pd.DataFrame({"label_id": ["Size: 26.0cm"] * 2, "attribute": "Size", "value": "26"})
    with pytest.raises(InputError, match=r"labels: 1 labels appear more than once"):
        rank_issues(given, scores, np.full(5, 3.0), labels=labels)
    reviewed = pd.DataFrame({"instance_id": ["socks"] * 2, "label_id": "x", "verdict": "present"})
    with pytest.raises(InputError, match=r"reviewed: 1 pairs appear more than once"):
        rank_issues(given, scores, np.full(5, 3.0), reviewed=reviewed)

from __future__ import annotations

import numpy as np

from workbench.issues.coverage import NOT_SCORED, TOO_RARE, measure_coverage
from workbench.issues.pairs import judged_pairs
from workbench.matrices import LabelMatrix, PairScores


def test_unjudged_pairs_are_counted_by_label_and_reason(
    given: LabelMatrix, scores: PairScores
) -> None:
    judged = judged_pairs(given, scores)
    ranked = judged.take((given.support()[judged.columns] >= 2) & (judged.rows > 0))
    coverage = measure_coverage(given, ranked, min_support=2)
    assert (coverage.n_given, coverage.n_given_judged, coverage.n_candidates) == (8, 5, 2)
    rows = coverage.unjudged.set_index("label_id")[["support", "n_pairs", "reason"]]
    assert rows.loc["Brand: adidas"].tolist() == [1, 1, TOO_RARE]
    assert rows.loc["Color: Blue"].tolist() == [2, 1, NOT_SCORED]


def test_report_says_why_pairs_were_not_judged(given: LabelMatrix, scores: PairScores) -> None:
    judged = judged_pairs(given, scores)
    ranked = judged.take(given.support()[judged.columns] >= 2)
    lines = measure_coverage(given, ranked, min_support=2).to_report().lines()
    assert lines[0] == "given pairs judged: 6"
    assert lines[2].startswith(f"given pairs not judged: {TOO_RARE}: 2 (such as 'Brand: adidas'")


def test_everything_judged_leaves_nothing_to_explain(
    given: LabelMatrix, scores: PairScores
) -> None:
    coverage = measure_coverage(given, judged_pairs(given, scores), min_support=1)
    assert coverage.unjudged.empty
    assert len(coverage.to_report().lines()) == 2
    assert np.isin(["label_id", "support", "n_pairs", "reason"], coverage.unjudged.columns).all()

from __future__ import annotations

import numpy as np

from workbench.issues.pairs import judged_pairs, lowest_candidate, within_candidates
from workbench.matrices import LabelMatrix, PairScores


def test_judged_pairs_know_which_of_them_are_given(given: LabelMatrix, scores: PairScores) -> None:
    pairs = judged_pairs(given, scores)
    absent = list(zip(pairs.rows[~pairs.given], pairs.columns[~pairs.given], strict=True))
    assert absent == [(4, 2), (5, 3)]


def test_given_pair_below_the_last_candidate_is_not_within(
    given: LabelMatrix, scores: PairScores
) -> None:
    pairs = judged_pairs(given, scores)
    within = within_candidates(pairs, scores, lowest_candidate(pairs, scores))
    # Row 4 holds Nike .8 (given) over its only candidate .7; rows without one have none within.
    assert pairs.rows[within].tolist() == [4, 4, 5]


def test_instance_without_candidate_has_no_lowest(given: LabelMatrix, scores: PairScores) -> None:
    lowest = lowest_candidate(judged_pairs(given, scores), scores)
    np.testing.assert_allclose(lowest, [np.inf] * 4 + [0.7, 0.0], rtol=1e-6)


def test_chunks_put_together_are_all_pairs(given: LabelMatrix, scores: PairScores) -> None:
    pairs = judged_pairs(given, scores)
    parts = [chunk.columns for _, chunk in pairs.chunks(3)]
    assert [len(part) for part in parts] == [3, 3, 3, 1]
    assert np.concatenate(parts).tolist() == pairs.columns.tolist()

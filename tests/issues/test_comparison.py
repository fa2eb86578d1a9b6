from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.issues.comparison import (
    comparison_pairs,
    draw_comparison_pairs,
    frequent_absent_pairs,
    random_absent_pairs,
    rival_absent_pairs,
)
from workbench.matrices import LabelMatrix

ATTRIBUTES = np.array([0, 0, 1, 1, -1])


def test_no_comparison_pair_is_given(given: LabelMatrix) -> None:
    pairs = comparison_pairs(given, ATTRIBUTES, random_state=0)
    assert not given.values.toarray()[pairs.rows, pairs.columns].any()


def test_rival_is_another_value_next_to_a_given_one(given: LabelMatrix) -> None:
    pairs = rival_absent_pairs(given, ATTRIBUTES, 200, np.random.default_rng(0))
    found = set(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True))
    # (3, 3): the blue bag might be red; never (5, .), which carries nothing, nor Size.
    assert found == {(0, 0), (0, 3), (1, 1), (1, 2), (2, 2), (3, 3), (4, 1)}


def test_frequent_labels_are_drawn_more_often(given: LabelMatrix) -> None:
    pairs = frequent_absent_pairs(given, 20_000, np.random.default_rng(0))
    drawn = np.bincount(pairs.columns, minlength=5)
    # Each is drawn in proportion to its support, and kept where it is not given.
    expected = np.array([2, 1, 2, 2, 1]) * np.array([4, 5, 4, 4, 5])
    np.testing.assert_allclose(drawn / drawn.sum(), expected / expected.sum(), atol=0.01)


def test_matrix_of_comparison_pairs_is_sorted_and_seeded(given: LabelMatrix) -> None:
    labels = pd.DataFrame({"label_id": given.label_ids, "attribute": "a", "value": "v"})
    drawn = draw_comparison_pairs(given, labels, random_state=3)
    assert drawn.has_canonical_format
    assert drawn.data.all()
    again = draw_comparison_pairs(given, labels, random_state=3)
    np.testing.assert_array_equal(drawn.toarray(), again.toarray())


def test_without_given_labels_only_random_pairs_could_be_drawn() -> None:
    ids = pd.Index(["a", "b"])
    none = LabelMatrix.from_positions(
        np.array([], int), np.array([], int), instance_ids=ids, label_ids=ids
    )
    rng = np.random.default_rng(0)
    assert len(frequent_absent_pairs(none, 9, rng)) == 0
    assert len(rival_absent_pairs(none, np.array([0, 0]), 9, rng)) == 0
    assert len(random_absent_pairs(none, 9, rng)) == 9

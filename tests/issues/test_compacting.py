"""Dense scores cut down to what decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.issues import compact_scores
from workbench.matrices import LabelMatrix


def problem(n_instances: int = 30) -> tuple[LabelMatrix, np.ndarray]:
    rng = np.random.default_rng(n_instances)
    Y = rng.random((n_instances, 4)) < 0.3
    instances = pd.Index([f"i{i}" for i in range(n_instances)])
    return LabelMatrix(csr_array(Y), instances, pd.Index(list("abcd"))), rng.random(Y.shape)


def test_given_pairs_and_likely_ones_are_kept_with_their_scores() -> None:
    given, P = problem()
    compact = compact_scores(given, P)
    kept = given.values.toarray() | (P > 0.5)
    rows, columns = np.nonzero(kept)
    assert compact.scores.n_judged == kept.sum()
    np.testing.assert_array_equal(compact.scores.values.data, P[rows, columns].astype(np.float32))
    np.testing.assert_allclose(compact.sums.sums, P.sum(axis=0), rtol=1e-6)


def test_rows_of_the_joint_sum_to_the_pairs_of_the_state() -> None:
    given, P = problem()
    joint = compact_scores(given, P).confident_joint
    support = given.support()
    np.testing.assert_array_equal(joint[:, 1].sum(axis=1), support)
    np.testing.assert_array_equal(joint[:, 0].sum(axis=1), 30 - support)


def test_blocks_of_rows_change_nothing(monkeypatch) -> None:
    given, P = problem()
    whole = compact_scores(given, P)
    monkeypatch.setattr("workbench.issues.compacting._SCORES_PER_BLOCK", 4 * 7)
    blocks = compact_scores(given, P)
    np.testing.assert_array_equal(blocks.confident_joint, whole.confident_joint)
    assert (blocks.scores.values != whole.scores.values).nnz == 0


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_any_layout_and_precision_will_do(order: str, dtype: type) -> None:
    given, P = problem()
    P = P.astype(np.float16)
    compact = compact_scores(given, np.array(P, dtype, order=order))
    np.testing.assert_allclose(compact.sums.sums, P.astype(float).sum(axis=0))


def test_values_that_are_no_probabilities_are_named_by_their_place() -> None:
    given, P = problem()
    P[7, 2], P[9, 0] = np.nan, 2
    with pytest.raises(InputError, match=r"2 of 120 values .* \[\(7, 2\), \(9, 0\)\]"):
        compact_scores(given, P)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.model.collecting import keep_best


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, -np.inf]), max_size=6), min_size=1),
    st.integers(1, 7),
)
def test_the_best_of_a_row_are_kept(rows, k):
    row_ptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    scores = np.array([score for row in rows for score in row], np.float32)
    kept_ptr, kept = keep_best(row_ptr, scores, k)
    for i, row in enumerate(rows):
        best = sorted((j for j in range(len(row)) if row[j] > -np.inf), key=lambda j: (-row[j], j))
        found = kept[kept_ptr[i] : kept_ptr[i + 1]] - row_ptr[i]
        assert sorted(found) == sorted(best[:k])


@pytest.mark.parametrize("k", [2**62, 2**63 - 1])
def test_an_enormous_k_keeps_all(k):
    kept_ptr, kept = keep_best(np.array([0, 2, 2, 3]), np.float32([1, 2, 3]), k)
    assert kept_ptr.tolist() == [0, 2, 2, 3]
    assert sorted(kept.tolist()) == [0, 1, 2]
    assert keep_best(np.array([0, 0]), np.empty(0, np.float32), k)[0].tolist() == [0, 0]

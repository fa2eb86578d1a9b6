import numpy as np
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

import numpy as np
import pytest
from scipy.sparse import csr_array

from workbench.model.label_features import aggregate_rows


def test_label_features_are_normalised_means_of_positive_rows():
    X = csr_array(np.float32([[1, 0, 0], [0, 1, 0], [0, 0, 1]]))
    Y = csr_array(np.float32([[1, 0, 1], [1, 0, 0], [0, 0, 0]]))
    half = 1 / np.sqrt(2)
    expected = [[half, half, 0], [0, 0, 0], [1, 0, 0]]
    np.testing.assert_allclose(aggregate_rows(X, Y).toarray(), expected, rtol=1e-6)


def test_of_a_wide_label_the_strongest_features_stay():
    strength = np.float32(np.arange(1, 201))
    kept = aggregate_rows(csr_array(strength[np.newaxis]), csr_array(np.float32([[1]])))
    assert sorted(kept.indices) == list(range(72, 200))
    assert np.linalg.norm(kept.data) == pytest.approx(1, abs=1e-6)

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.neighbors import NearestNeighbors

from workbench.issues.neighbours import count_neighbours_with_label, nearest_neighbours
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix


def test_neighbours_are_those_of_a_brute_force_search() -> None:
    X = np.random.default_rng(0).random((60, 12)).astype(np.float32)
    found = nearest_neighbours(csr_array(X), n_neighbours=5)
    twin = NearestNeighbors(n_neighbors=6, metric="cosine").fit(X).kneighbors(X)[1][:, 1:]
    np.testing.assert_array_equal(found.indices.reshape(60, 5), np.sort(twin, axis=1))


def test_instance_without_common_features_has_no_neighbour() -> None:
    X = csr_array(np.float32([[1, 0, 0], [2, 0, 0], [0, 0, 3], [0, 0, 0]]))
    found = nearest_neighbours(X, n_neighbours=3)
    assert np.diff(found.indptr).tolist() == [1, 1, 0, 0]
    assert found.data.tolist() == pytest.approx([1.0, 1.0])


def test_single_instance_has_no_neighbour() -> None:
    assert nearest_neighbours(csr_array(np.float32([[1.0]]))).nnz == 0


def test_carrying_neighbours_are_counted_without_the_instance_itself(given: LabelMatrix) -> None:
    links = np.zeros((6, 6), np.float32)
    links[1, [2, 3, 4]] = 1
    pairs = Pairs(
        np.array([1, 1, 1, 5]), np.array([3, 0, 2, 0]), np.array([True, True, False, False])
    )
    # 'nike red': of 'red shoes', 'blue bag', 'nike bag' one each is red, Nike, blue.
    counts = count_neighbours_with_label(csr_array(links), given, pairs)
    assert counts.tolist() == [1, 1, 1, 0]

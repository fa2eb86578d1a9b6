import numpy as np
from scipy.sparse import csr_array, random_array

from workbench.model.clustering import build_label_tree
from workbench.model.positives import positives_of_levels


def test_a_row_carries_a_cluster_with_the_highest_confidence_of_its_labels():
    Y = random_array((50, 40), density=0.2, rng=0, format="csr").astype(np.float32)
    features = csr_array(random_array((40, 20), density=0.3, rng=1, dtype=np.float32))
    tree = build_label_tree(features, branching=3, leaf_size=5, seed=0)
    assert tree.n_levels > 2
    dense = Y.toarray()
    of_levels = positives_of_levels(csr_array(Y), tree, n_jobs=1)
    paths = tree.paths(np.arange(40))
    for found, path in zip(of_levels, paths, strict=True):
        n_children = path[:, 1].max() + 1
        expected = np.zeros((50, n_children), np.float32)
        for label, child in enumerate(path[:, 1]):
            expected[:, child] = np.maximum(expected[:, child], dense[:, label])
        shape = (n_children, 50)
        carried = csr_array((found.confidence, found.rows, found.indptr), shape=shape)
        assert carried.has_sorted_indices
        np.testing.assert_array_equal(carried.toarray().T, expected)

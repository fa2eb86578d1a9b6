"""What a label is like: the features that describe it to the clustering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.blocks import map_blocks
from workbench.kernels import kernel
from workbench.model.label_tree import LabelTree
from workbench.model.positives import Positives, positives_of_levels
from workbench.model.rows import Rows, as_rows
from workbench.model.selecting import nth_largest

# Beyond the strongest features of a label, clusters hardly change.
N_PIFA_FEATURES = 128
_LABELS_PER_JOB = 2048
_ZERO = np.float32(0)


def aggregate_rows(X: csr_array, Y: csr_array, *, n_jobs: int | None = None) -> csr_array:
    """Return the PIFA of each label: the mean of its rows of X, scaled to length 1.

    Positive-instance feature aggregation. A label without rows gets an empty row; of a label with
    many features only the 128 largest are kept, which changes the clusters very little.

    Parameters
    ----------
    X : csr_array of float32, shape (n_rows, n_features)
    Y : csr_array of float32, shape (n_rows, n_labels)
        How much each row counts for a label.

    Returns
    -------
    csr_array of float32, shape (n_labels, n_features)
        Indices are not sorted.
    """
    n_labels = Y.shape[1]
    (positives,) = positives_of_levels(Y, LabelTree.single_cluster(n_labels), n_jobs=n_jobs)
    x = as_rows(X)
    parts = map_blocks(
        lambda first: _aggregate(x, positives, first, min(first + _LABELS_PER_JOB, n_labels)),
        range(0, n_labels, _LABELS_PER_JOB),
        n_jobs=n_jobs,
    )
    counts, indices, data = (np.concatenate(part) for part in zip(*parts, strict=True))
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return csr_array((data, indices, indptr), shape=(n_labels, X.shape[1]))


@kernel
def _strongest(features: NDArray[np.int32], total: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return those of largest absolute value; of equal ones those seen first."""
    size = np.empty(len(features), np.float32)
    for i in range(len(features)):
        size[i] = abs(total[features[i]])
    bound = nth_largest(size, np.int64(N_PIFA_FEATURES))
    n_equal = N_PIFA_FEATURES
    for i in range(len(features)):
        n_equal -= size[i] > bound
    kept = np.empty(N_PIFA_FEATURES, np.int32)
    n_kept = 0
    for i in range(len(features)):
        if size[i] > bound or (size[i] == bound and n_equal > 0):
            n_equal -= size[i] == bound
            kept[n_kept] = features[i]
            n_kept += 1
    return kept


@kernel
def _aggregate(
    x: Rows, positives: Positives, first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return the number of features of some labels, which they are, and their values."""
    total = np.empty(x.n_features, np.float32)
    touched = np.empty(x.n_features + 1, np.int32)
    seen_in = np.full(x.n_features, -1, np.int32)
    counts = np.zeros(last - first, np.int64)
    indices = np.empty((last - first) * N_PIFA_FEATURES, np.int32)
    data = np.empty((last - first) * N_PIFA_FEATURES, np.float32)
    target = 0
    for label in range(first, last):
        n_touched = np.uint64(0)
        for p in range(positives.indptr[label], positives.indptr[label + 1]):
            row, weight = positives.rows[p], positives.confidence[p]
            for q in range(np.uint64(x.indptr[row]), np.uint64(x.indptr[row + 1])):
                feature = np.uint32(x.indices[q])
                # Written in any case, and overwritten: a branch would be guessed wrongly.
                is_new = seen_in[feature] != label
                before = total[feature]
                touched[n_touched] = feature
                n_touched += np.uint64(is_new)
                seen_in[feature] = label
                total[feature] = (_ZERO if is_new else before) + weight * x.data[q]
        kept = touched[:n_touched]
        if n_touched > N_PIFA_FEATURES:
            kept = _strongest(kept, total)
        square = np.float32(0)
        for feature in kept:
            square += total[feature] * total[feature]
        if square > 0:
            for feature in kept:
                indices[target], data[target] = feature, total[feature] / np.sqrt(square)
                target += 1
            counts[label - first] = len(kept)
    return counts, indices[:target], data[:target]

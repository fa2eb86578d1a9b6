"""How well a pair's label goes with the other labels of its instance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in

# Pairs are worked off in chunks, each pair spread out over its instance's labels.
_CHUNK = 100_000


def count_together(given: LabelMatrix) -> csr_array:
    """Return how many instances carry both labels of a pair, shape (n_labels, n_labels)."""
    carried = given.values.astype(np.float32)
    together = csr_array(carried.T @ carried)
    together.sort_indices()
    return together


def cooccurrence_log_lift(
    given: LabelMatrix,
    together: csr_array,
    pairs: Pairs,
    attributes: NDArray[np.int64] | None = None,
    *,
    pseudo_count: float = 0.5,
) -> NDArray[np.float32]:
    """Return the log lift of each pair's label with the instance's other labels.

    With c the number of instances that carry both labels and e the number expected if labels
    were independent, two labels have the lift (c + a) / (e + a). The logs are summed over the n
    other labels and divided by the root of n: their evidence overlaps, so a sum would count it n
    times. A pair that is given takes itself out of every count first.

    Parameters
    ----------
    given : LabelMatrix
    together : csr_array, shape (n_labels, n_labels)
        See :func:`count_together`.
    pairs : Pairs
    attributes : ndarray of int64, shape (n_labels,), optional
        Labels of the same attribute are left out: one value tells that the others are off,
        whether it is right or wrong. -1 for none.
    pseudo_count : float
        The ``a`` above.

    Returns
    -------
    ndarray of float32, shape (n_pairs,)
        0 for an instance without other labels.
    """
    support = given.support()
    lengths = np.diff(given.values.indptr)
    log_lift = np.zeros(len(pairs), np.float32)
    for part, chunk in pairs.chunks(_CHUNK):
        n_others = lengths[chunk.rows]
        pair = np.repeat(np.arange(len(chunk)), n_others)
        place = np.arange(len(pair)) - np.repeat(np.cumsum(n_others) - n_others, n_others)
        other = given.values.indices[given.values.indptr[chunk.rows][pair] + place]
        label, own = chunk.columns[pair], chunk.given[pair]

        counted = other != label
        if attributes is not None:
            counted &= (attributes[other] != attributes[label]) | (attributes[label] < 0)
        pair, other, label, own = pair[counted], other[counted], label[counted], own[counted]
        found = pairs_in(together, label, other)
        both = np.where(found >= 0, together.data[found], 0) - own
        expected = (support[label] - own) * support[other] / given.values.shape[0]
        logs = np.log((both + pseudo_count) / (expected + pseudo_count))
        n_counted = np.bincount(pair, minlength=len(chunk))
        sums = np.bincount(pair, logs, len(chunk))
        log_lift[part] = sums / np.sqrt(np.maximum(n_counted, 1))
    return log_lift

"""What the most similar instances say about a pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in

# A block of similarities holds this many numbers at most: 80 MB.
_BLOCK_CELLS = 20_000_000


def nearest_neighbours(X: csr_array, *, n_neighbours: int = 30) -> csr_array:
    """Return the instances of highest cosine similarity to each instance, itself left out.

    Parameters
    ----------
    X : csr_array of float, shape (n_instances, n_features)
        Not negative, so that no similarity is.
    n_neighbours : int

    Returns
    -------
    csr_array of float32, shape (n_instances, n_instances)
        The similarity of each neighbour. An instance that shares features with fewer others has
        fewer neighbours.
    """
    n_instances = X.shape[0]
    X = _unit_rows(X)
    by_feature = X.T.tocsr()
    block = max(1, min(512, _BLOCK_CELLS // max(n_instances, 1)))
    kept = min(n_neighbours, n_instances - 1)
    counts, columns = [np.zeros(1, np.int64)], [np.empty(0, np.int64)]
    similarities = [np.empty(0, np.float32)]
    for start in range(0, n_instances, block):
        cosine = (X[start : start + block] @ by_feature).toarray()
        inside = np.arange(len(cosine))
        cosine[inside, start + inside] = 0
        nearest = np.argpartition(-cosine, kept - 1, axis=1)[:, :kept] if kept else cosine[:, :0]
        nearest = np.sort(nearest.astype(np.int64), axis=1)
        similarity = np.take_along_axis(cosine, nearest, axis=1)
        shares = similarity > 0
        counts.append(shares.sum(axis=1))
        columns.append(nearest[shares])
        similarities.append(similarity[shares])
    parts = (np.concatenate(similarities), np.concatenate(columns), np.concatenate(counts).cumsum())
    return csr_array(parts, shape=(n_instances, n_instances))


def count_neighbours_with_label(
    neighbours: csr_array, given: LabelMatrix, pairs: Pairs
) -> NDArray[np.int64]:
    """Return how many neighbours of each pair's instance carry its label, shape (n_pairs,).

    An instance is not its own neighbour, so that the pair's own state has no part in this.

    Parameters
    ----------
    neighbours : csr_array, shape (n_instances, n_instances)
    given : LabelMatrix
    pairs : Pairs
    """
    links = csr_array(
        (np.ones(neighbours.nnz, np.int32), neighbours.indices, neighbours.indptr),
        shape=neighbours.shape,
    )
    carried = given.values.astype(np.int32)
    counts = np.zeros(len(pairs), np.int64)
    order = np.argsort(pairs.rows, kind="stable")
    rows = pairs.rows[order]
    block = 20_000
    for start in range(0, links.shape[0], block):
        part = order[np.searchsorted(rows, start) : np.searchsorted(rows, start + block)]
        if not len(part):
            continue
        votes = csr_array(links[start : start + block] @ carried)
        votes.sort_indices()
        found = pairs_in(votes, pairs.rows[part] - start, pairs.columns[part])
        counts[part[found >= 0]] = votes.data[found[found >= 0]]
    return counts


def _unit_rows(X: csr_array) -> csr_array:
    X = X.astype(np.float32, copy=True)
    lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
    X.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(X.indptr))
    return X

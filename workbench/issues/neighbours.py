"""What the most similar instances say about a pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in
from workbench.nearest import nearest_rows


def nearest_neighbours(
    X: csr_array, *, n_neighbours: int = 30, n_jobs: int | None = None
) -> csr_array:
    """Return the instances of highest cosine similarity to each instance, itself left out.

    Parameters
    ----------
    X : csr_array of float, shape (n_instances, n_features)
        Finite; rows of any length.
    n_neighbours : int
    n_jobs : int, optional
        Threads, by default one a core; the result does not depend on it.

    Returns
    -------
    csr_array of float32, shape (n_instances, n_instances)
        The similarity of each neighbour, above 0. Neighbours are exact, and of equally similar
        instances the first are kept. An instance that shares features with fewer others has fewer
        neighbours.

    Raises
    ------
    TypeError
        If ``X`` is not a scipy sparse matrix of real numbers.
    InputError
        If its arrays do not make a matrix of its shape.
    ValueError
        If a value is not finite in float32, or ``n_neighbours`` is below 1.
    """
    found = nearest_rows(X, n_neighbours=n_neighbours, n_jobs=n_jobs)
    found.sort_indices()
    return found


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

"""Scores of given pairs and of candidates, which share none, in one sparse matrix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.kernels import kernel, read_only


class Pairs(NamedTuple):
    """The arrays of a csr matrix whose indices are sorted."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]


def as_pairs(matrix: csr_array, data: NDArray[np.float32]) -> Pairs:
    """Return the stored pairs of a matrix with other values."""
    indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    return Pairs(read_only(indptr), read_only(indices), read_only(data))


@kernel
def merge_pairs(
    one: Pairs, other: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return the arrays of a csr matrix with the pairs of both, which share none.

    And of each pair whether it is of the first.
    """
    size = len(one.data) + len(other.data)
    indices, data = np.empty(size, np.int32), np.empty(size, np.float32)
    is_of_one = np.empty(size, np.bool_)
    target = 0
    for row in range(len(one.indptr) - 1):
        p, q = one.indptr[row], other.indptr[row]
        p_end, q_end = one.indptr[row + 1], other.indptr[row + 1]
        while p < p_end or q < q_end:
            first = q == q_end or (p < p_end and one.indices[p] < other.indices[q])
            is_of_one[target] = first
            if first:
                indices[target], data[target] = one.indices[p], one.data[p]
                p += 1
            else:
                indices[target], data[target] = other.indices[q], other.data[q]
                q += 1
            target += 1
    return one.indptr + other.indptr, indices, data, is_of_one

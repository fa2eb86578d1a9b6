"""The rows of a checked sparse matrix as the kernels take them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.kernels import kernel, read_only


class Rows(NamedTuple):
    """The arrays of a csr matrix, and its number of columns."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]
    n_features: int


def as_rows(X: csr_array) -> Rows:
    """Return the arrays of a checked matrix in the types that the kernels are compiled for."""
    return Rows(
        read_only(np.ascontiguousarray(X.indptr, np.int64)),
        read_only(np.ascontiguousarray(X.indices, np.int32)),
        read_only(np.ascontiguousarray(X.data, np.float32)),
        X.shape[1],
    )


@kernel
def is_canonical(x: Rows) -> bool:
    """Return whether the arrays are those of a csr matrix with sorted and unique indices."""
    if len(x.indptr) == 0 or x.indptr[0] != 0 or len(x.data) != len(x.indices):
        return False
    for row in range(len(x.indptr) - 1):
        begin, end = x.indptr[row], x.indptr[row + 1]
        if end < begin or end > len(x.indices):
            return False
        before = -1
        for p in range(begin, end):
            if x.indices[p] <= before or x.indices[p] >= x.n_features:
                return False
            before = x.indices[p]
    return True

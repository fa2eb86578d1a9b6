"""The compiled search for pairs of a sparse matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def find_stored(
    indptr: NDArray[np.integer],
    indices: NDArray[np.integer],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return where each pair is stored, or -1; columns ascend within a row of the matrix.

    Each pair costs a binary search in its row; the matrix is not walked through. A row outside of
    the matrix holds nothing.
    """
    n_rows = len(indptr) - 1
    found = np.full(len(rows), -1, np.int64)
    for i in range(len(rows)):
        row, column = rows[i], columns[i]
        if row < 0 or row >= n_rows:
            continue
        low, end = np.int64(indptr[row]), np.int64(indptr[row + 1])
        high = end
        while low < high:
            middle = (low + high) >> 1
            if indices[middle] < column:
                low = middle + 1
            else:
                high = middle
        if low < end and indices[low] == column:
            found[i] = low
    return found

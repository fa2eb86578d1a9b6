"""The kernel that counts what neighbours carry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel

Floats = NDArray[np.float32]
Places = NDArray[np.int32]
Pointers = NDArray[np.int64]


@kernel
def tally(
    first: int,
    last: int,
    indptr: Pointers,
    neighbours: Places,
    similarity: Floats,
    carried_indptr: Pointers,
    carried: Places,
    beliefs: Floats,
    base: Floats,
    least: float,
    room: int,
) -> tuple[Places, Places, Floats, Places, Places]:
    """Return what the neighbours of the rows from ``first`` to before ``last`` carry.

    Returns
    -------
    tuple of arrays
        A row, a label, the strength beyond chance (``least`` or more), the number of neighbours
        that carry the label, and the first of them, for each pair.
    """
    of_row, of_label = np.empty(room, np.int32), np.empty(room, np.int32)
    strength, count = np.empty(room, np.float32), np.empty(room, np.int32)
    nearest = np.empty(room, np.int32)
    weighed = np.zeros(len(base), np.float32)
    n_carrying, first_carrying = np.zeros(len(base), np.int32), np.zeros(len(base), np.int32)
    touched = np.empty(len(base), np.int32)
    n_pairs = 0
    for i in range(first, last):
        total, n_touched = np.float32(0), 0
        for p in range(indptr[i], indptr[i + 1]):
            j = neighbours[p]
            total += similarity[p]
            for q in range(carried_indptr[j], carried_indptr[j + 1]):
                label = carried[q]
                if n_carrying[label] == 0:
                    touched[n_touched] = label
                    n_touched += 1
                    first_carrying[label] = j
                n_carrying[label] += 1
                weighed[label] += similarity[p] * beliefs[q]
        for t in range(n_touched):
            label = touched[t]
            beyond = (weighed[label] / total - base[label]) / max(1.0 - base[label], 1e-9)
            if beyond >= least:
                of_row[n_pairs], of_label[n_pairs], strength[n_pairs] = i, label, beyond
                count[n_pairs], nearest[n_pairs] = n_carrying[label], first_carrying[label]
                n_pairs += 1
            weighed[label], n_carrying[label] = 0, 0
    return (
        of_row[:n_pairs],
        of_label[:n_pairs],
        strength[:n_pairs],
        count[:n_pairs],
        nearest[:n_pairs],
    )

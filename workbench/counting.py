"""The compiled count of scores in the bins of their labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def count_bits(
    counts: NDArray[np.integer],
    labels: NDArray[np.integer],
    bits: NDArray[np.uint32],
    n_dropped: int,
    first: int,
) -> None:
    """Count scores, in place; their sign does not matter.

    Parameters
    ----------
    counts : ndarray of int, shape (n_labels, n_bins)
    labels : ndarray of int, shape (n_pairs,)
    bits : ndarray of uint32, shape (n_pairs,)
        Of the float32 scores.
    n_dropped : int
        So many of the last bits do not matter.
    first : int
        What is left at most of the bits of a score in the first bin; higher ones than the last bin
        are counted there.
    """
    last = counts.shape[1] - 1
    for i in range(len(labels)):
        left = np.int64((bits[i] & np.uint32(0x7FFFFFFF)) >> np.uint32(n_dropped)) - first
        counts[labels[i], min(max(left, 0), last)] += 1

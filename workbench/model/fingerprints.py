"""Numbers that tell what something was made from, by which trained blocks are found again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.rows import Rows
from workbench.model.seeds import mix

_1 = np.uint64(1)
_HALF = np.uint64(32)
_STEP = np.uint64(0x9E3779B97F4A7C15)


@kernel
def fingerprint_rows(x: Rows, row_weight: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return a number for each row that tells its features and weight, shape (n_rows,)."""
    found = np.empty(len(row_weight), np.uint64)
    bits, weight_bits = x.data.view(np.uint32), row_weight.view(np.uint32)
    for row in range(len(row_weight)):
        state = mix(np.uint64(weight_bits[row]) + _STEP)
        for p in range(x.indptr[row], x.indptr[row + 1]):
            pair = (np.uint64(x.indices[p]) << _HALF) | np.uint64(bits[p])
            state = mix(state + pair)
        found[row] = state
    return found


@kernel
def tell_apart(prints: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the fingerprints, those of equal rows made different by their order.

    Examples
    --------
    >>> told = tell_apart(np.uint64([7, 5, 7, 7]))
    >>> told[:2].tolist(), len(set(told.tolist()))
    ([7, 5], 4)
    """
    size = np.uint64(16)
    while size < np.uint64(2 * len(prints)):
        size <<= _1
    known, times = np.empty(size, np.uint64), np.zeros(size, np.uint32)
    found = prints.copy()
    for row in range(len(prints)):
        slot = prints[row] & (size - _1)
        while times[slot] and known[slot] != prints[row]:
            slot = (slot + _1) & (size - _1)
        if times[slot]:
            found[row] = mix(prints[row] + np.uint64(times[slot]) * _STEP)
        known[slot] = prints[row]
        times[slot] += np.uint32(1)
    return found


@kernel
def fingerprint_all(prints: NDArray[np.uint64], seed: np.uint64) -> np.uint64:
    """Return one number for many fingerprints in their order."""
    state = mix(seed)
    for fingerprint in prints:
        state = mix(state + fingerprint)
    return state

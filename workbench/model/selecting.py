"""The compiled kernel that finds a bound such that n values reach it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def nth_largest(values: NDArray[np.float32], n: int) -> np.float32:
    """Return the n-th largest value, 1 for the largest (quickselect, Hoare 1961).

    numpy's partition does the same, and takes longer to compile than all of the clustering.
    """
    left = values.copy()
    low, high, wanted = 0, len(left) - 1, n - 1
    while low < high:
        # The median of three, so that sorted values are no bad case.
        pivot = left[(low + high) >> 1]
        smaller, larger = min(left[low], left[high]), max(left[low], left[high])
        pivot = max(smaller, min(pivot, larger))
        i, j = low, high
        while i <= j:
            while left[i] > pivot:
                i += 1
            while left[j] < pivot:
                j -= 1
            if i <= j:
                left[i], left[j] = left[j], left[i]
                i += 1
                j -= 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            return left[wanted]
    return left[wanted]

"""Compiled passes that lay a sparse matrix out for the search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel

Floats = NDArray[np.float32]
Places = NDArray[np.int32]
Pointers = NDArray[np.int64]


@kernel
def scale_rows(indptr: Pointers, values: Floats) -> None:
    """Scale every row to length 1, in place; a row of zeros stays."""
    for i in range(len(indptr) - 1):
        square = 0.0
        for p in range(indptr[i], indptr[i + 1]):
            square += np.float64(values[p]) ** 2
        if square > 0:
            scale = 1 / np.sqrt(square)
            for p in range(indptr[i], indptr[i + 1]):
                values[p] = np.float32(values[p] * scale)


@kernel
def gathering_features(
    indptr: Pointers, features: Places, values: Floats, first: int
) -> NDArray[np.int32]:
    """Return the two heaviest features of each row among those from ``first`` on, shape (n, 2).

    The first feature wins of equals; -1 where there is none.
    """
    n_rows = len(indptr) - 1
    heaviest = np.full((n_rows, 2), -1, np.int32)
    for i in range(n_rows):
        best, second = np.float32(0), np.float32(0)
        for p in range(indptr[i], indptr[i + 1]):
            weight = abs(values[p])
            if features[p] < first or weight <= second:
                continue
            if weight > best:
                heaviest[i, 1], second = heaviest[i, 0], best
                heaviest[i, 0], best = features[p], weight
            else:
                heaviest[i, 1], second = features[p], weight
    return heaviest


@kernel
def turn(
    indptr: Pointers, features: Places, values: Floats, starts: Pointers
) -> tuple[Places, Floats]:
    """Return the rows of each feature, in their order, and its value there."""
    rows, weights = np.empty(len(features), np.int32), np.empty(len(features), np.float32)
    free = starts.copy()
    for i in range(len(indptr) - 1):
        for p in range(indptr[i], indptr[i + 1]):
            place = free[features[p]]
            rows[place], weights[place] = i, values[p]
            free[features[p]] = place + 1
    return rows, weights


@kernel
def measure_ends(
    indptr: Pointers,
    features: Places,
    values: Floats,
    part_of: NDArray[np.uint8],
    n_parts: int,
) -> NDArray[np.uint8]:
    """Return the length of each row from each part of the features on, in 255ths, rounded up."""
    n_rows = len(indptr) - 1
    ends = np.zeros((n_rows, n_parts), np.uint8)
    for i in range(n_rows):
        square, p = 0.0, indptr[i + 1] - 1
        for part in range(n_parts - 1, -1, -1):
            while p >= indptr[i] and part_of[features[p]] == part:
                square += np.float64(values[p]) ** 2
                p -= 1
            ends[i, part] = min(np.ceil(np.sqrt(square) * 255), 255)
    return ends

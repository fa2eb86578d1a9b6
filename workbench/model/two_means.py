"""The compiled kernel that cuts a set of labels into two similar halves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.rows import Rows
from workbench.model.seeds import mix
from workbench.model.selecting import nth_largest

_MAX_ITERATIONS = 20
_N_DRAWS = 8
_LEFT, _RIGHT, _ADD = np.uint64(0), np.uint64(1), np.float32(1)
_ZERO, _ONE, _TWO = np.float32(0), np.uint64(1), np.uint64(2)
# Who still changes sides when so few do is a matter of chance.
_SETTLED = 0.002


@kernel
def _move(
    x: Rows,
    row: int,
    sums: NDArray[np.float32],
    squares: NDArray[np.float64],
    side: np.uint64,
    sign: np.float32,
) -> None:
    """Add a row to the sum of one side (sign 1) or take it away (sign -1)."""
    more = 0.0
    for p in range(np.uint64(x.indptr[row]), np.uint64(x.indptr[row + 1])):
        feature = np.uint32(x.indices[p])
        before = sums[feature, side]
        after = before + sign * x.data[p]
        more += np.float64(after) * after - np.float64(before) * before
        sums[feature, side] = after
    squares[side] += more


@kernel
def _direct(
    x: Rows,
    labels: NDArray[np.int64],
    sums: NDArray[np.float32],
    squares: NDArray[np.float64],
    directions: NDArray[np.float32],
) -> None:
    """Write how much closer each label is to the centre of side 0 than to that of side 1."""
    scale = np.empty(2, np.float32)
    for side in range(2):
        scale[side] = 1 / np.sqrt(squares[side]) if squares[side] > 1e-12 else 0
    for i in range(len(labels)):
        one, other = _ZERO, _ZERO
        one_too, other_too = _ZERO, _ZERO  # an addition waits for the one before
        p, end = np.uint64(x.indptr[labels[i]]), np.uint64(x.indptr[labels[i] + 1])
        while p + _ONE < end:
            feature, next_feature = np.uint32(x.indices[p]), np.uint32(x.indices[p + _ONE])
            one += x.data[p] * sums[feature, _LEFT]
            other += x.data[p] * sums[feature, _RIGHT]
            one_too += x.data[p + _ONE] * sums[next_feature, _LEFT]
            other_too += x.data[p + _ONE] * sums[next_feature, _RIGHT]
            p += _TWO
        if p < end:
            feature = np.uint32(x.indices[p])
            one += x.data[p] * sums[feature, _LEFT]
            other += x.data[p] * sums[feature, _RIGHT]
        directions[i] = (one + one_too) * scale[0] - (other + other_too) * scale[1]


@kernel
def _two_starts(
    x: Rows, labels: NDArray[np.int64], seed: np.uint64, sums: NDArray[np.float32]
) -> tuple[np.int64, np.int64]:
    """Return two labels that have features; -1 where there are none.

    The first is drawn by chance; the second is the least similar to it of a few such draws, so
    that two labels of one topic seldom start both sides. ``sums`` is zero before and after.
    """
    described = np.empty(len(labels), np.int64)
    n = 0
    for label in labels:
        if x.indptr[label + 1] > x.indptr[label]:
            described[n] = label
            n += 1
    if n < 2:
        return np.int64(-1), np.int64(-1)
    first = np.int64(mix(seed) % np.uint64(n))
    one, other, least = described[first], described[first], np.float32(np.inf)
    for p in range(x.indptr[one], x.indptr[one + 1]):
        sums[x.indices[p], 0] = x.data[p]
    for draw in range(_N_DRAWS):
        drawn = np.int64(mix(seed + np.uint64(draw + 1)) % np.uint64(n - 1))
        candidate = described[drawn + (drawn >= first)]
        similarity = np.float32(0)
        for p in range(x.indptr[candidate], x.indptr[candidate + 1]):
            similarity += x.data[p] * sums[x.indices[p], 0]
        if similarity < least:
            other, least = candidate, similarity
    for p in range(x.indptr[one], x.indptr[one + 1]):
        sums[x.indices[p], 0] = 0
    return one, other


@kernel
def balanced_two_means(
    x: Rows, labels: NDArray[np.int64], n_left: int, seed: np.uint64, sums: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which labels go left: the ``n_left`` that are closer to the left centre.

    Spherical 2-means from two labels drawn by chance; of equally close labels the first go left.
    Only the labels that change sides are added up anew.

    Parameters
    ----------
    x : Rows
        Features of all labels.
    labels : ndarray of int64, shape (n,)
    sums : ndarray of float32, shape (n_features, 2)
        Zero before and after.
    """
    n = len(labels)
    left = np.zeros(n, np.bool_)
    left[:n_left] = True
    one, other = _two_starts(x, labels, seed, sums)
    if one < 0:
        return left
    squares = np.zeros(2, np.float64)
    directions = np.empty(n, np.float32)
    _move(x, one, sums, squares, _LEFT, _ADD)
    _move(x, other, sums, squares, _RIGHT, _ADD)
    _direct(x, labels, sums, squares, directions)
    _move(x, one, sums, squares, _LEFT, -_ADD)
    _move(x, other, sums, squares, _RIGHT, -_ADD)
    squares[:] = 0
    is_placed = False
    for _ in range(_MAX_ITERATIONS):
        bound = nth_largest(directions, n_left) if n_left else np.float32(np.inf)
        n_equal = n_left
        for i in range(n):
            n_equal -= directions[i] > bound
        n_moved = 0
        for i in range(n):
            goes_left = directions[i] > bound
            if directions[i] == bound and n_equal > 0:
                goes_left = True
                n_equal -= 1
            if is_placed and goes_left == left[i]:
                continue
            n_moved += 1
            if is_placed:
                _move(x, labels[i], sums, squares, _LEFT if left[i] else _RIGHT, -_ADD)
            left[i] = goes_left
            _move(x, labels[i], sums, squares, _LEFT if goes_left else _RIGHT, _ADD)
        if is_placed and n_moved <= _SETTLED * n:
            break
        is_placed = True
        _direct(x, labels, sums, squares, directions)
    for label in labels:
        for p in range(x.indptr[label], x.indptr[label + 1]):
            sums[x.indices[p], 0] = 0
            sums[x.indices[p], 1] = 0
    return left

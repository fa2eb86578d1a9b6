"""The compiled search of the nearest rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel

Floats = NDArray[np.float32]
Places = NDArray[np.int32]
Pointers = NDArray[np.int64]
Sums = NDArray[np.unsignedinteger]

# A similarity of 1 is this much in the sums of a search, whose 16 bits keep them in the cache.
_ONE = 16384
# What a sum begins with, so that it is never 0 where a row was seen, were all products negative.
_SEEN = 20_000
# A positive product is rounded up by at most one, a negative one to no more than 0, and lengths
# of 1 bound the sum of either: rows of more features need wider sums.
MOST_FEATURES = 25_000
# Rows that may be as near as this below the bound are looked at in full: rounding errors are less.
_SLACK = 1e-5
# After so many visits the bound is measured for the first time, and again after eight times more.
_FIRST_PROBE = 4000


@kernel
def search(
    first: int,
    last: int,
    original: Places,
    indptr: Pointers,
    features: Places,
    values: Floats,
    starts: Pointers,
    rows: Places,
    weights: Floats,
    ends: NDArray[np.uint8],
    part_of: NDArray[np.uint8],
    sums: Sums,
    n_neighbours: int,
) -> tuple[Places, Floats]:
    """Return the nearest rows of the rows from ``first`` to before ``last``, nearest first.

    ``sums`` is room for a number a row, all 0. A place that is not filled has the similarity 0.
    """
    n_rows = len(indptr) - 1
    found = np.full((last - first, n_neighbours), n_rows, np.int32)
    similarity = np.zeros((last - first, n_neighbours), np.float32)
    likely, likely_sums = np.empty(n_neighbours, np.int32), np.empty(n_neighbours, np.float32)
    seen = np.empty(n_rows + 1, np.int32)
    of_row = np.zeros(len(part_of), np.float32)
    for i in range(first, last):
        begin, end = indptr[i], indptr[i + 1]
        square_left = 0.0
        for p in range(end - 1, begin - 1, -1):
            of_row[features[p]] = values[p]
            square_left += np.float64(values[p]) ** 2
        # From rare to common features, until no row is near enough that shares only those left.
        p, n_seen, n_visits, next_probe, bound = begin, 0, 0, _FIRST_PROBE, 0.0
        while p < end and (bound == 0 or np.sqrt(max(square_left, 0.0)) >= bound - _SLACK):
            n_seen = _visit(
                features[p], values[p] * _ONE, starts, rows, weights, sums, seen, n_seen
            )
            n_visits += starts[features[p] + 1] - starts[features[p]]
            square_left -= np.float64(values[p]) ** 2
            p += 1
            if n_visits >= next_probe and p < end:
                next_probe = 8 * n_visits
                _take_likely(i, seen[:n_seen], sums, likely, likely_sums)
                bound = max(bound, _least(likely, likely_sums, indptr, features, values, of_row))
        # Of the rows seen: what was summed and what may be added, then the similarity in full.
        left, part, cut = 0.0, 0, len(part_of)
        if p < end:
            left, part, cut = np.sqrt(max(square_left, 0.0)), part_of[features[p]], features[p]
        per_end = np.float32((left + _SLACK) * _ONE / 255)
        needed = np.float32((bound - _SLACK) * _ONE)
        for s in range(n_seen):
            j = np.uint32(seen[s])
            told = np.float32(np.int64(sums[j]) - _SEEN)
            sums[j] = 0
            if told + per_end * 255 < needed or j == i or told + per_end * ends[j, part] < needed:
                continue
            if told + _common(j, cut, indptr, features, values, of_row) * _ONE < needed:
                continue
            exact = np.float32(_dot(j, indptr, features, values, of_row))
            _insert(found[i - first], similarity[i - first], original[j], exact)
            nearest_out = np.float64(similarity[i - first, n_neighbours - 1])
            needed = max(needed, np.float32((nearest_out - _SLACK) * _ONE))
        for p in range(begin, end):
            of_row[features[p]] = 0
    return found, similarity


@inlined
def _visit(
    feature: int,
    value: np.float32,
    starts: Pointers,
    rows: Places,
    weights: Floats,
    sums: Sums,
    seen: Places,
    n_seen: int,
) -> int:
    """Add the products of one feature, rounded up, and return how many rows were seen by now."""
    for q in range(starts[feature], starts[feature + 1]):
        j = np.uint32(rows[q])  # no check for indices below 0
        told = np.int64(sums[j])
        # Always written, but kept only if the row is new: a branch would be mispredicted.
        seen[np.uint64(n_seen)] = rows[q]
        is_new = int(told == 0)
        n_seen += is_new
        sums[j] = told + is_new * _SEEN + np.int64(value * weights[q] + 1)
    return n_seen


@kernel
def _take_likely(row: int, seen: Places, sums: Sums, likely: Places, likely_sums: Floats) -> None:
    """Keep the rows of the highest sums."""
    likely[:], likely_sums[:] = len(sums), 0
    lowest = np.int64(0)
    for s in range(len(seen)):
        j = seen[s]
        if np.int64(sums[j]) > lowest and j != row:
            _insert(likely, likely_sums, j, np.float32(sums[j]))
            lowest = np.int64(likely_sums[len(likely) - 1])


@kernel
def _least(
    likely: Places,
    likely_sums: Floats,
    indptr: Pointers,
    features: Places,
    values: Floats,
    of_row: Floats,
) -> float:
    """Return the lowest similarity among likely rows; 0 if they are too few or one has none."""
    least = 2.0
    for k in range(len(likely)):
        if likely_sums[k] == 0:
            return 0.0
        least = min(least, _dot(likely[k], indptr, features, values, of_row))
    return max(least, 0.0)


@inlined
def _dot(j: int, indptr: Pointers, features: Places, values: Floats, of_row: Floats) -> float:
    """Return the similarity, summed in the order of the features: the same from either side."""
    dot = 0.0
    for p in range(indptr[j], indptr[j + 1]):
        dot += np.float64(of_row[features[p]]) * np.float64(values[p])
    return dot


@inlined
def _common(
    j: int, cut: int, indptr: Pointers, features: Places, values: Floats, of_row: Floats
) -> float:
    """Return what the features from ``cut`` on add to the similarity."""
    dot, p = 0.0, indptr[j + 1] - 1
    while p >= indptr[j] and features[p] >= cut:
        dot += np.float64(of_row[features[p]]) * np.float64(values[p])
        p -= 1
    return dot


@kernel
def _insert(found: Places, similarity: Floats, row: int, value: np.float32) -> None:
    """Put a row where it belongs among those found so far; of equals the first row is first."""
    last = len(found) - 1
    if value < similarity[last] or (value == similarity[last] and row >= found[last]):
        return
    k = last
    while k > 0 and (
        similarity[k - 1] < value or (similarity[k - 1] == value and found[k - 1] > row)
    ):
        similarity[k], found[k] = similarity[k - 1], found[k - 1]
        k -= 1
    similarity[k], found[k] = value, row

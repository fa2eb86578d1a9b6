"""The compiled kernels of the linear tree: train, score a level, pick the best.

Kernels check no bounds: every index that reaches them was checked at the door. They live in a
file of their own because numba compiles all of them anew when this file changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

N_LANES = 16
_OVER_RELAXATION = np.float32(1.3)
_STEEPNESS = np.float32(4)
_ZERO, _ONE = np.float32(0), np.float32(1)
_uncached: list[str] = []


def _kernel(function: Callable[..., Any]) -> Any:
    """Compile on first call; keep the machine code on disk where a folder is writable."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError as error:  # numba finds no cache folder, already when decorating
        if "no locator available" not in str(error):
            raise
        _uncached.append(function.__name__)
        return njit(nogil=True)(function)


def warn_if_not_cached() -> None:
    """Log once that the kernels are compiled in every process, if they are."""
    if _uncached:
        logging.getLogger(__name__).warning(
            "no writable folder for compiled kernels: they are compiled anew in every process, "
            "which takes some seconds; set NUMBA_CACHE_DIR to a writable folder"
        )
        _uncached.clear()


class Rows(NamedTuple):
    """The arrays of a csr matrix, and its number of columns."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]
    n_features: int


class Level(NamedTuple):
    """The pruned classifiers of one level of a tree, node by node.

    Node n decides among children ``child_ptr[n]:child_ptr[n + 1]``. It has a weight for the
    features ``features[feature_ptr[n]:feature_ptr[n + 1]]`` (sorted); the e-th of all features has
    the weights ``entry_values[entry_ptr[e]:entry_ptr[e + 1]]``, for the children that
    ``entry_children`` names (sorted, counted from the first child of the node).
    """

    child_ptr: NDArray[np.int64]
    feature_ptr: NDArray[np.int64]
    features: NDArray[np.int32]
    entry_ptr: NDArray[np.int64]
    entry_children: NDArray[np.int32]
    entry_values: NDArray[np.float32]
    bias: NDArray[np.float32]


@_kernel
def take_rows(x: Rows, chosen: NDArray[np.int64]) -> tuple[Rows, NDArray[np.int32]]:
    """Return the chosen rows over the features they use, and which features those are."""
    indptr = np.zeros(len(chosen) + 1, np.int64)
    for i in range(len(chosen)):
        indptr[i + 1] = indptr[i] + x.indptr[chosen[i] + 1] - x.indptr[chosen[i]]
    indices = np.empty(indptr[-1], np.int32)
    data = np.empty(indptr[-1], np.float32)
    local = np.full(x.n_features, -1, np.int32)
    features = np.empty(min(x.n_features, indptr[-1]), np.int32)
    n_local = 0
    target = 0
    for row in chosen:
        for source in range(x.indptr[row], x.indptr[row + 1]):
            feature = x.indices[source]
            if local[feature] < 0:
                local[feature] = n_local
                features[n_local] = feature
                n_local += 1
            indices[target] = local[feature]
            data[target] = x.data[source]
            target += 1
    return Rows(indptr, indices, data, n_local), features[:n_local].copy()


@_kernel
def _shuffle(order: NDArray[np.int64], state: np.uint64) -> np.uint64:
    """Shuffle in place (Fisher and Yates) and return the next state of the xorshift generator."""
    for i in range(len(order) - 1, 0, -1):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        j = np.int64(state % np.uint64(i + 1))
        order[i], order[j] = order[j], order[i]
    return state


@_kernel
def solve_lanes(
    x: Rows,
    signed_ridge: NDArray[np.float32],
    n_lanes: int,
    max_passes: int,
    tolerance: float,
    seed: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """Return weights (n_features, 16), bias (16,) and passes of up to 16 squared-hinge problems.

    Dual coordinate descent (Hsieh et al. 2008, Algorithm 1) on 16 labels at every visit of a row,
    so that a row is read once for all of them. ``signed_ridge[i, j]`` is y_ij / (2 C_ij): its
    sign is the class of row i for lane j, its size the ridge that its cost puts on the diagonal.
    Lanes from ``n_lanes`` on stay zero.
    """
    indptr, indices, data = x.indptr, x.indices, x.data
    n_rows = len(indptr) - 1
    weights = np.zeros((x.n_features, N_LANES), np.float32)
    bias = np.zeros(N_LANES, np.float32)
    alpha = np.zeros((n_rows, N_LANES), np.float32)
    margin = np.empty(N_LANES, np.float32)
    step = np.zeros(N_LANES, np.float32)
    norm = np.ones(n_rows, np.float32)  # 1 is the square of the bias feature
    for row in range(n_rows):
        for p in range(indptr[row], indptr[row + 1]):
            norm[row] += data[p] * data[p]
    order = np.arange(n_rows)
    state = np.uint64(seed) | np.uint64(1)
    n_passes = 0
    for _ in range(max_passes):
        n_passes += 1
        state = _shuffle(order, state)
        highest, lowest = _ZERO, _ZERO
        for i in order:
            for j in range(N_LANES):
                margin[j] = bias[j]
            for p in range(indptr[i], indptr[i + 1]):
                value, feature = data[p], indices[p]
                for j in range(N_LANES):
                    margin[j] += value * weights[feature, j]
            moved = False
            for j in range(n_lanes):
                sign = _ONE if signed_ridge[i, j] > _ZERO else -_ONE
                ridge = abs(signed_ridge[i, j])
                old = alpha[i, j]
                gradient = sign * margin[j] - _ONE + old * ridge
                projected = min(gradient, _ZERO) if old == _ZERO else gradient
                highest, lowest = max(highest, projected), min(lowest, projected)
                new = max(_ZERO, old - _OVER_RELAXATION * gradient / (norm[i] + ridge))
                step[j] = sign * (new - old)
                alpha[i, j] = new
                moved |= new != old
            if not moved:
                continue
            for j in range(N_LANES):
                bias[j] += step[j]
            for p in range(indptr[i], indptr[i + 1]):
                value, feature = data[p], indices[p]
                for j in range(N_LANES):
                    weights[feature, j] += value * step[j]
        if highest - lowest <= tolerance:
            break
    return weights, bias, n_passes


@_kernel
def _log_score(margin: np.float32) -> np.float32:
    """Return the logarithm of the logistic function of four times the margin."""
    steep = _STEEPNESS * margin
    if steep > _ZERO:
        return np.float32(-np.log1p(np.exp(-steep)))
    # Of minus infinity, the margin of a label without positives, this is minus infinity.
    return np.float32(steep - np.log1p(np.exp(steep)))


@_kernel
def _load_node(level: Level, node: int, loaded: int, entry_of: NDArray[np.int64]) -> None:
    """Point every feature at its entry in ``node``; forget those of node ``loaded``."""
    if loaded >= 0:
        for e in range(level.feature_ptr[loaded], level.feature_ptr[loaded + 1]):
            entry_of[level.features[e]] = -1
    for e in range(level.feature_ptr[node], level.feature_ptr[node + 1]):
        entry_of[level.features[e]] = e


@_kernel
def score_children(
    x: Rows,
    level: Level,
    rows: NDArray[np.int64],
    nodes: NDArray[np.int64],
    parent_scores: NDArray[np.float32],
    starts: NDArray[np.int64],
    out_children: NDArray[np.int32],
    out_scores: NDArray[np.float32],
) -> None:
    """Score all children of (row, node) pairs; pairs come sorted by node.

    Writes the log scores of pair i's children, that of the parent added, from ``starts[i]`` on.
    """
    entry_of = np.full(x.n_features, -1, np.int64)
    loaded = -1
    for i in range(len(rows)):
        node, row, start = nodes[i], rows[i], starts[i]
        if node != loaded:
            _load_node(level, node, loaded, entry_of)
            loaded = node
        first = level.child_ptr[node]
        n_children = level.child_ptr[node + 1] - first
        for c in range(n_children):
            out_children[start + c] = first + c
            out_scores[start + c] = level.bias[first + c]
        for p in range(x.indptr[row], x.indptr[row + 1]):
            e = entry_of[x.indices[p]]
            if e >= 0:
                for q in range(level.entry_ptr[e], level.entry_ptr[e + 1]):
                    c = level.entry_children[q]
                    out_scores[start + c] += x.data[p] * level.entry_values[q]
        for c in range(n_children):
            out_scores[start + c] = parent_scores[i] + _log_score(out_scores[start + c])


@_kernel
def score_paths(
    x: Rows,
    level: Level,
    rows: NDArray[np.int64],
    nodes: NDArray[np.int64],
    children: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> None:
    """Add to each score the log score of one child of a (row, node) pair, sorted by node."""
    entry_of = np.full(x.n_features, -1, np.int64)
    loaded = -1
    for i in range(len(rows)):
        node, row = nodes[i], rows[i]
        if node != loaded:
            _load_node(level, node, loaded, entry_of)
            loaded = node
        child = children[i] - level.child_ptr[node]
        margin = level.bias[children[i]]
        for p in range(x.indptr[row], x.indptr[row + 1]):
            e = entry_of[x.indices[p]]
            if e >= 0:
                begin, end = level.entry_ptr[e], level.entry_ptr[e + 1]
                q = begin + np.searchsorted(level.entry_children[begin:end], child)
                if q < end and level.entry_children[q] == child:
                    margin += x.data[p] * level.entry_values[q]
        scores[i] += _log_score(margin)


@_kernel
def keep_best(
    row_ptr: NDArray[np.int64],
    scores: NDArray[np.float32],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row pointers and positions of the k highest scores a row, in no order.

    A score of minus infinity is never kept; of equal scores the first position wins.
    """
    n_rows = len(row_ptr) - 1
    kept_ptr = np.zeros(n_rows + 1, np.int64)
    kept = np.empty(min(len(scores), n_rows * k), np.int64)
    for row in range(n_rows):
        begin = kept_ptr[row]
        n_kept = 0
        all_fit = row_ptr[row + 1] - row_ptr[row] <= k
        for p in range(row_ptr[row], row_ptr[row + 1]):
            score = scores[p]
            if score == -np.inf or (n_kept == k and score <= scores[kept[begin + k - 1]]):
                continue
            slot = begin + min(n_kept, k - 1)
            while not all_fit and slot > begin and scores[kept[slot - 1]] < score:
                kept[slot] = kept[slot - 1]
                slot -= 1
            kept[slot] = p
            n_kept = min(n_kept + 1, k)
        kept_ptr[row + 1] = begin + n_kept
    return kept_ptr, kept[: kept_ptr[-1]].copy()

"""Walk down trained trees: beam search, the scores of given pairs, and what speaks for a pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.model.solver import Level, Rows, keep_best, score_children, score_paths
from workbench.model.training import TrainedTree

Explanation = list[tuple[int, float]]


def search_tree(trained: TrainedTree, x: Rows, *, beam: int, k: int) -> csr_array:
    """Return the scores of the best k labels a row that the beam reaches.

    Labels that score 0 are absent.
    """
    n_rows = len(x.indptr) - 1
    row_ptr = np.arange(n_rows + 1, dtype=np.int64)
    nodes = np.zeros(n_rows, np.int64)
    scores = np.zeros(n_rows, np.float32)
    for depth, level in enumerate(trained.levels):
        row_ptr, children, scores = _score_level(x, level, row_ptr, nodes, scores)
        is_last = depth == len(trained.levels) - 1
        row_ptr, kept = keep_best(row_ptr, scores, k if is_last else beam)
        nodes, scores = children[kept].astype(np.int64), scores[kept]
    shape = (n_rows, trained.tree.n_labels)
    found = csr_array((np.exp(scores), trained.tree.label_order[nodes], row_ptr), shape=shape)
    found.eliminate_zeros()
    found.sort_indices()
    return found


def _score_level(
    x: Rows,
    level: Level,
    row_ptr: NDArray[np.int64],
    nodes: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return row pointers, children and log scores of all children of each row's nodes."""
    rows = np.repeat(np.arange(len(row_ptr) - 1, dtype=np.int64), np.diff(row_ptr))
    starts = np.concatenate([[0], np.cumsum(np.diff(level.child_ptr)[nodes])])
    out_children = np.empty(starts[-1], np.int32)
    out_scores = np.empty(starts[-1], np.float32)
    by_node = np.argsort(nodes, kind="stable")
    score_children(
        x,
        level,
        rows[by_node],
        nodes[by_node],
        scores[by_node],
        starts[:-1][by_node],
        out_children,
        out_scores,
    )
    return starts[row_ptr], out_children, out_scores


def score_tree_pairs(
    trained: TrainedTree, x: Rows, rows: NDArray[np.int64], labels: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the score of each pair along its own path, whatever a beam would reach."""
    # On the last level nodes are ordered along positions, and so are their ancestors.
    order = np.argsort(trained.tree.position_of_label[labels], kind="stable")
    scores = np.zeros(len(rows), np.float32)
    for level, path in zip(trained.levels, trained.tree.paths(labels[order]), strict=True):
        nodes, children = np.ascontiguousarray(path.T)
        score_paths(x, level, rows[order], nodes, children, scores)
    result = np.empty(len(rows), np.float32)
    result[order] = np.exp(scores)
    return result


def explain_tree(trained: TrainedTree, x: csr_array, label: int) -> NDArray[np.float64]:
    """Return what each stored feature of the row x adds on each level, (n_levels, n_stored)."""
    steps = trained.tree.paths(np.array([label]))
    weights = [
        _weights_of(level, int(step[0, 0]), int(step[0, 1]), x.indices)
        for level, step in zip(trained.levels, steps, strict=True)
    ]
    shares: NDArray[np.float64] = np.multiply(np.stack(weights), x.data, dtype=np.float64)
    return shares


def _weights_of(
    level: Level, node: int, child: int, features: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Return the weights that a child has for some features, 0 where pruned."""
    begin, end = level.feature_ptr[node], level.feature_ptr[node + 1]
    entries = slice(level.entry_ptr[begin], level.entry_ptr[end])
    of_child = level.entry_children[entries] == child - level.child_ptr[node]
    repeats = np.diff(level.entry_ptr[begin : end + 1])
    known = np.repeat(level.features[begin:end], repeats)[of_child]
    values = level.entry_values[entries][of_child]
    weights = np.zeros(len(features), np.float32)
    if len(known):
        slots = np.minimum(np.searchsorted(known, features), len(known) - 1)
        weights = np.where(known[slots] == features, values[slots], np.float32(0))
    return weights


def largest(features: NDArray[np.integer], values: NDArray[np.float64], top: int) -> Explanation:
    """Return the ``top`` features of largest absolute value, largest first, without zeros."""
    order = np.argsort(-np.abs(values), kind="stable")[:top]
    return [(int(features[i]), float(values[i])) for i in order if values[i] != 0]

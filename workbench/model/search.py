"""Walk down trained trees: beam search, and the scores of given pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.kernels import read_only
from workbench.model.best_children import Found
from workbench.model.collecting import collect, keep_best
from workbench.model.held_out import no_held_out
from workbench.model.path_scores import probabilities, score_paths
from workbench.model.rows import Rows
from workbench.model.scoring import score_level
from workbench.model.totals import no_totals
from workbench.model.trained import TrainedTree

CsrArrays = tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.float32]]


_NOTHING = (no_held_out(), no_totals())
# Of several trees, each names so many labels of a row: the others score next to nothing.
VOTES_PER_TREE = 30


def search_trees(
    trees: list[TrainedTree], x: Rows, begin: int, end: int, *, beam: int, k: int
) -> CsrArrays:
    """Return csr arrays with the best k labels of rows begin to end, by the mean over the trees."""
    if len(trees) == 1:
        return search_tree(trees[0], x, begin, end, beam=beam, k=k)
    votes = max(k, VOTES_PER_TREE)
    found = [search_tree(tree, x, begin, end, beam=beam, k=votes) for tree in trees]
    shape = (end - begin, trees[0].tree.n_labels)
    first, *others = (csr_array(arrays[::-1], shape=shape) for arrays in found)
    total = csr_array(sum(others, start=first))
    row_ptr, kept = keep_best(total.indptr.astype(np.int64), total.data, k)
    scores = total.data[kept] / np.float32(len(found))
    best = csr_array((scores, total.indices[kept], row_ptr), shape=total.shape)
    best.sort_indices()
    return best.indptr, best.indices, best.data


def search_tree(
    trained: TrainedTree, x: Rows, begin: int, end: int, *, beam: int, k: int
) -> CsrArrays:
    """Return csr arrays with the scores of the best k labels of rows begin to end.

    Labels that the beam does not reach, or that score 0, are absent.
    """
    n_rows = end - begin
    found = Found(
        np.zeros((n_rows, 1), np.int32),
        np.zeros((n_rows, 1), np.float32),
        np.ones(n_rows, np.int32),
    )
    # A single row opens no block: to make the room would take as long as to search.
    places = np.zeros(x.n_features if n_rows > 1 else 0, np.uint32)
    kept = 1
    for depth, level in enumerate(trained.levels):
        is_last = depth == len(trained.levels) - 1
        possible = trained.widest_nodes[depth] * kept
        wanted = min(k if is_last else beam, possible, len(level.bias))
        in_order = wanted < min(possible, len(level.bias)) or wanted <= beam
        kept = wanted
        widest = trained.widest_blocks[depth]
        found = Found(
            *score_level(
                x, level, begin, found, wanted, in_order, is_last, widest, places, *_NOTHING
            )
        )
    arrays: CsrArrays = collect(found, read_only(trained.tree.label_order))
    return arrays


def score_tree_pairs(
    trained: TrainedTree, x: Rows, rows: NDArray[np.int64], labels: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the score of each pair along its own path, whatever a beam would reach."""
    # On the last level nodes are ordered along positions, and so are their ancestors.
    order = np.argsort(trained.tree.position_of_label[labels], kind="stable")
    scores = np.zeros(len(rows), np.float32)
    places = np.zeros(x.n_features, np.uint32)
    for level, path in zip(trained.levels, trained.tree.paths(labels[order]), strict=True):
        children = np.ascontiguousarray(path[:, 1])
        score_paths(x, level, rows[order], children, scores, places)
    result = np.empty(len(rows), np.float32)
    result[order] = probabilities(scores)
    return result


def stack_rows(parts: list[CsrArrays], n_labels: int) -> csr_array:
    """Return the rows of all parts, one below the other."""
    if len(parts) == 1:
        indptr, indices, data = parts[0]
        return csr_array((data, indices, indptr), shape=(len(indptr) - 1, n_labels))
    counts = [np.diff(indptr) for indptr, _, _ in parts]
    indptr = np.concatenate([[0], *counts]).cumsum()
    indices = np.concatenate([np.empty(0, np.int32), *(part[1] for part in parts)])
    data = np.concatenate([np.empty(0, np.float32), *(part[2] for part in parts)])
    return csr_array((data, indices, indptr), shape=(len(indptr) - 1, n_labels))

"""The trees of a model, searched and asked as if they had not seen the rows they learned from."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.blocks import map_blocks
from workbench.model.collecting import keep_best
from workbench.model.held_out import HeldOut
from workbench.model.held_out_search import (
    score_given,
    score_held_out_pairs,
    search_held_out,
)
from workbench.model.lane_type import N_LANES
from workbench.model.rows import Rows, as_rows
from workbench.model.search import VOTES_PER_TREE, CsrArrays, stack_rows
from workbench.model.totals import N_UPPER_BINS, make_totals
from workbench.model.tree_model import TreeModel
from workbench.score_sums import add_to_histogram

# What is searched at once. Sums depend on it in their last digits: the threads must not decide it.
_ROWS_PER_BATCH, _SCORES_PER_BATCH = 1 << 16, 1 << 23


class HeldOutForest:
    """A fitted model with the held-out margins of its trees, to be searched once.

    Parameters
    ----------
    fitted : TreeModel
    held : list of tuple of HeldOut
        Of each tree the margins of its levels.
    X, Y : csr_array
        What the model learned from.
    k : int
        Candidates to keep a row.

    Attributes
    ----------
    sums : ndarray of float64, shape (n_labels,)
    histogram : ndarray of int32, shape (n_labels, N_UPPER_BINS)
        Of the pairs that are not given and that the search reached; see `Totals`.
    """

    def __init__(
        self, fitted: TreeModel, held: list[tuple[HeldOut, ...]], X: csr_array, Y: csr_array, k: int
    ) -> None:
        self.trees, self.held, self.n_jobs = fitted.trees_, held, fitted.n_jobs
        self.beam, self.k = min(fitted.search_beam(), Y.shape[1]), k
        self.x: Rows = as_rows(X)
        self.Y = Y
        n_trees, n_labels = len(held), Y.shape[1]
        self.sums = np.zeros(n_labels)
        self.histogram = np.zeros((n_labels, N_UPPER_BINS), np.int32)
        self._lock = threading.Lock()
        self._votes = k if n_trees == 1 else max(k, VOTES_PER_TREE)

    def search(self) -> csr_array:
        """Return the best labels that the rows do not carry, and add up all scores."""
        n_rows, n_labels = self.Y.shape
        width = -(-min(self._votes, n_labels) // N_LANES) * N_LANES
        size = max(min(_ROWS_PER_BATCH, _SCORES_PER_BATCH // width), 1)
        batches = [(begin, min(begin + size, n_rows)) for begin in range(0, n_rows, size)]
        found = map_blocks(self._search_batch, batches, n_jobs=self.n_jobs)
        for _, sums in found:
            self.sums += sums
        return stack_rows([arrays for arrays, _ in found], n_labels)

    def _search_batch(self, batch: tuple[int, int]) -> tuple[CsrArrays, NDArray[np.float64]]:
        n_trees, n_labels = len(self.trees), self.Y.shape[1]
        of_trees, sums = [], np.zeros(n_labels)
        for trained, held in zip(self.trees, self.held, strict=True):
            totals = make_totals(n_labels, trained.widest_blocks[-1])
            arrays = search_held_out(
                trained, held, self.x, *batch, totals, beam=self.beam, k=self._votes
            )
            of_trees.append(arrays)
            position = trained.tree.position_of_label
            sums += totals.sums[position] / n_trees
            if n_trees == 1:
                with self._lock:
                    self.histogram += totals.histogram[position]
        return of_trees[0] if n_trees == 1 else self._mean_of_trees(of_trees), sums

    def _mean_of_trees(self, of_trees: list[CsrArrays]) -> CsrArrays:
        """Return the best labels by the mean score; those that a tree named are counted."""
        shape = len(of_trees[0][0]) - 1, self.Y.shape[1]
        first, *others = (csr_array(arrays[::-1], shape=shape) for arrays in of_trees)
        mean = csr_array(sum(others, start=first))
        mean.data /= np.float32(len(of_trees))
        with self._lock:
            add_to_histogram(self.histogram, mean.indices, mean.data)
        row_ptr, kept = keep_best(mean.indptr.astype(np.int64), mean.data, self.k)
        best = csr_array((mean.data[kept], mean.indices[kept], row_ptr), shape=shape)
        best.sort_indices()
        return best.indptr, best.indices, best.data

    def given_scores(self) -> NDArray[np.float32]:
        """Return the score of each given pair, in the order of Y."""
        return self._mean(lambda t: score_given(self.trees[t], self.held[t], self.Y))

    def score(self, rows: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the score of each pair along its own path."""

        def of_tree(t: int) -> NDArray[np.float32]:
            return score_held_out_pairs(self.trees[t], self.held[t], self.x, rows, labels)

        return self._mean(of_tree)

    def _mean(self, of_tree: Callable[[int], NDArray[np.float32]]) -> NDArray[np.float32]:
        found = map_blocks(of_tree, range(len(self.trees)), n_jobs=self.n_jobs)
        return np.asarray(np.mean(found, axis=0), np.float32)

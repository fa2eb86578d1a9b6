"""Scores of every instance as if the model had not seen it, from one training."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone

from workbench.blocks import map_blocks
from workbench.kernels import interruptible
from workbench.matrices import pairs_in
from workbench.model.checks import (
    check_instances,
    check_labels,
    check_pairs_of,
    check_whole_number,
)
from workbench.model.collecting import as_pairs, keep_best, merge_pairs
from workbench.model.held_out import HeldOut
from workbench.model.held_out_search import (
    score_given,
    score_held_out_pairs,
    search_held_out,
)
from workbench.model.lanes import N_LANES
from workbench.model.out_of_sample import OutOfSample
from workbench.model.rows import Rows, as_rows
from workbench.model.search import VOTES_PER_TREE, CsrArrays, stack_rows
from workbench.model.totals import N_UPPER_BINS, make_totals
from workbench.model.tree_model import TreeModel
from workbench.score_sums import ScoreSums, add_to_histogram, count_rest_as_zero

# What is searched at once. Sums depend on it in their last digits: the threads must not decide it.
_ROWS_PER_BATCH, _SCORES_PER_BATCH = 1 << 16, 1 << 23


def leave_one_out(
    model: TreeModel,
    X: csr_array,
    Y: csr_array,
    *,
    top_k: int = 20,
    progress: Callable[[int, int], None] | None = None,
    also: csr_array | None = None,
) -> OutOfSample:
    r"""Return the scores that every row would get had the classifiers not seen it.

    They are trained once. Without row i the margin of child j of a cluster would be

    .. math:: f_{-i,j} = f_j(x_i) - \alpha_{ij} y_{ij} s_i, \quad
              s_i = 1 / [G^{-1}]_{ii} - 1 / (2 C_i)

    with :math:`\alpha` the dual variables and :math:`G` the Gram matrix of the rows of the cluster,
    bias included, plus :math:`1 / (2 C)` on the diagonal. Random probes estimate the diagonal of
    its inverse, once for all labels.

    Parameters
    ----------
    model : ClusteredOVR or OneVsRest
        Cloned; it stays as it is.
    X : csr_array of float32, shape (n_instances, n_features)
    Y : csr_array of bool or float, shape (n_instances, n_labels)
        Given pairs, with their confidence if float.
    top_k : int
        Candidates to keep a row, besides the given pairs; at least 1, and more than there are
        labels means all.
    progress : callable, optional
        Called with (steps done, steps).
    also : csr_array, shape (n_instances, n_labels), optional
        Stored pairs are scored besides, whatever their value.

    Raises
    ------
    TypeError
        If the model is no tree of linear classifiers, or X, Y or ``also`` is not a scipy sparse
        matrix of real numbers.
    InputError
        If X or Y break the contract of the model, or ``also`` has another shape than Y or indices
        outside of it.
    ValueError
        If ``top_k`` or a parameter of the model is outside its range.

    References
    ----------
    Cawley and Talbot: Fast exact leave-one-out cross-validation of sparse least-squares support
    vector machines, Neural Networks 2004: the formula. Hutchinson: A stochastic estimator of the
    trace of the influence matrix, 1990: the probes.

    Notes
    -----
    The formula is exact for a row within the hinge of a label (:math:`\alpha > 0`) while the
    others keep their side of it, with G of those alone that are within. That would be a G a label.
    Here a cluster has one, of all its rows, and a label whose hinge holds a share of them takes
    the pull for the ridge over this share, interpolated between two; see `probe_pulls`. What a
    row taught the tree itself stays.

    The last level and all above it answer as if the row were unseen. With the score of training
    above the leaves, wrong labels were found worse on every data set that was tried. A cluster of
    few rows answers with what those few say. With OneVsRest the only cluster holds all rows.

    A pair that is not given and scores below .01, or whose cluster scores below .05, may be left
    out: it is no candidate, and counts as 0 in the sums.
    """
    if not isinstance(model, TreeModel):
        raise TypeError(
            f"leave-one-out needs a ClusteredOVR or a OneVsRest, found {type(model).__name__}; "
            "out_of_fold takes any model"
        )
    X = check_instances(X)
    Y = check_labels(Y, X.shape[0])
    check_whole_number(1, top_k=top_k)
    wanted = None if also is None else check_pairs_of(also, Y.shape, "also")
    fitted = cast(TreeModel, clone(model))
    held = fitted.fit_held_out(X, Y)
    _tell(progress, 1)
    forest = _Forest(fitted, held, X, Y, min(int(top_k), Y.shape[1]))
    with interruptible():
        found = forest.search()
        _tell(progress, 2)
        given_scores = forest.given_scores()
        also_scores = np.empty(0, np.float32)
        if wanted is not None:
            also_scores = forest.score(_rows_of(wanted), wanted.indices.astype(np.int64))
    _tell(progress, 3)
    return _assemble(Y, found, given_scores, forest, wanted, also_scores)


class _Forest:
    """A fitted model with the held-out margins of its trees, to be searched once."""

    def __init__(
        self, fitted: TreeModel, held: list[tuple[HeldOut, ...]], X: csr_array, Y: csr_array, k: int
    ) -> None:
        self.trees, self.held, self.n_jobs = fitted.trees_, held, fitted.n_jobs
        self.beam, self.k = min(fitted._beam(), Y.shape[1]), k
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


def _tell(progress: Callable[[int, int], None] | None, done: int) -> None:
    if progress is not None:
        progress(done, 3)


def _rows_of(matrix: csr_array) -> NDArray[np.int64]:
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))


def _assemble(
    Y: csr_array,
    found: csr_array,
    given_scores: NDArray[np.float32],
    forest: _Forest,
    wanted: csr_array | None,
    also_scores: NDArray[np.float32],
) -> OutOfSample:
    n_rows, n_labels = Y.shape
    support = np.bincount(Y.indices, minlength=n_labels)
    # Without its only row a label has nothing to learn from.
    given_scores = np.where(support[Y.indices] == 1, np.float32(0), given_scores)
    indptr, columns, values, is_given = merge_pairs(
        as_pairs(Y, given_scores), as_pairs(found, found.data)
    )
    scores = csr_array((values, columns, indptr), shape=Y.shape)
    column_sums = forest.sums + np.bincount(Y.indices, given_scores.astype(np.float64), n_labels)
    add_to_histogram(forest.histogram, Y.indices, given_scores)
    forest.histogram[:, 0] = 0
    count_rest_as_zero(forest.histogram, n_rows)
    if wanted is None:
        nothing = np.zeros(n_rows + 1, np.int64)
        wanted = csr_array((also_scores, np.empty(0, np.int64), nothing), shape=Y.shape)
    also_given = pairs_in(Y, _rows_of(wanted), wanted.indices) >= 0
    unjudged_also = support[wanted.indices] - also_given == 0
    also_scores = np.where(unjudged_also, np.float32(0), also_scores)
    also = csr_array((also_scores, wanted.indices.astype(np.int64), wanted.indptr), shape=Y.shape)
    return OutOfSample(
        scores,
        support[columns] - is_given == 0,
        ScoreSums(n_rows, column_sums, forest.histogram),
        also,
        unjudged_also,
    )

"""Scores of every instance as if the leaves had not seen it, from one training."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone

from workbench.blocks import map_blocks
from workbench.kernels import interruptible, read_only
from workbench.model.checks import (
    check_instances,
    check_labels,
    check_pairs_of,
    check_whole_number,
)
from workbench.model.collecting import keep_best
from workbench.model.held_out import N_BINS, HeldOut, make_totals
from workbench.model.held_out_search import (
    noted_scores,
    score_held_out_pairs,
    search_held_out,
)
from workbench.model.lanes import N_LANES
from workbench.model.out_of_sample import OutOfSample, count_scores
from workbench.model.rows import Rows, as_rows
from workbench.model.search import VOTES_PER_TREE, CsrArrays, stack_rows
from workbench.model.trained import TrainedTree
from workbench.model.tree_model import TreeModel

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
    r"""Return the scores that every row would get had the leaves of the tree not seen it.

    The classifiers of a leaf are trained once. Without row i the margin of label j would be

    .. math:: f_{-i,j} = f_j(x_i) - \alpha_{ij} y_{ij} s_i, \quad
              s_i = 1 / [G^{-1}]_{ii} - 1 / (2 C_i)

    with :math:`\alpha` the dual variables and :math:`G` the Gram matrix of the rows of the leaf,
    bias included, plus :math:`1 / (2 C)` on the diagonal. G does not depend on labels: 32 random
    probes a leaf estimate the diagonal of its inverse for all of them. Above the leaves the scores
    are those of training.

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
    The formula is exact for rows within their hinge (:math:`\alpha > 0`) as long as the others
    stay on their side of it and G has the rows of the label that are within theirs. Here one G,
    of all rows of the leaf, serves all labels, so that the correction is a little too small.
    What the row taught the clusters above the leaves, and the tree itself, stays. A leaf of few
    rows answers with what those few say, as it should. With OneVsRest the only leaf holds all rows
    and labels: the same formula, without upper levels.
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
        self.parents = [np.full(len(of_tree[-1].margins), np.nan, np.float32) for of_tree in held]
        self.sums = np.zeros(n_labels)
        self.histogram = np.zeros((n_labels, N_BINS), np.int64)
        self._lock = threading.Lock()
        self._votes = k if n_trees == 1 else max(k, VOTES_PER_TREE)

    def search(self) -> csr_array:
        """Return the best labels that the rows do not carry, and note what they carry."""
        n_rows, n_labels = self.Y.shape
        width = -(-min(self._votes, n_labels) // N_LANES) * N_LANES
        size = max(min(_ROWS_PER_BATCH, _SCORES_PER_BATCH // width), 1)
        batches = [(begin, min(begin + size, n_rows)) for begin in range(0, n_rows, size)]
        found = map_blocks(self._search_batch, batches, n_jobs=self.n_jobs)
        for _, sums in found:
            self.sums += sums
        scores = stack_rows([arrays for arrays, _ in found], n_labels)
        if len(self.trees) > 1:
            # Of a mean over trees only the candidates are known.
            self.histogram = count_scores(scores.indices, scores.data, n_labels)
        return scores

    def _search_batch(self, batch: tuple[int, int]) -> tuple[CsrArrays, NDArray[np.float64]]:
        n_rows, n_labels = batch[1] - batch[0], self.Y.shape[1]
        sums, of_trees = np.zeros(n_labels), []
        for trained, held, parents in zip(self.trees, self.held, self.parents, strict=True):
            totals = make_totals(n_labels, trained.widest_blocks[-1], parents)
            of_trees.append(
                search_held_out(
                    trained, held, self.x, *batch, totals, beam=self.beam, k=self._votes
                )
            )
            sums += totals.sums[trained.tree.position_of_label] / len(self.trees)
            with self._lock:
                self.histogram += totals.histogram[trained.tree.position_of_label]
        if len(of_trees) == 1:
            return of_trees[0], sums
        total = csr_array(sum(csr_array(a[::-1], shape=(n_rows, n_labels)) for a in of_trees))
        row_ptr, kept = keep_best(total.indptr.astype(np.int64), total.data, self.k)
        scores = total.data[kept] / np.float32(len(of_trees))
        best = csr_array((scores, total.indices[kept], row_ptr), shape=total.shape)
        best.sort_indices()
        return (best.indptr, best.indices, best.data), sums

    def given_scores(self) -> NDArray[np.float32]:
        """Return the score of each given pair, in the order of Y."""
        indptr, indices = self.Y.indptr.astype(np.int64), self.Y.indices.astype(np.int32)
        rows = _rows_of(self.Y)

        def of_tree(t: int) -> NDArray[np.float32]:
            trained, held = self.trees[t], self.held[t]
            scores = noted_scores(
                trained, held[-1], self.parents[t], read_only(indptr), read_only(indices)
            )
            left = np.flatnonzero(np.isnan(scores))
            scores[left] = score_held_out_pairs(
                trained, held, self.x, rows[left], indices[left].astype(np.int64)
            )
            return scores

        return self._mean(of_tree)

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
    n_labels = Y.shape[1]
    support = np.bincount(Y.indices, minlength=n_labels)
    # No pair is in both, so that nothing is added up; stored zeros stay.
    keys = np.concatenate([_keys(Y), _keys(found)])
    order = np.argsort(keys, kind="stable")
    indptr = Y.indptr.astype(np.int64) + found.indptr
    columns = np.concatenate([Y.indices, found.indices]).astype(np.int64)[order]
    scores = csr_array(
        (np.concatenate([given_scores, found.data])[order], columns, indptr), shape=Y.shape
    )
    is_given = order < Y.nnz
    sums = forest.sums + np.bincount(Y.indices, given_scores.astype(np.float64), n_labels)
    if wanted is None:
        nothing = np.zeros(Y.shape[0] + 1, np.int64)
        wanted = csr_array((also_scores, np.empty(0, np.int64), nothing), shape=Y.shape)
    also = csr_array((also_scores, wanted.indices.astype(np.int64), wanted.indptr), shape=Y.shape)
    also_given = np.isin(_keys(also), _keys(Y))
    return OutOfSample(
        scores,
        sums,
        forest.histogram,
        support[columns] - is_given == 0,
        also,
        support[also.indices] - also_given == 0,
    )


def _keys(matrix: csr_array) -> NDArray[np.int64]:
    return _rows_of(matrix) * matrix.shape[1] + matrix.indices

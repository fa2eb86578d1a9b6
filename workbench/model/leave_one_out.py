"""Scores of every instance as if the model had not seen it, from one training."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone

from workbench.kernels import interruptible
from workbench.matrices import pairs_in
from workbench.model.checks import (
    check_instances,
    check_labels,
    check_pairs_of,
    check_whole_number,
)
from workbench.model.held_out_forest import HeldOutForest
from workbench.model.merging import as_pairs, merge_pairs
from workbench.model.out_of_sample import OutOfSample
from workbench.model.tree_model import TreeModel
from workbench.score_sums import ScoreSums, add_to_histogram, count_rest_as_zero
from workbench.sparse import rows_of


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
    bias included, plus :math:`1 / (2 C)` on the diagonal. Random probes, and what the features of
    a row alone let expect, estimate the diagonal of its inverse, once for all labels.

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
    row taught the tree itself stays. Above the last level the diagonal is the expected one, without
    probes.

    The last level and all above it answer as if the row were unseen. With the score of training
    above the leaves, wrong labels were found worse on every data set that was tried. A cluster of
    few rows answers with what those few say. With OneVsRest the only cluster holds all rows.

    A pair that is not given and scores below .01, or whose cluster scores below .1, may be left
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
    forest = HeldOutForest(fitted, held, X, Y, min(int(top_k), Y.shape[1]))
    with interruptible():
        found = forest.search()
        _tell(progress, 2)
        given_scores = forest.given_scores()
        also_scores = np.empty(0, np.float32)
        if wanted is not None:
            also_scores = forest.score(rows_of(wanted), wanted.indices.astype(np.int64))
    _tell(progress, 3)
    return _assemble(Y, found, given_scores, forest, wanted, also_scores)


def _tell(progress: Callable[[int, int], None] | None, done: int) -> None:
    if progress is not None:
        progress(done, 3)


def _assemble(
    Y: csr_array,
    found: csr_array,
    given_scores: NDArray[np.float32],
    forest: HeldOutForest,
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
    histogram = forest.histogram.copy()
    add_to_histogram(histogram, Y.indices, given_scores)
    histogram[:, 0] = 0  # the search counts only some of the scores that are next to nothing
    count_rest_as_zero(histogram, n_rows)
    if wanted is None:
        nothing = np.zeros(n_rows + 1, np.int64)
        wanted = csr_array((also_scores, np.empty(0, np.int64), nothing), shape=Y.shape)
    also_given = pairs_in(Y, rows_of(wanted), wanted.indices) >= 0
    unjudged_also = support[wanted.indices] - also_given == 0
    also_scores = np.where(unjudged_also, np.float32(0), also_scores)
    also = csr_array((also_scores, wanted.indices.astype(np.int64), wanted.indptr), shape=Y.shape)
    return OutOfSample(
        scores,
        support[columns] - is_given == 0,
        ScoreSums(n_rows, column_sums, histogram),
        also,
        unjudged_also,
    )

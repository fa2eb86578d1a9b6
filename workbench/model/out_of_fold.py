"""Scores of every instance from models that did not see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone

from workbench.errors import InputError
from workbench.matrices import check_unit_interval, pairs_in
from workbench.model.checks import (
    check_instances,
    check_labels,
    check_pairs_of,
    check_whole_number,
)
from workbench.model.collecting import keep_best
from workbench.model.out_of_sample import OutOfSample
from workbench.score_sums import N_BINS, ScoreSums, add_to_histogram, count_rest_as_zero
from workbench.sparse import rows_of

# So many scores are held at once, at most, when the candidates of a batch are all labels.
_SCORES_PER_BATCH = 20_000_000
_ROWS_PER_BATCH = 2048


class PairScorer(Protocol):
    """What a model must offer to be scored out of fold."""

    def fit(self, X: csr_array, Y: csr_array) -> Any:
        """Learn from instances and their given labels."""

    def predict(self, X: csr_array, k: int) -> csr_array:
        """Return the scores of at most k labels a row."""

    def score_pairs(self, X: csr_array, rows: Any, columns: Any) -> NDArray[np.float32]:
        """Return the scores of given pairs."""


Scorer = TypeVar("Scorer", bound=PairScorer)


def out_of_fold(
    model: PairScorer,
    X: csr_array,
    Y: csr_array,
    *,
    n_folds: int = 5,
    top_k: int = 20,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
    rows: NDArray[np.integer] | None = None,
    also: csr_array | None = None,
) -> OutOfSample:
    """Return the scores that every row gets from a model trained on the other folds.

    Folds are drawn by shuffling rows, without regard to labels: a label with few rows may lose
    all of them to one fold, which ``unjudged_pairs`` marks.

    Parameters
    ----------
    model : estimator with ``fit``, ``predict`` and ``score_pairs``
        Cloned for each fold; it stays as it is.
    X : csr_array of float32, shape (n_instances, n_features)
    Y : csr_array of bool or float, shape (n_instances, n_labels)
        Given pairs, with their confidence if float.
    n_folds : int
        At least 2, at most one a row.
    top_k : int
        Candidates to keep a row, besides the given pairs; at least 1, and more than there are
        labels means all.
    random_state : int or None
        Draws the folds; None draws new ones.
    progress : callable, optional
        Called with (folds done, folds).
    rows : array of int, optional
        Only these rows take part; the others are neither learned from nor scored.
    also : csr_array, shape (n_instances, n_labels), optional
        Stored pairs are scored besides, whatever their value.

    Raises
    ------
    TypeError
        If X, Y or ``also`` is not a scipy sparse matrix of real numbers.
    InputError
        If X or Y break the contract of the model, ``also`` has another shape than Y or indices
        outside of it, a row is named twice or outside, there are fewer rows than folds, or the
        model returns scores of another shape, NaN or outside [0, 1].
    ValueError
        If ``top_k`` or ``n_folds`` is outside its range.
    """
    X = check_instances(X)
    Y = check_labels(Y, X.shape[0])
    Y = Y if Y.has_sorted_indices else Y.sorted_indices()
    check_whole_number(1, top_k=top_k)
    top_k = min(int(top_k), Y.shape[1])
    wanted = _no_scores(Y.shape) if also is None else check_pairs_of(also, Y.shape, "also")
    folds = _folds(_checked_rows(rows, X.shape[0]), n_folds, random_state)
    parts = []
    histogram = np.zeros((Y.shape[1], N_BINS), np.int32)
    asked: list[_Part] = []
    for i, held_out in enumerate(folds):
        others = np.sort(np.concatenate([fold for j, fold in enumerate(folds) if j != i]))
        fitted = clone(cast(Any, model)).fit(X[others], Y[others])
        unseen = np.bincount(Y[others].indices, minlength=Y.shape[1]) == 0
        parts += _score_in_batches(fitted, X, Y, held_out, unseen, top_k, histogram)
        asked.append(_score_asked(fitted, X, wanted, held_out, unseen))
        if progress is not None:
            progress(i + 1, n_folds)
    n_scored = sum(map(len, folds))
    count_rest_as_zero(histogram, n_scored)
    column_sums = np.sum([part.column_sums for part in parts], axis=0)
    sums = ScoreSums(n_scored, column_sums, histogram)
    return OutOfSample(*_sorted(parts, Y.shape), sums, *_sorted(asked, Y.shape))


@dataclass(frozen=True)
class _Part:
    """The pairs kept of some rows, the sums of their scores, and what could not be judged."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    scores: NDArray[np.float32]
    unjudged: NDArray[np.bool_]
    column_sums: NDArray[np.float64]


def _checked_rows(rows: NDArray[np.integer] | None, n_rows: int) -> NDArray[np.int64]:
    if rows is None:
        return np.arange(n_rows)
    given = np.asarray(rows)
    if given.size and given.dtype.kind not in "iu":
        raise InputError(
            f"rows: expected positions, whole numbers, found {given.dtype}; "
            "np.flatnonzero makes them of a mask"
        )
    distinct = np.unique(given.astype(np.int64))
    if len(distinct) != len(rows):
        raise InputError(f"rows: {len(rows) - len(distinct)} are named more than once")
    if len(distinct) and not 0 <= distinct[0] <= distinct[-1] < n_rows:
        raise InputError(f"rows: expected positions in 0..{n_rows - 1}, found others")
    return distinct


def _folds(
    rows: NDArray[np.int64], n_folds: int, random_state: int | None
) -> list[NDArray[np.int64]]:
    """Return the shuffled rows in parts whose sizes differ by one at most."""
    check_whole_number(2, n_folds=n_folds)
    if len(rows) < n_folds:
        raise InputError(f"{len(rows)} rows cannot be cut into {n_folds} folds; use fewer folds")
    shuffled = np.random.default_rng(random_state).permutation(rows)
    return [np.sort(fold) for fold in np.array_split(shuffled, n_folds)]


def _score_in_batches(
    model: PairScorer,
    X: csr_array,
    Y: csr_array,
    rows: NDArray[np.int64],
    unseen: NDArray[np.bool_],
    top_k: int,
    histogram: NDArray[np.int32],
) -> list[_Part]:
    size = max(min(_ROWS_PER_BATCH, _SCORES_PER_BATCH // Y.shape[1]), 1)
    batches = [rows[begin : begin + size] for begin in range(0, len(rows), size)]
    return [_score_batch(model, X[b], Y[b], b, unseen, top_k, histogram) for b in batches]


def _score_batch(
    model: PairScorer,
    X: csr_array,
    Y: csr_array,
    rows: NDArray[np.int64],
    unseen: NDArray[np.bool_],
    top_k: int,
    histogram: NDArray[np.int32],
) -> _Part:
    """Return the part of some rows; their scores are counted in the histogram."""
    n_labels = Y.shape[1]
    found = model.predict(X, k=n_labels).astype(np.float32, copy=False)
    if found.shape != Y.shape:
        raise InputError(f"predict of the model: expected shape {Y.shape}, found {found.shape}")
    check_unit_interval(found.data, found.nnz, "predict of the model")
    given_rows = rows_of(Y)
    given_scores = _score_pairs(model, X, given_rows, Y.indices)
    found_rows = rows_of(found)
    is_given = pairs_in(Y, found_rows, found.indices) >= 0
    # Every pair once: the given ones by their own path, whether the search reached them or not.
    summed = np.concatenate([given_scores, np.where(is_given, 0, found.data)])
    labels = np.concatenate([Y.indices, found.indices])
    sums = np.bincount(labels, summed.astype(np.float64), minlength=n_labels)
    counted = np.concatenate([np.ones(len(given_scores), bool), ~is_given])
    add_to_histogram(histogram, labels[counted], summed[counted])
    _, best = keep_best(found.indptr.astype(np.int64), found.data, top_k)
    best = best[~is_given[best]]
    local = np.concatenate([given_rows, found_rows[best]])
    columns = np.concatenate([Y.indices, found.indices[best]]).astype(np.int64)
    scores = np.concatenate([given_scores, found.data[best]])
    return _Part(rows[local], columns, scores, unseen[columns], sums.astype(np.float64))


def _score_asked(
    model: PairScorer,
    X: csr_array,
    also: csr_array,
    rows: NDArray[np.int64],
    unseen: NDArray[np.bool_],
) -> _Part:
    """Return the scores of the stored pairs of ``also`` in some rows."""
    wanted = also[rows]
    local = rows_of(wanted)
    columns = wanted.indices.astype(np.int64)
    scores = np.empty(0, np.float32)
    if len(local):
        scores = _score_pairs(model, X[rows], local, wanted.indices)
    return _Part(rows[local], columns, scores, unseen[columns], np.zeros(also.shape[1]))


def _score_pairs(
    model: PairScorer, X: csr_array, rows: NDArray[np.int64], columns: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return the scores of some pairs, checked: the model may be anybody's."""
    scores = model.score_pairs(X, rows, columns)
    check_unit_interval(scores, len(rows), "score_pairs of the model")
    return scores


def _no_scores(shape: tuple[int, int]) -> csr_array:
    nothing = np.empty(0, np.int64)
    return csr_array((np.empty(0, np.float32), (nothing, nothing)), shape=shape)


def _sorted(parts: list[_Part], shape: tuple[int, int]) -> tuple[csr_array, NDArray[np.bool_]]:
    """Return the scores of parts that share no row as one matrix, and which are no judgements."""
    rows = np.concatenate([part.rows for part in parts])
    columns = np.concatenate([part.columns for part in parts])
    order = np.lexsort((columns, rows))
    indptr = np.searchsorted(rows[order], np.arange(shape[0] + 1))
    scores = np.concatenate([part.scores for part in parts])[order]
    unjudged = np.concatenate([part.unjudged for part in parts])[order]
    return csr_array((scores, columns[order], indptr), shape=shape), unjudged

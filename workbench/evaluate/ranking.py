"""Ranking measures of extreme multi-label classification, on sparse matrices.

Predictions are ranked by score; equal scores by column, the lower first. Only stored predictions
are ranked: an absent one is not predicted, a stored zero is. A row with fewer than k predictions
misses the remaining ranks. Matrices may have any sparse format.

Every measure is a quotient of two sums over instances, what was gained over the best that could
be (`Gains`), so it can be computed anew on any resample of the instances. Values, and the
treatment of instances without a true label, agree with the repository's own evaluation code
(xclib) but for recall: xclib counts such instances as zero, here they are left out, because no
prediction could recall anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.matrices import pairs_in
from workbench.sparse import check_sparse


@dataclass(frozen=True, eq=False)
class Gains:
    """What each instance gained and could have gained; column j is for the first j + 1 ranks.

    Parameters
    ----------
    gain : ndarray of float64, shape (n_instances, k)
    best : ndarray of float64, shape (n_instances, k)
        Zero where the instance does not take part.
    """

    gain: NDArray[np.float64]
    best: NDArray[np.float64]

    def values(self) -> NDArray[np.float64]:
        """Return the measure at 1 to k, shape (k,); NaN if no instance takes part."""
        return _divide(self.gain.sum(axis=0), self.best.sum(axis=0))

    def quotients(self) -> NDArray[np.float64]:
        """Return each instance's own measure, shape (n_instances, k); NaN if it takes no part."""
        return _divide(self.gain, self.best)

    def among(self, chosen: NDArray[np.bool_]) -> Gains:
        """Return the gains with only the chosen instances taking part, shape (n_instances,)."""
        return Gains(self.gain * chosen[:, None], self.best * chosen[:, None])


@dataclass(frozen=True, eq=False)
class RankedHits:
    """The first k predictions of every instance and which of them are true.

    Parameters
    ----------
    labels : ndarray of int64, shape (n_instances, k)
        Columns, best first; -1 where nothing is predicted.
    hits : ndarray of bool, shape (n_instances, k)
    truth : csr_array of bool, shape (n_instances, n_labels)
    """

    labels: NDArray[np.int64]
    hits: NDArray[np.bool_]
    truth: csr_array

    @property
    def k(self) -> int:
        """Number of ranks."""
        return int(self.labels.shape[1])

    def n_true(self) -> NDArray[np.int64]:
        """Return the number of true labels of every instance, shape (n_instances,)."""
        return np.diff(self.truth.indptr).astype(np.int64)


def rank_labels(predictions: csr_array, k: int) -> NDArray[np.int64]:
    """Return the columns of the k highest scores of every row, shape (n_instances, k).

    Best first, equal scores by column; -1 where a row stores fewer than k.

    Raises
    ------
    TypeError
        If the predictions are not a sparse matrix of numbers.
    ValueError
        If k is not a whole number of 1 or more.
    InputError
        If a score is NaN or a pair is stored twice.
    """
    check_rank(k)
    predictions = _canonical(predictions, "predictions")
    if predictions.dtype.kind == "b":
        raise TypeError(
            "predictions must hold scores to rank by, found bool; the order of the arguments is "
            "(predictions, truth)"
        )
    if predictions.dtype.kind != "f":
        # The order is that of the negated scores, which an unsigned integer cannot hold.
        predictions = predictions.astype(np.float64)
    if np.isnan(predictions.data).any():
        n_bad = int(np.isnan(predictions.data).sum())
        raise InputError(f"predictions: {n_bad} of {predictions.nnz} scores are NaN")
    n_instances = predictions.shape[0]
    rows = np.repeat(np.arange(n_instances), np.diff(predictions.indptr))
    # lexsort is stable and the columns of a row ascend, so ties fall by column.
    order = np.lexsort((-predictions.data, rows))
    rank = np.arange(predictions.nnz) - predictions.indptr[rows]
    kept = rank < k
    labels = np.full((n_instances, k), -1, np.int64)
    labels[rows[kept], rank[kept]] = predictions.indices[order][kept]
    return labels


def check_rank(k: int) -> None:
    """Raise unless k is a whole number of 1 or more.

    Raises
    ------
    ValueError
    """
    if not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"k must be a whole number of 1 or more, found {k!r}")


def find_hits(predictions: csr_array, truth: csr_array, k: int) -> RankedHits:
    """Return the first k predictions of every instance with which of them are true.

    Parameters
    ----------
    predictions : sparse matrix of scores, shape (n_instances, n_labels)
    truth : sparse matrix, shape (n_instances, n_labels)
        A stored pair other than zero is true, an absent one is not.
    k : int
        1 or more.

    Raises
    ------
    TypeError
        If one is not a sparse matrix of numbers.
    ValueError
        If k is not a whole number of 1 or more.
    AxisMismatchError
        If the shapes differ.
    InputError
        If a score is NaN or a pair is stored twice.
    """
    predictions, truth = check_sparse(predictions, "predictions"), check_sparse(truth, "truth")
    if predictions.shape != truth.shape:
        raise AxisMismatchError(
            f"predictions of shape {predictions.shape} do not fit a truth of shape {truth.shape}"
        )
    truth = _canonical(truth, "truth").astype(np.bool_)
    if not truth.data.all():
        truth.eliminate_zeros()
    labels = rank_labels(predictions, k)
    rows, ranks = np.nonzero(labels >= 0)
    hits = np.zeros(labels.shape, np.bool_)
    hits[rows, ranks] = pairs_in(truth, rows, labels[rows, ranks]) >= 0
    return RankedHits(labels, hits, truth)


def precision_gains(ranked: RankedHits) -> Gains:
    """Return the gains of precision; every instance takes part."""
    gain = np.cumsum(ranked.hits, axis=1) / np.arange(1, ranked.k + 1)
    return Gains(gain, np.ones_like(gain))


def recall_gains(ranked: RankedHits) -> Gains:
    """Return the gains of recall; instances with a true label take part."""
    n_true = ranked.n_true()[:, None]
    gain = np.cumsum(ranked.hits, axis=1) / np.maximum(n_true, 1)
    return Gains(gain, np.broadcast_to(n_true > 0, gain.shape).astype(np.float64))


def ndcg_gains(ranked: RankedHits) -> Gains:
    """Return the gains of nDCG; every instance takes part, one without a true label gains 0."""
    gain = np.cumsum(ranked.hits * _discounts(ranked.k), axis=1) / _ideal_dcg(ranked)
    return Gains(gain, np.ones_like(gain))


def psp_gains(ranked: RankedHits, propensity: ArrayLike) -> Gains:
    """Return the gains of propensity-scored precision; instances with a true label take part."""
    weights, best = _propensity_weights(ranked, propensity)
    ranks = np.arange(1, ranked.k + 1)
    return Gains(np.cumsum(weights, axis=1) / ranks, np.cumsum(best, axis=1) / ranks)


def psndcg_gains(ranked: RankedHits, propensity: ArrayLike) -> Gains:
    """Return the gains of propensity-scored nDCG; instances with a true label take part."""
    weights, best = _propensity_weights(ranked, propensity)
    discounts, ideal = _discounts(ranked.k), _ideal_dcg(ranked)
    return Gains(
        np.cumsum(weights * discounts, axis=1) / ideal, np.cumsum(best * discounts, axis=1) / ideal
    )


def precision_at_k(predictions: csr_array, truth: csr_array, k: int) -> float:
    """Return the mean share of true labels among the first k; no true label counts 0."""
    return _last(precision_gains(find_hits(predictions, truth, k)))


def instance_precision_at_k(
    predictions: csr_array, truth: csr_array, k: int
) -> NDArray[np.float64]:
    """Return the share of true labels among the first k of every instance."""
    return precision_gains(find_hits(predictions, truth, k)).quotients()[:, -1]


def recall_at_k(predictions: csr_array, truth: csr_array, k: int) -> float:
    """Return the mean share of an instance's true labels that are among the first k.

    Instances without a true label are left out.
    """
    return _last(recall_gains(find_hits(predictions, truth, k)))


def instance_recall_at_k(predictions: csr_array, truth: csr_array, k: int) -> NDArray[np.float64]:
    """Return the recall of every instance; NaN without a true label."""
    return recall_gains(find_hits(predictions, truth, k)).quotients()[:, -1]


def ndcg_at_k(predictions: csr_array, truth: csr_array, k: int) -> float:
    """Return the mean discounted gain over that of min(k, true labels) hits at the top.

    An instance without a true label counts 0.
    """
    return _last(ndcg_gains(find_hits(predictions, truth, k)))


def instance_ndcg_at_k(predictions: csr_array, truth: csr_array, k: int) -> NDArray[np.float64]:
    """Return the nDCG of every instance; 0 without a true label."""
    return ndcg_gains(find_hits(predictions, truth, k)).quotients()[:, -1]


def psp_at_k(predictions: csr_array, truth: csr_array, k: int, propensity: ArrayLike) -> float:
    """Return propensity-scored precision, as a share of the best achievable.

    The sum of 1 / propensity over the hits of all instances, over the same sum for the ranking
    that puts the true labels first, the rarest ahead.

    Parameters
    ----------
    predictions, truth : sparse matrix, shape (n_instances, n_labels)
    k : int
    propensity : array of float, shape (n_labels,)
        From `propensities` of the training labels.
    """
    return _last(psp_gains(find_hits(predictions, truth, k), propensity))


def instance_psp_at_k(
    predictions: csr_array, truth: csr_array, k: int, propensity: ArrayLike
) -> NDArray[np.float64]:
    """Return each instance's share of its own best achievable; NaN without a true label.

    `psp_at_k` is their mean weighted by the best achievable, not their plain mean.
    """
    return psp_gains(find_hits(predictions, truth, k), propensity).quotients()[:, -1]


def psndcg_at_k(predictions: csr_array, truth: csr_array, k: int, propensity: ArrayLike) -> float:
    """Return propensity-scored nDCG, as a share of the best achievable (see `psp_at_k`)."""
    return _last(psndcg_gains(find_hits(predictions, truth, k), propensity))


def instance_psndcg_at_k(
    predictions: csr_array, truth: csr_array, k: int, propensity: ArrayLike
) -> NDArray[np.float64]:
    """Return each instance's share of its own best achievable; NaN without a true label."""
    return psndcg_gains(find_hits(predictions, truth, k), propensity).quotients()[:, -1]


def propensities(Y_train: csr_array, A: float = 0.55, B: float = 1.5) -> NDArray[np.float64]:
    """Return how likely a true label is to be given, by its support, shape (n_labels,).

    p = 1 / (1 + C (N_l + B)^-A) with C = (log N - 1)(B + 1)^A (Jain, Prabhu, Varma: Extreme
    multi-label loss functions, KDD 2016). The paper fits A and B: 0.5 and 0.4 for
    Wikipedia, 0.6 and 2.6 for Amazon, the defaults elsewhere.

    Parameters
    ----------
    Y_train : sparse matrix, shape (n_instances, n_labels)
        A stored pair other than zero is given, as in `fit` of the models.
    A, B : float

    Raises
    ------
    TypeError
        If Y_train is not a sparse matrix of numbers.
    InputError
        If a pair is stored twice.

    Notes
    -----
    With one or two instances log N - 1 is negative; it is taken as 0 so that no propensity
    exceeds 1.
    """
    given = _canonical(Y_train, "Y_train")
    support = np.bincount(given.indices[given.data != 0], minlength=given.shape[1])
    return propensities_of_support(support, given.shape[0], A, B)


def propensities_of_support(
    support: NDArray[np.integer], n_instances: int, A: float = 0.55, B: float = 1.5
) -> NDArray[np.float64]:
    """Return the propensities of labels with this support among n_instances (`propensities`)."""
    C = max(np.log(max(n_instances, 1)) - 1, 0.0) * (B + 1) ** A
    return np.asarray(1 / (1 + C * (support + B) ** -A), np.float64)


def _canonical(matrix: Any, what: str) -> csr_array:
    checked = check_sparse(matrix, what)
    if checked.has_canonical_format:
        return checked
    ordered = checked.copy()
    ordered.sort_indices()
    # A new object, because the old one remembers that it was not canonical.
    ordered = csr_array((ordered.data, ordered.indices, ordered.indptr), shape=ordered.shape)
    if not ordered.has_canonical_format:
        raise InputError(f"{what}: some pairs are stored twice; call sum_duplicates() first")
    return ordered


def _divide(gain: NDArray[np.float64], best: NDArray[np.float64]) -> NDArray[np.float64]:
    quotient = np.full(gain.shape, np.nan)
    np.divide(gain, best, out=quotient, where=best > 0)
    return quotient


def _last(gains: Gains) -> float:
    return float(gains.values()[-1])


def _discounts(k: int) -> NDArray[np.float64]:
    return np.asarray(1 / np.log2(np.arange(2, k + 2)), np.float64)


def _ideal_dcg(ranked: RankedHits) -> NDArray[np.float64]:
    """Return the highest DCG at 1 to k, shape (n_instances, k); that of one hit if none is true."""
    full = np.cumsum(_discounts(ranked.k))
    reachable = np.minimum(ranked.n_true()[:, None], np.arange(1, ranked.k + 1))
    ideal: NDArray[np.float64] = full[np.maximum(reachable, 1) - 1]
    return ideal


def _propensity_weights(
    ranked: RankedHits, propensity: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return 1 / propensity of the hits and of the best ranking, each (n_instances, k)."""
    truth = ranked.truth
    inverse = 1 / _checked_propensity(propensity, truth.shape[1])
    weighted = csr_array((inverse[truth.indices], truth.indices, truth.indptr), truth.shape)
    best_labels = rank_labels(weighted, ranked.k)
    weights, best = np.zeros(ranked.hits.shape), np.zeros(ranked.hits.shape)
    weights[ranked.hits] = inverse[ranked.labels[ranked.hits]]
    best[best_labels >= 0] = inverse[best_labels[best_labels >= 0]]
    return weights, best


def _checked_propensity(propensity: ArrayLike, n_labels: int) -> NDArray[np.float64]:
    found = np.asarray(propensity)
    if found.dtype.kind not in "biuf":
        kind = type(propensity).__name__
        raise TypeError(
            f"propensity must be an array of numbers, found {kind} of {found.dtype}; compute it "
            "with propensities()"
        )
    if found.shape != (n_labels,):
        raise AxisMismatchError(
            f"expected a propensity for each of {n_labels} labels, found {found.shape}"
        )
    if not ((found > 0) & (found <= 1)).all():
        raise InputError("propensities must lie in (0, 1]; compute them with propensities()")
    return found.astype(np.float64)

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

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from workbench.evaluate.hits import RankedHits, find_hits, rank_checked
from workbench.evaluate.propensity import check_propensity


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
        return divide(self.gain.sum(axis=0), self.best.sum(axis=0))

    def quotients(self) -> NDArray[np.float64]:
        """Return each instance's own measure, shape (n_instances, k); NaN if it takes no part."""
        return divide(self.gain, self.best)

    def among(self, chosen: NDArray[np.bool_]) -> Gains:
        """Return the gains with only the chosen instances taking part, shape (n_instances,)."""
        return Gains(self.gain * chosen[:, None], self.best * chosen[:, None])


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


def recall_at_k(predictions: csr_array, truth: csr_array, k: int) -> float:
    """Return the mean share of an instance's true labels that are among the first k.

    Instances without a true label are left out.
    """
    return _last(recall_gains(find_hits(predictions, truth, k)))


def ndcg_at_k(predictions: csr_array, truth: csr_array, k: int) -> float:
    """Return the mean discounted gain over that of min(k, true labels) hits at the top.

    An instance without a true label counts 0.
    """
    return _last(ndcg_gains(find_hits(predictions, truth, k)))


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


def psndcg_at_k(predictions: csr_array, truth: csr_array, k: int, propensity: ArrayLike) -> float:
    """Return propensity-scored nDCG, as a share of the best achievable (see `psp_at_k`)."""
    return _last(psndcg_gains(find_hits(predictions, truth, k), propensity))


def divide(gain: NDArray[np.float64], best: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return gain / best, which broadcasts to its shape; NaN where the best is 0."""
    quotient = np.full(gain.shape, np.nan)
    np.divide(gain, best, out=quotient, where=np.broadcast_to(best > 0, gain.shape))
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
    inverse = 1 / check_propensity(propensity, truth.shape[1])
    weighted = csr_array((inverse[truth.indices], truth.indices, truth.indptr), truth.shape)
    best_labels = rank_checked(weighted, ranked.k)
    weights, best = np.zeros(ranked.hits.shape), np.zeros(ranked.hits.shape)
    weights[ranked.hits] = inverse[ranked.labels[ranked.hits]]
    best[best_labels >= 0] = inverse[best_labels[best_labels >= 0]]
    return weights, best

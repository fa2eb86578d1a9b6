"""What reviewed pairs teach about the pairs that nobody has reviewed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array, hstack
from scipy.special import expit, logit

FEWEST_DECISIONS = 50
# In pairs: what stays as it is until so many pairs speak against it.
_OF_SLOPE, _OF_CONSTANT, _OF_GROUP, _OF_LABEL = 3.0, 1.0, 10.0, 10.0
# With fewer errors, or fewer false alarms, only the level and the spread are learnt.
_FEWEST_OF_A_STATE = 10
# What the weights of the views are held to; none of it leaves them as they are.
_OF_VIEWS = (None, 100.0, 10.0)
# A correction falls to a third over these log-odds beyond the reviewed ones, and its own size.
_FADE = 1.0
# This share of the reviewed pairs, the least suspicious, teaches nothing: a pair that was scored
# anew since its review may lie far below all others.
_STRAY = 0.05
# Of the reviewed pairs in the order of the queue this share teaches, and what follows tests.
_FORWARD = (0.5, 0.75)
_LEAST_PROBABILITY, _FINE = 1e-3, 0.1


@dataclass(frozen=True, eq=False)
class Suspects:
    """Some pairs of one kind, and what is known about them without a reviewer.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n_pairs,)
        That the given state is an error.
    views : ndarray of float64, shape (n_pairs, n_views)
    groups, labels : ndarray of int64, shape (n_pairs,)
        Codes of the label's attribute and of the label.
    """

    log_odds: NDArray[np.float64]
    views: NDArray[np.float64]
    groups: NDArray[np.int64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.log_odds)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> Suspects:
        """Return the chosen pairs, by mask or by position."""
        return Suspects(
            self.log_odds[chosen], self.views[chosen], self.groups[chosen], self.labels[chosen]
        )


class DecisionLearner:
    """Corrects log-odds of being an error by what reviewers decided.

    With x the standardised views of a pair with log-odds z, label l and attribute g, the corrected
    log-odds are z + f(z) · (a·z + b + w·x + u_g + v_l), fitted to the decisions by penalised
    logistic regression: every term is held to 0, so that few decisions change little. f is 1
    among the reviewed pairs and fades below the least suspicious of them, a twentieth aside: a
    queue is reviewed from the top, and what was learnt there is not known to hold where nobody
    looked. How strongly w is held is chosen by how well the first of the reviewed pairs, in the
    order of the queue, foretell those that follow; w is 0 if that foretells best.

    With few errors or few false alarms among the decisions only a and b are learnt, which leaves
    the order as it is. Since pairs were chosen for review by their log-odds and views, which the
    regression is given, the choice does not bias it.

    Attributes
    ----------
    held_ : float or None
        Penalty on the weights of the views; None if they stayed as they were.
    n_decisions_ : int
    """

    def fit(
        self, suspects: Suspects, positions: NDArray[np.int64], error: NDArray[np.bool_]
    ) -> DecisionLearner:
        """Fit to the reviewed ones of some pairs.

        Parameters
        ----------
        suspects : Suspects
            All pairs of the kind.
        positions : ndarray of int64, shape (n_reviewed,)
            Which of them are reviewed, each once.
        error : ndarray of bool, shape (n_reviewed,)
            Whether the given state proved wrong.

        Raises
        ------
        ValueError
            If there are fewer than ``FEWEST_DECISIONS``.
        """
        if len(positions) < FEWEST_DECISIONS:
            raise ValueError(
                f"expected at least {FEWEST_DECISIONS} decisions to learn from, "
                f"found {len(positions)}"
            )
        self.n_decisions_ = len(positions)
        self._mean = suspects.views.mean(axis=0)
        self._scale = np.maximum(suspects.views.std(axis=0), 1e-6)
        self._n_groups = int(suspects.groups.max(initial=0)) + 1
        self._n_labels = int(suspects.labels.max(initial=0)) + 1
        order = np.argsort(-suspects.log_odds[positions], kind="stable")
        reviewed, target = suspects.take(positions[order]), error[order].astype(np.float64)
        self._only_level = min(target.sum(), (1 - target).sum()) < _FEWEST_OF_A_STATE
        self.held_ = None
        if not self._only_level:
            losses = [self._forward_loss(reviewed, target, held) for held in _OF_VIEWS]
            self.held_ = _OF_VIEWS[int(np.argmin(losses))]
        self._least, self._weights = self._fitted(reviewed, target, self.held_)
        return self

    def predict(self, suspects: Suspects) -> NDArray[np.float64]:
        """Return the corrected log-odds of being an error, shape (n_pairs,)."""
        return self._corrected(suspects, self._least, self._weights)

    def _forward_loss(
        self, reviewed: Suspects, target: NDArray[np.float64], held: float | None
    ) -> float:
        """Return the loss on reviewed pairs that come after those that were learnt from."""
        total = 0.0
        for share in _FORWARD:
            n_first = int(share * len(reviewed))
            first, rest = np.arange(n_first), np.arange(n_first, len(reviewed))
            fitted = self._fitted(reviewed.take(first), target[first], held)
            z = self._corrected(reviewed.take(rest), *fitted)
            total += float((np.logaddexp(0, z) - target[rest] * z).mean())
        return total

    def _fitted(
        self, reviewed: Suspects, target: NDArray[np.float64], held: float | None
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the least log-odds that taught, and the weights of the design's columns."""
        least = float(np.quantile(reviewed.log_odds, _STRAY))
        taught = reviewed.log_odds >= least
        reviewed, target = reviewed.take(taught), target[taught]
        design = self._design(reviewed, least)
        n_views = reviewed.views.shape[1]
        penalty = np.concatenate(
            [
                np.full(n_views, 1.0 if held is None else held),
                [_OF_SLOPE, _OF_CONSTANT],
                np.full(self._n_groups, _OF_GROUP),
                np.full(self._n_labels, _OF_LABEL),
            ]
        )
        start = np.zeros(len(penalty))
        nothing, anything = (0.0, 0.0), (None, None)
        bounds: list[tuple[float | None, float | None]] = [
            nothing if held is None else anything
        ] * n_views
        # A slope below -1 would turn the queue round.
        bounds += [(-0.9, None), anything]
        bounds += [nothing if self._only_level else anything] * (self._n_groups + self._n_labels)

        def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            z = reviewed.log_odds + design @ w
            value = (np.logaddexp(0, z) - target * z).sum() + 0.5 * (penalty * w) @ w
            return float(value), design.T @ (expit(z) - target) + penalty * w

        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
        return least, np.asarray(found.x, np.float64)

    def _corrected(
        self, suspects: Suspects, least: float, weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        correction = self._design(suspects, least) @ weights
        # So slow that no lower pair overtakes a higher one because what lowers both has faded.
        length = _FADE + np.maximum(-correction, 0)
        fade = np.exp(-np.maximum(least - suspects.log_odds, 0) / length)
        return np.asarray(suspects.log_odds + fade * correction)

    def _design(self, suspects: Suspects, least: float) -> csr_array:
        n, z = len(suspects), np.maximum(suspects.log_odds, least)
        dense = np.column_stack([(suspects.views - self._mean) / self._scale, z, np.ones(n)])
        every, ones = np.arange(n), np.ones(n)
        parts = [
            csr_array(dense),
            csr_array((ones, (every, suspects.groups)), shape=(n, self._n_groups)),
            csr_array((ones, (every, suspects.labels)), shape=(n, self._n_labels)),
        ]
        return csr_array(hstack(parts, format="csr"))


def error_log_odds(
    probability: NDArray[np.float64], suspicion: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return log-odds of being an error that follow the probability and have its finer order.

    Parameters
    ----------
    probability : ndarray of float64, shape (n_pairs,)
        That the given state is an error.
    suspicion : ndarray of float64, shape (n_pairs,)
        Higher is more suspicious; settles the order of equal probabilities.
    """
    cut = np.clip(probability, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    spread = max(float(suspicion.std()), 1e-9)
    return np.asarray(logit(cut) + _FINE * (suspicion - np.median(suspicion)) / spread, np.float64)

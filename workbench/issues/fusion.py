"""One log-odds from several views, weighed by what each view knows about an attribute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.exceptions import NotFittedError

from workbench.issues.calibration import MonotoneLogOdds

_NEWTON_STEPS = 8
_NO_SPREAD = 1e-6


class ViewFusion:
    """Logistic regression on calibrated views, each group's weights shrunk towards the pooled ones.

    With x the standardised views of a pair of group g, the log-odds are (w + d_g)·x. The pooled
    weights w maximise the likelihood of telling pairs that carry their label from pairs that do
    not, both samples weighing the same; the groups' d_g maximise it with a penalty of
    shrinkage · |d_g|² / 2. The weight of a view that is evidence is never negative: against the
    others a view may know nothing, but it does not know the contrary.

    Parameters
    ----------
    is_evidence : sequence of bool, length n_views
        A view that is evidence is made monotone (:class:`MonotoneLogOdds`) and weighs 0 or more;
        another one enters as it is.
    shrinkage : float
        In pairs: a group with fewer pairs stays near the pooled weights.

    Attributes
    ----------
    weights_ : ndarray of float64, shape (n_groups, n_views + 1)
        Weights of the standardised views and, last, of the constant.
    """

    def __init__(self, is_evidence: Sequence[bool], *, shrinkage: float = 30.0) -> None:
        self.is_evidence = is_evidence
        self.shrinkage = shrinkage

    def fit(
        self,
        present: NDArray[np.float32],
        absent: NDArray[np.float32],
        present_groups: NDArray[np.int64],
        absent_groups: NDArray[np.int64],
        n_groups: int,
    ) -> ViewFusion:
        """Fit to the views of pairs that carry their label and of pairs that do not.

        Parameters
        ----------
        present, absent : ndarray of float32, shape (n_pairs, n_views)
        present_groups, absent_groups : ndarray of int64, shape (n_pairs,)
        n_groups : int
        """
        self.calibrations_ = [
            MonotoneLogOdds().fit(present[:, view], absent[:, view]) if evidence else None
            for view, evidence in enumerate(self.is_evidence)
        ]
        stacked = self.calibrated(np.concatenate([present, absent]))
        self.means_ = stacked.mean(axis=0)
        self.scales_ = np.maximum(stacked.std(axis=0), _NO_SPREAD)
        design = self._design(stacked)
        target = np.repeat([1.0, 0.0], [len(present), len(absent)])
        weight = np.where(target > 0, 1.0, len(present) / len(absent))
        groups = np.concatenate([present_groups, absent_groups])
        pooled = self._fit_pooled(design, target, weight)
        self.weights_ = np.tile(pooled, (n_groups, 1))
        if n_groups > 1:
            self._fit_groups(design, target, weight, groups, pooled)
        return self

    def predict(self, views: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the fused log-odds, shape (n_pairs,).

        Parameters
        ----------
        views : ndarray of float32, shape (n_pairs, n_views)
        groups : ndarray of int64, shape (n_pairs,)
        """
        if not hasattr(self, "weights_"):
            raise NotFittedError("ViewFusion: call fit before predict")
        design = self._design(self.calibrated(views))
        fused = np.einsum("ij,ij->i", design, self.weights_[groups])
        return np.asarray(fused, np.float32)

    def tells_apart(self) -> bool:
        """Return whether any view has a say in any group."""
        return bool(self.weights_[:, :-1][:, self.scales_ > _NO_SPREAD].any())

    def calibrated(self, views: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the views as they are weighed, before they are standardised."""
        columns = [
            views[:, view] if calibration is None else calibration.predict(views[:, view])
            for view, calibration in enumerate(self.calibrations_)
        ]
        return np.stack(columns, axis=1).astype(np.float64)

    def _design(self, calibrated: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = (calibrated - self.means_) / self.scales_
        # A view without spread in the fitted pairs has no say, whatever it says later.
        scaled[:, self.scales_ <= _NO_SPREAD] = 0
        return np.concatenate([scaled, np.ones((len(scaled), 1))], axis=1)

    def _fit_pooled(
        self, design: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            margin = design @ w
            value = weight @ (np.logaddexp(0, margin) - target * margin)
            slope = design.T @ (weight * (expit(margin) - target))
            return float(value + 0.5 * w @ w) / len(target), (slope + w) / len(target)

        bounds = [(0.0 if evidence else None, None) for evidence in self.is_evidence]
        start = np.zeros(design.shape[1])
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)])
        return np.asarray(found.x, np.float64)

    def _fit_groups(
        self,
        design: NDArray[np.float64],
        target: NDArray[np.float64],
        weight: NDArray[np.float64],
        groups: NDArray[np.int64],
        pooled: NDArray[np.float64],
    ) -> None:
        """Newton's method on all groups at once; the weights of evidence are cut at 0 each step.

        One at 0 that would go below takes no part in the step (Bertsekas 1982, Projected Newton
        Methods): else the others move to where they were best had it gone there.
        """
        n_groups, n_weights = self.weights_.shape
        evidence = np.append(np.asarray(self.is_evidence, bool), False)
        upper = [(i, j) for i in range(n_weights) for j in range(i, n_weights)]
        for _ in range(_NEWTON_STEPS):
            p = expit(np.einsum("ij,ij->i", design, self.weights_[groups]))
            residual, curvature = weight * (p - target), weight * p * (1 - p)
            slope = self.shrinkage * (self.weights_ - pooled)
            hessian = np.tile(self.shrinkage * np.eye(n_weights), (n_groups, 1, 1))
            for i in range(n_weights):
                slope[:, i] += np.bincount(groups, residual * design[:, i], n_groups)
            for i, j in upper:
                sums = np.bincount(groups, curvature * design[:, i] * design[:, j], n_groups)
                hessian[:, i, j] += sums
                if i != j:
                    hessian[:, j, i] += sums
            _hold(slope, hessian, evidence & (self.weights_ <= 0) & (slope > 0))
            step = np.linalg.solve(hessian, slope[:, :, None])[:, :, 0]
            length = np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1.0)
            self.weights_ -= step / length
            self.weights_[:, evidence] = np.maximum(self.weights_[:, evidence], 0)


def _hold(
    slope: NDArray[np.float64], hessian: NDArray[np.float64], held: NDArray[np.bool_]
) -> None:
    """Change slopes and Hessians, in place, so that the step of what is held is 0."""
    slope[held] = 0
    hessian[held[:, :, None] | held[:, None, :]] = 0
    group, weight = np.nonzero(held)
    hessian[group, weight, weight] = 1

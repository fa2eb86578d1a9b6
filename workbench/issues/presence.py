"""How likely each judged pair's label is truly present."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from workbench.issues.fusion import ViewFusion
from workbench.issues.pairs import Pairs, within_candidates
from workbench.issues.quality import (
    WEIGHT_IF_ABSENT,
    WEIGHT_IF_GIVEN,
    presence_with_votes,
    quality_of_absent,
    quality_of_given,
)
from workbench.issues.score_views import score_of_scale
from workbench.issues.views import PairViews

# More pairs no longer move the weights.
_MOST_PAIRS = 400_000
# With fewer pairs than this in a sample the model's score is all there is. Likewise where no view
# tells the samples apart: given pairs that look like any others would all be taken for wrong ones.
_FEWEST_PAIRS = 20


@dataclass(frozen=True, eq=False)
class Presence:
    """What the views, and the votes where there are any, say about each of some pairs.

    Parameters
    ----------
    probability : ndarray of float64, shape (n_pairs,)
        That the label is truly present.
    order : ndarray of float64, shape (n_pairs,)
        Never falls where the probability of a pair of the same kind rises, and has fewer ties.
    views : ndarray of float64, shape (n_pairs, n_views)
        Calibrated, the prior last.
    """

    probability: NDArray[np.float64]
    order: NDArray[np.float64]
    views: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Sample:
    """The views of some pairs, and the group and the support of each pair's label."""

    views: NDArray[np.float32]
    groups: NDArray[np.int64]
    support: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.groups)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> _Sample:
        return _Sample(self.views[chosen], self.groups[chosen], self.support[chosen])

    def at_most(self, n_pairs: int, rng: np.random.Generator) -> _Sample:
        if len(self) <= n_pairs:
            return self
        return self.take(np.sort(rng.choice(len(self), n_pairs, replace=False)))


def estimate_presence(
    views: PairViews,
    groups: NDArray[np.int64],
    votes: NDArray[np.float32],
    noise: Pairs,
    *,
    states: Pairs | None = None,
    random_state: int = 0,
) -> Presence:
    """Return how likely each judged pair's label is present.

    The views are fused twice. A wrong label may be any label, a frequent one, or another value of
    the same attribute, so given pairs are told from such pairs. A missing label has to be found
    among the model's candidates, so those that are given are told from those that are not.

    Parameters
    ----------
    views : PairViews
    groups : ndarray of int64, shape (n_labels,)
        Labels of one group, such as an attribute, share the weights of the views.
    votes : ndarray of float32, shape (n_judged,)
        Log-odds of the weak signals, NaN where they abstain.
    noise : Pairs
        Pairs such as wrong labels are.
    states : Pairs, optional
        The judged pairs with the states that are asked about, where these are not those of the
        views' labels.
    random_state : int
    """
    rng = np.random.default_rng(random_state)
    judged = views.judged if states is None else states
    fusion = _Fusion(views, groups, noise, rng)
    # The views leave out the state that the labels hold, whatever is asked about.
    sample = fusion.sample_of(views.judged)
    candidate = within_candidates(judged, views.scores, views.lowest)
    probability, order = np.empty(len(judged)), np.empty(len(judged))
    calibrated = np.empty((len(judged), len(views.names)))
    given, absent = sample.take(judged.given), sample.take(~judged.given)
    likely = sample.take(judged.given & candidate)
    for kind, found, weight in (
        (judged.given, fusion.presence_of_given(given), WEIGHT_IF_GIVEN),
        (~judged.given, fusion.presence_of_absent(absent, likely), WEIGHT_IF_ABSENT),
    ):
        found = _with_votes(found, votes[kind], weight)
        probability[kind], order[kind] = found.probability, found.order
        calibrated[kind] = found.views
    return Presence(probability, order, calibrated)


class _Fusion:
    """Fits the two fusions."""

    def __init__(
        self,
        views: PairViews,
        groups: NDArray[np.int64],
        noise: Pairs,
        rng: np.random.Generator,
    ) -> None:
        self._views = views
        self._groups = groups
        self._noise = noise
        self._rng = rng
        self._support = views.given.support()

    def sample_of(self, pairs: Pairs) -> _Sample:
        columns = pairs.columns
        return _Sample(self._views.of(pairs), self._groups[columns], self._support[columns])

    def presence_of_given(self, given: _Sample) -> Presence:
        # Whether wrong labels are rare ones depends on where they come from, which nobody knows:
        # how frequent a label is must not count.
        prior = given.views[:, -1:]
        given = self._without_prior(given)
        noise = self._without_prior(self.sample_of(self._noise))
        fitted = self._fit(given, noise)
        if fitted is None:
            return self._score_alone(given, np.hstack([given.views, prior]))
        fused = fitted.predict(given.views, given.groups)
        of_noise = fitted.predict(noise.views, noise.groups)
        quality = quality_of_given(fused, of_noise, given.support, noise.support)
        calibrated = np.hstack([fitted.calibrated(given.views), prior])
        return Presence(quality, fused.astype(np.float64), calibrated)

    def presence_of_absent(self, absent: _Sample, given: _Sample) -> Presence:
        fitted = self._fit(given, absent)
        if fitted is None:
            return self._score_alone(absent, absent.views)
        fused = fitted.predict(absent.views, absent.groups)
        of_given = fitted.predict(given.views, given.groups)
        quality, calibrated = quality_of_absent(fused, of_given), fitted.calibrated(absent.views)
        return Presence(1 - quality, fused.astype(np.float64), calibrated)

    def _fit(self, present: _Sample, absent: _Sample) -> ViewFusion | None:
        if min(len(present), len(absent)) < _FEWEST_PAIRS:
            return None
        present = present.at_most(_MOST_PAIRS, self._rng)
        absent = absent.at_most(_MOST_PAIRS, self._rng)
        n_groups = int(self._groups.max(initial=0)) + 1
        is_evidence = self._views.is_evidence[: present.views.shape[1]]
        fitted = ViewFusion(is_evidence).fit(
            present.views, absent.views, present.groups, absent.groups, n_groups
        )
        return fitted if fitted.tells_apart() else None

    def _without_prior(self, sample: _Sample) -> _Sample:
        assert self._views.names[-1] == "prior"
        return _Sample(sample.views[:, :-1], sample.groups, sample.support)

    def _score_alone(self, sample: _Sample, views: NDArray[np.float32]) -> Presence:
        score = sample.views[:, self._views.names.index("score")].astype(np.float64)
        return Presence(score_of_scale(score), score, views.astype(np.float64))


def _with_votes(found: Presence, votes: NDArray[np.float32], weight: float) -> Presence:
    if np.isnan(votes).all():
        return found
    log_odds = presence_with_votes(found.order, votes, weight)
    return Presence(expit(log_odds), log_odds, found.views)

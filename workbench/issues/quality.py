"""How plausible a given state is, from fused log-odds and the noise that both samples reveal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from workbench.issues.calibration import MonotoneLogOdds, share_of_second
from workbench.issues.score_views import log_odds

_N_BINS = 500
# The comparison pairs are not quite like the wrong ones: their lowest third is lower than any.
_NOISE_TAIL = 0.35
_PRESENT_TAIL = 0.05
_MOST_EVIDENCE = 7.0


def quality_of_given(given: NDArray[np.float32], noise: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probability that each given pair is right.

    With g and h the densities of the log-odds of given pairs and of pairs that are not given,
    given pairs are a mixture of right ones and of a share e of wrong ones with density h. e is
    the largest share that fits (:func:`share_of_second`), and a given pair is wrong with
    probability e · h / g.

    Parameters
    ----------
    given : ndarray of float32, shape (n_given,)
        Fused log-odds.
    noise : ndarray of float32
        The same of pairs such as a wrong label would be.
    """
    share = share_of_second(given, noise, least_tail=_NOISE_TAIL)
    ratio = MonotoneLogOdds(_N_BINS).fit(given, noise).staircase(given)
    return np.clip(1 - share * np.exp(-ratio), 0, 1)


def quality_of_absent(
    absent: NDArray[np.float32], given: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the probability that each pair that is not given is rightly not given.

    The mirror image of :func:`quality_of_given`: among the pairs that are not given, a share has
    log-odds like those of given pairs.

    Parameters
    ----------
    absent, given : ndarray of float32
        Fused log-odds of candidates, those that are not given and those that are.

    Notes
    -----
    A missing pair is taken to look like a given one (Elkan and Noto 2008, Learning Classifiers
    from Only Positive and Unlabeled Data: selected completely at random).
    """
    share = share_of_second(-absent, -given, least_tail=_PRESENT_TAIL)
    ratio = MonotoneLogOdds(_N_BINS).fit(given, absent).staircase(absent)
    return np.clip(1 - share * np.exp(ratio), 0, 1)


def presence_with_votes(
    presence: NDArray[np.float64], votes: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the log-odds that labels are present, from the views and the weak signals together.

    Given labels come from the votes, so the votes cannot be weighed by how well they agree with
    the given labels. They are weighed by how well they agree with the views: with L the
    likelihood ratio of the views, a and b maximise the sum of log(s L + 1 - s), s = expit(a + b v).

    Parameters
    ----------
    presence : ndarray of float64, shape (n_pairs,)
        Probability that the label is present, from the views, for pairs of one kind.
    votes : ndarray of float32, shape (n_pairs,)
        Log-odds of the label model, NaN where no source votes: these pairs keep what the views
        say.
    """
    view_log_odds = log_odds(presence).astype(np.float64)
    known = ~np.isnan(votes)
    if not known.any():
        return view_log_odds
    base = float(log_odds(np.array([presence[known].mean()]))[0])
    evidence = np.clip(view_log_odds[known] - base, -_MOST_EVIDENCE, _MOST_EVIDENCE)
    ratio, v = np.exp(evidence), votes[known].astype(np.float64)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        s = expit(w[0] + w[1] * v)
        likelihood = s * ratio + 1 - s
        slope = (ratio - 1) / likelihood * s * (1 - s)
        # One pair's worth of pull towards what the views say on the average.
        pull = w - [base, 0.0]
        value = -np.log(likelihood).sum() + 0.5 * pull @ pull
        gradient = -np.array([slope.sum(), slope @ v]) + pull
        return float(value) / len(v), gradient / len(v)

    start = np.array([base, 0.0])
    a, b = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-9, 9), (0, 1)]).x
    fused = view_log_odds.copy()
    fused[known] += a + b * v - base
    return fused

"""How plausible a given state is, from fused log-odds and the noise that both samples reveal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit, logsumexp
from sklearn.isotonic import isotonic_regression

from workbench.issues.calibration import MonotoneLogOdds
from workbench.issues.noise_share import share_of_noise, share_of_second

_N_BINS = 500
# The comparison pairs are not quite like the wrong ones: their lowest third is lower than any.
_NOISE_TAIL = 0.35
_PRESENT_TAIL = 0.2
# Labels of at least so many instances begin a new band.
_SUPPORT_BANDS = (4, 11, 51, 201)
# A band with fewer pairs takes what all pairs together tell.
_FEWEST_OF_A_BAND = 200
# Log-odds that no label model exceeds.
_FURTHEST = 40.0
# What the views count for beside the votes, see `presence_with_votes`.
WEIGHT_IF_GIVEN = 0.05
WEIGHT_IF_ABSENT = 0.35
# Log-odds from which down a pair without votes is unlikelier than its views say, and how much.
_UNLIKELY, _FALL = float(logit(0.25)), 2.0


def quality_of_given(
    given: NDArray[np.float32],
    noise: NDArray[np.float32],
    given_support: NDArray[np.int64],
    noise_support: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the probability that each given pair is right, never falling with its log-odds.

    With g and h the densities of the log-odds of given pairs and of pairs that are not given,
    given pairs are a mixture of right ones and of a share e of wrong ones. Wrong labels are rare
    ones more often than right labels are, so e is found for labels of about the same support
    (:func:`share_of_noise`). A given pair is wrong with probability min(1, c · h / g), where c
    makes the mean e: below some log-odds everything is wrong, above, wrong pairs look like pairs
    that are not given.

    Parameters
    ----------
    given : ndarray of float32, shape (n_given,)
        Fused log-odds.
    noise : ndarray of float32, shape (n_noise,)
        The same of pairs such as a wrong label would be.
    given_support : ndarray of int64, shape (n_given,)
        Number of instances that carry the pair's label.
    noise_support : ndarray of int64, shape (n_noise,)

    Notes
    -----
    How many pairs of a support are wrong moves a pair's quality, not its place: isotonic regression
    on the log-odds spreads it over the pairs of the same log-odds. Ordering by support too was
    measured to lose.
    """
    wrong = np.empty(len(given))
    of_given, of_noise = (np.digitize(s, _SUPPORT_BANDS) for s in (given_support, noise_support))
    everywhere = _wrong(given, noise)
    for band in np.unique(of_given):
        mine, theirs = of_given == band, of_noise == band
        if min(mine.sum(), theirs.sum()) < _FEWEST_OF_A_BAND:
            wrong[mine] = everywhere[mine]
        else:
            wrong[mine] = _wrong(given[mine], noise[theirs])
    # Equal log-odds get an equal quality.
    distinct, place, count = np.unique(given, return_inverse=True, return_counts=True)
    mean = np.bincount(place, wrong, len(distinct)) / count
    falling = isotonic_regression(mean, sample_weight=count.astype(np.float64), increasing=False)
    return 1 - np.asarray(falling, np.float64)[place]


def _wrong(given: NDArray[np.float32], noise: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probability that each given pair is wrong, from these pairs alone."""
    share = share_of_noise(given, noise, least_tail=_NOISE_TAIL)
    ratio = -MonotoneLogOdds(_N_BINS).fit(given, noise).staircase(given)
    return _in_proportion(ratio, share)


def _in_proportion(log_ratio: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Return min(1, c · ratio) with the c that makes the mean as large as asked.

    A staircase of counts knows no ratio beyond the number of pairs in a bin: where few of a kind
    stand apart, their probability follows from how many there are.
    """
    if mean <= 0:
        return np.zeros(len(log_ratio))

    def surplus(log_factor: float) -> float:
        return float(np.exp(np.minimum(0, log_factor + log_ratio)).mean()) - mean

    # A factor of 1 / ratio everywhere makes all probabilities 1.
    most = -float(log_ratio.min()) + 1e-9
    least = float(np.log(mean) - logsumexp(log_ratio) + np.log(len(log_ratio))) - 1e-9
    if surplus(most) <= 0:
        return np.ones(len(log_ratio))
    return np.asarray(np.exp(np.minimum(0, brentq(surplus, least, most) + log_ratio)), np.float64)


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
    return 1 - _in_proportion(MonotoneLogOdds(_N_BINS).fit(given, absent).staircase(absent), share)


def presence_with_votes(
    views: NDArray[np.float64], votes: NDArray[np.float32], weight: float
) -> NDArray[np.float64]:
    """Return the log-odds that labels are present, from the views and the weak signals together.

    The posterior of the label model is what is believed before the views are looked at; a share of
    their log-odds is added to it. The views move belief from pair to pair, not on the whole: the
    sum is shifted so that as many labels are present as the label model expects.

    Parameters
    ----------
    views : ndarray of float64, shape (n_pairs,)
        Fused log-odds of the views, for pairs of one kind.
    votes : ndarray of float32, shape (n_pairs,)
        Posterior log-odds of the label model, NaN where no source votes: such a pair starts from
        the mean of the others.
    weight : float
        How much the log-odds of the views count, `WEIGHT_IF_GIVEN` or `WEIGHT_IF_ABSENT`.

    Notes
    -----
    The views learn from labels that come from the votes, and two sources, neighbours
    and verifier, have seen the same texts: what the views say of a *given* pair the votes know
    already. With the truth of generated shops, a logistic regression on both gives the views of
    given pairs a weight between -0.14 and 0, and those of pairs that are not given one of 0.1 to
    0.4, or of 0.6 to 0.8 where no source voted. The weights were chosen on three shops (seeds 101
    and 201, and one of 50,000 queries), before labels above one another are fitted
    (:mod:`workbench.issues.lines`). On two others (seeds 202 and 7) wrong labels are found with an
    average precision of .200 / .279, against .123 / .134 with a weight of 1 and .186 / .291 with
    none (right of the first 100: 66 / 65, 49 / 44 and 60 / 62); missing ones with .232 / .241
    against .228 / .243 and .168 / .155 (92 / 95, 85 / 91 and 96 / 93). The log loss of the issues
    falls from 1.33 / 1.31 to .57 / .58 and from .85 / .88 to .57 / .59.

    Pairs that nobody voted on are unlikelier than that where the views say little for them: on
    the four shops 109, 69, 82 and 55 of the 14,000 that would have .05 to .1 are truly missing,
    and 355, 314, 321 and 307 of 8,500 that would have .1 to .25. Below .25 their log-odds fall
    twice as fast, which takes a pair or two in a thousand from the list. (All of them are pairs
    that are not given; given ones have votes.)

    Given labels come from the votes, so how well the votes agree with them teaches nothing, and
    neither does the share of given pairs that look like others: a source that errs in the same
    way again and again teaches the model its errors. Hence the label model's estimate of the noise
    is taken, and not the views' one (:func:`quality_of_given`).
    """
    known = ~np.isnan(votes)
    if not known.any():
        return views
    expected = float(expit(votes[known]).mean())
    total = weight * views + np.where(known, votes, logit(expected)).astype(np.float64)

    def surplus(shift: float) -> float:
        return float(expit(total[known] + shift).mean()) - expected

    reach = float(np.abs(total[known]).max()) + _FURTHEST
    total += brentq(surplus, -reach, reach)
    return np.where(known, total, total + (_FALL - 1) * np.minimum(total - _UNLIKELY, 0))

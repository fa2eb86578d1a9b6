"""How far reviewers agree on the pairs that several of them judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.review.decisions import PAIR, Verdict

_N_RESAMPLES = 2000
_BOUNDS = (2.5, 97.5)


@dataclass(frozen=True)
class Agreement:
    """How far all reviewers agree.

    Parameters
    ----------
    n_pairs : int
        Pairs that two or more reviewers called present or absent.
    raw : float
        Share of the couples of verdicts on the same pair that are the same; NaN without any.
    alpha, alpha_low, alpha_high : float
        Krippendorff's alpha, 1 if all agree and 0 if they agree as strangers would, and its 95 %
        interval over pairs; NaN where it is not defined.
    """

    n_pairs: int
    raw: float
    alpha: float
    alpha_low: float
    alpha_high: float


def measure_agreement(standing: pd.DataFrame, *, seed: int = 0) -> Agreement:
    """Return how far reviewers agree on pairs; who is unsure has not answered.

    Parameters
    ----------
    standing : pd.DataFrame
        ``reviewer, instance_id, label_id, verdict``, one row a reviewer and pair, such as
        :func:`workbench.review.decisions.effective_decisions` returns.
    seed : int
        Of the resampling behind the interval.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability: nominal data, any number of
    observers, missing values.
    """
    answers = _answers(standing)
    said = pd.DataFrame(
        {
            "present": answers["verdict"] == Verdict.PRESENT,
            "absent": answers["verdict"] == Verdict.ABSENT,
        }
    )
    counts = said.groupby([answers[name] for name in PAIR], sort=False).sum().to_numpy(np.int64)
    counts = counts[counts.sum(axis=1) > 1]
    if not len(counts):
        return Agreement(0, np.nan, np.nan, np.nan, np.nan)
    # Pairs with the same verdicts are alike: a resample is how often each sort of pair is drawn.
    sorts, n_of_sort = np.unique(counts, axis=0, return_counts=True)
    draws = np.random.default_rng(seed).multinomial(
        len(counts), n_of_sort / len(counts), _N_RESAMPLES
    )
    resampled = _alpha(sorts, draws)
    defined = resampled[~np.isnan(resampled)]
    low, high = np.percentile(defined, _BOUNDS) if len(defined) else (np.nan, np.nan)
    n = counts.sum(axis=1)
    same = float((counts * (counts - 1)).sum()) / float((n * (n - 1)).sum())
    alpha = float(_alpha(sorts, n_of_sort[None])[0])
    return Agreement(len(counts), same, alpha, float(low), float(high))


def agreement_of_reviewers(standing: pd.DataFrame) -> pd.DataFrame:
    """Return how far each two reviewers agree.

    Parameters
    ----------
    standing : pd.DataFrame
        As of :func:`measure_agreement`.

    Returns
    -------
    pd.DataFrame
        ``reviewer, other, n_pairs, raw, kappa``, those with most pairs in common first. ``raw`` is
        the share of these pairs on which they say the same, ``kappa`` Cohen's, NaN where both
        always say one and the same.

    References
    ----------
    Cohen (1960), A Coefficient of Agreement for Nominal Scales.
    """
    answers = _answers(standing).assign(says=lambda rows: rows["verdict"] == Verdict.PRESENT)
    answers = answers[["reviewer", *PAIR, "says"]]
    both = answers.merge(answers.rename(columns={"reviewer": "other"}), on=PAIR)
    both = both[both["reviewer"] < both["other"]]
    same = both["says_x"] == both["says_y"]
    counted = both.assign(raw=same).groupby(["reviewer", "other"])
    found = counted[["raw", "says_x", "says_y"]].mean().assign(n_pairs=counted.size())
    by_chance = found["says_x"] * found["says_y"] + (1 - found["says_x"]) * (1 - found["says_y"])
    found["kappa"] = ((found["raw"] - by_chance) / (1 - by_chance)).where(by_chance < 1)
    found = found.reset_index()[["reviewer", "other", "n_pairs", "raw", "kappa"]]
    return found.sort_values("n_pairs", ascending=False, kind="stable", ignore_index=True)


def _answers(standing: pd.DataFrame) -> pd.DataFrame:
    return standing[standing["verdict"].isin([Verdict.PRESENT, Verdict.ABSENT])]


def _alpha(sorts: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return alpha of each draw of pairs; NaN where all verdicts are one.

    Parameters
    ----------
    sorts : ndarray of int64, shape (n_sorts, 2)
        How many reviewers say present and absent, 2 or more together.
    draws : ndarray of int64, shape (n_draws, n_sorts)
        How many pairs of each sort.
    """
    n = sorts.sum(axis=1)
    observed = draws @ (2 * sorts[:, 0] * sorts[:, 1] / (n - 1))
    present, absent = (draws @ sorts).T.astype(np.float64)
    total = present + absent
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha = 1 - observed * (total - 1) / (2 * present * absent)
    return np.where(present * absent > 0, alpha, np.nan)

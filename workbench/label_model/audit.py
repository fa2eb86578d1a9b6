"""A random sample of pairs for people to review, so that label models can be measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError

# Bands of the posterior that are drawn from separately: most pairs lie at the ends, most doubt
# between them.
BANDS = (0.0, 0.02, 0.1, 0.3, 0.7, 0.9, 0.98, 1.0)
_LEAST_DOUBT = 0.1


def draw_audit(posterior: pd.DataFrame, n_pairs: int, *, random_state: int) -> pd.DataFrame:
    """Return a random sample of the pairs, more of those in doubt, with what each stands for.

    The pairs are parted into bands of their posterior. A band of N pairs with mean posterior p
    gets a share of the sample in proportion to N · max(√(p(1 − p)), 0.1), but two pairs at least,
    drawn without replacement; each stands for N / n of them. So weighted means over the sample are
    unbiased for all pairs, whatever the posterior is worth.

    Parameters
    ----------
    posterior : DataFrame with instance_id, label_id, posterior
    n_pairs : int
        How many to draw; all if there are no more.
    random_state : int

    Returns
    -------
    DataFrame
        instance_id, label_id, weight; in random order, so that whoever stops early still has a
        random sample.

    Raises
    ------
    InputError
        If there is no pair to draw from.

    Notes
    -----
    Neyman, "On the Two Different Aspects of the Representative Method", Journal of the Royal
    Statistical Society 97, 1934: the best allocation is in proportion to the spread in each band.
    """
    if posterior.empty:
        raise InputError("there is no pair to draw an audit sample from: no source voted")
    rng = np.random.default_rng(random_state)
    belief = posterior["posterior"].to_numpy(np.float64)
    band = np.digitize(belief, BANDS[1:-1])
    n_in_band = np.bincount(band, minlength=len(BANDS) - 1)
    n_drawn = _allocated(belief, band, n_in_band, min(n_pairs, len(belief)))
    drawn = [
        rng.choice(np.flatnonzero(band == b), n, replace=False)
        for b, n in enumerate(n_drawn.tolist())
    ]
    weight = np.repeat(n_in_band / np.maximum(n_drawn, 1), n_drawn)
    rows = np.concatenate(drawn)
    order = rng.permutation(len(rows))
    sample = posterior[["instance_id", "label_id"]].iloc[rows[order]].reset_index(drop=True)
    return sample.assign(weight=weight[order])


def _allocated(
    belief: NDArray[np.float64], band: NDArray[np.int64], n_in_band: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Return how many pairs to draw from each band; they add up to n, or nearly if n is tiny."""
    mean = np.bincount(band, belief, len(n_in_band)) / np.maximum(n_in_band, 1)
    doubt = n_in_band * np.maximum(np.sqrt(mean * (1 - mean)), _LEAST_DOUBT)
    drawn = np.minimum(2, n_in_band)
    while drawn.sum() < n:
        room = n_in_band - drawn
        share = np.where(room > 0, doubt, 0.0)
        wanted = share / share.sum() * n - drawn
        # One pair at a time to the band that lacks most: exact, and samples are small.
        drawn[np.where(room > 0, wanted, -np.inf).argmax()] += 1
    return drawn

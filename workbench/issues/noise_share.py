"""What share of a sample of pairs is noise, from two samples of a measure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CUTS = 200
# Beyond this share of the noise the cuts reach deep into what is right.
_MOST_TAIL = 0.95
_MAX_ROUNDS = 10
_SETTLED = 1e-4


def share_of_second(
    first: NDArray[np.floating], second: NDArray[np.floating], *, least_tail: float
) -> float:
    """Return the largest share of ``second`` that ``first`` can hold as a mixture.

    Where the measure is low there is only noise: the share of ``first`` below a cut is then the
    share of noise times the share of ``second`` below it. The smallest quotient over all cuts is
    the estimate.

    Parameters
    ----------
    first, second : ndarray of float
        Measures, of which ``first`` runs higher.
    least_tail : float
        Cuts have at least this share of ``second`` below them; a shorter tail is mostly chance.

    References
    ----------
    Blanchard, Lee and Scott (2010), Semi-Supervised Novelty Detection, section 3.

    Examples
    --------
    >>> noise, clean = np.linspace(0, 1, 1000), np.linspace(2, 3, 3000)
    >>> mixed = np.concatenate([noise, clean])
    >>> round(share_of_second(mixed, noise, least_tail=0.1), 2)  # 1000 / 4000
    0.25
    """
    cuts = np.quantile(second, np.linspace(least_tail, 1, _CUTS))
    below_first = np.searchsorted(np.sort(first), cuts, side="right") / len(first)
    below_second = np.searchsorted(np.sort(second), cuts, side="right") / len(second)
    return float(min((below_first / below_second).min(), 1.0))


def share_of_noise(
    mixed: NDArray[np.floating], noise: NDArray[np.floating], *, least_tail: float
) -> float:
    """Return the share of ``mixed`` that is noise, of a kind that runs somewhat higher.

    :func:`share_of_second` takes what is wrong for a draw of ``noise``. Where wrong labels are
    more plausible than noise, such as labels that are easily confused, few of them lie in the
    tail, and it finds a fraction. Higher cuts hold more of them, but right pairs too. How many is
    read from the other side: right pairs are taken to lie alike on both sides of their median.
    With G the share of ``mixed`` below a cut, R what the mirror image puts there and H the share
    of ``noise`` below it, the estimate is the largest (G - R) / H over the cuts, and never less
    than :func:`share_of_second`.

    Parameters
    ----------
    mixed, noise : ndarray of float
        Measures, of which ``mixed`` runs higher.
    least_tail : float
        Cuts have at least this share of ``noise`` below them.

    Notes
    -----
    The median of the right pairs depends on the share, so the two are found in turns. Where right
    pairs reach further up than down, their mirror image hides noise, and the estimate is that of
    :func:`share_of_second`; where they reach further down it counts some of them. Storey (2002),
    A Direct Approach to False Discovery Rates, reads the share of the null likewise, from the side
    where there is nothing else.

    Examples
    --------
    >>> noise, right = np.linspace(0, 1, 1000), np.linspace(2, 4, 3000)
    >>> confused = np.linspace(0.5, 1, 1000)  # wrong labels that only look like the upper half
    >>> mixed = np.concatenate([confused, right])
    >>> round(share_of_second(mixed, noise, least_tail=0.1), 2)
    0.0
    >>> round(share_of_noise(mixed, noise, least_tail=0.1), 2)  # 0.9 / 0.95 of 1000 / 4000
    0.24
    """
    least = share_of_second(mixed, noise, least_tail=least_tail)
    cuts = np.quantile(noise, np.linspace(least_tail, _MOST_TAIL, _CUTS))
    mixed = np.sort(mixed)
    below_mixed = np.searchsorted(mixed, cuts, side="right") / len(mixed)
    below_noise = np.searchsorted(np.sort(noise), cuts, side="right") / len(noise)
    share = least
    for _ in range(_MAX_ROUNDS):
        median = np.quantile(mixed, share + (1 - share) / 2)
        mirrored = 1 - np.searchsorted(mixed, 2 * median - cuts, side="left") / len(mixed)
        found = max(least, float(((below_mixed - mirrored) / below_noise).max()))
        settled, share = abs(found - share) < _SETTLED, min(found, 1.0)
        if settled:
            break
    return share

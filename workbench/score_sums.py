"""Per label, what the scores of all pairs sum to and how they spread, without keeping them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.counting import count_bits
from workbench.errors import AxisMismatchError, InputError
from workbench.kernels import read_only

# A bin is the exponent of a float32 and the first two bits behind the point: four an octave. All
# that lies below 2 ** -20, less than confident learning can tell apart, is in the first.
BITS_DROPPED = 21
_LAST = int(np.float32(1).view(np.uint32) >> BITS_DROPPED)
N_BINS = _LAST - int(np.float32(2.0**-20).view(np.uint32) >> BITS_DROPPED) + 1
_PAIRS_PER_BATCH = 4_000_000


def bits_of_first_bin(n_bins: int = N_BINS) -> int:
    """Return what is left at most of the bits of a score in the first bin, less those dropped.

    One more makes the next bin, and so on; 1 itself is in the last.
    """
    return _LAST - n_bins


def bin_ranges(n_bins: int = N_BINS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest float32 of every bin, shape (n_bins,) each."""
    first = bits_of_first_bin(n_bins) + 1
    edges = (np.arange(first, first + n_bins, dtype=np.uint32) << BITS_DROPPED).view(np.float32)
    lowest = np.concatenate([[np.float32(0)], edges[:-1]])
    highest = np.concatenate([np.nextafter(edges[:-1], np.float32(0)), [np.float32(1)]])
    return lowest.astype(np.float64), highest.astype(np.float64)


def add_to_histogram(
    histogram: NDArray[np.integer], labels: NDArray[np.integer], scores: NDArray[np.float32]
) -> None:
    """Count some scores in place.

    Parameters
    ----------
    histogram : ndarray of int, shape (n_labels, n_bins)
    labels : ndarray of int, shape (n_pairs,)
    scores : ndarray of float32, shape (n_pairs,)
    """
    if len(labels) != len(scores):
        raise ValueError(f"expected one label a score, found {len(labels)} and {len(scores)}")
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(histogram):
        raise ValueError(f"labels: expected positions in 0..{len(histogram) - 1}, found others")
    bits = read_only(np.ascontiguousarray(scores, np.float32).view(np.uint32))
    first = bits_of_first_bin(histogram.shape[1])
    count_bits(histogram, read_only(np.ascontiguousarray(labels)), bits, BITS_DROPPED, first)


def count_rest_as_zero(histogram: NDArray[np.integer], n_instances: int) -> None:
    """Count, in place, what is lacking to one score an instance in the first bin."""
    histogram[:, 0] += (n_instances - histogram.sum(axis=1)).astype(histogram.dtype)


@dataclass(frozen=True, eq=False)
class ScoreSums:
    """What confident learning needs to know of scores that nobody keeps.

    Sums of parts that share no instance add up with ``+``.

    Parameters
    ----------
    n_instances : int
        How many instances the sums speak of.
    sums : ndarray of float64, shape (n_labels,)
        Sum of each label's scores over all these instances, judged or not. A given pair that has
        no score counts as 0.
    histogram : ndarray of int, shape (n_labels, n_bins), optional
        How many of these scores lie in each bin of :func:`bin_ranges`; at most ``N_BINS``.

    Raises
    ------
    InputError
        If a sum is NaN, below 0 or above the number of instances, or the histogram does not count
        every instance once a label.

    Examples
    --------
    >>> upper = ScoreSums.from_dense(np.float32([[0.9, 0.0], [0.1, 0.2]]))
    >>> lower = ScoreSums.from_dense(np.float32([[0.5, 0.3]]))
    >>> both = upper + lower
    >>> both.n_instances, both.sums.round(6).tolist()
    (3, [1.5, 0.5])
    """

    n_instances: int
    sums: NDArray[np.float64]
    histogram: NDArray[np.integer] | None = None

    def __post_init__(self) -> None:
        sums, n = np.asarray(self.sums), self.n_instances
        if sums.ndim != 1:
            raise InputError(f"sums: expected one number a label, found shape {sums.shape}")
        # Sums of many float32 are off in the fifth digit.
        bad = ~((sums >= -1e-3) & (sums <= n * (1 + 1e-3) + 1e-3))
        if bad.any():
            raise InputError(
                f"sums: expected numbers from 0 to {n}, one score of at most 1 an instance; found "
                f"{int(bad.sum())} others, at positions {np.flatnonzero(bad)[:5].tolist()}: "
                f"{sums[bad][:5].tolist()}"
            )
        if self.histogram is not None:
            _check_histogram(self.histogram, len(sums), n)

    @classmethod
    def from_dense(cls, probabilities: NDArray[np.floating]) -> ScoreSums:
        """Return the sums of scores that are all there, or of some rows of them.

        Parameters
        ----------
        probabilities : ndarray of float, shape (n_instances, n_labels)

        Raises
        ------
        InputError
            If a value is NaN or outside [0, 1].
        """
        P = check_probabilities(probabilities)
        n_instances, n_labels = P.shape
        histogram = np.zeros((n_labels, N_BINS), np.int64)
        size = max(_PAIRS_PER_BATCH // max(n_labels, 1), 1)
        for start in range(0, n_instances, size):
            part = np.ascontiguousarray(P[start : start + size], np.float32)
            labels = np.broadcast_to(np.arange(n_labels), part.shape)
            add_to_histogram(histogram, labels.reshape(-1), part.reshape(-1))
        return cls(n_instances, P.sum(axis=0, dtype=np.float64), histogram)

    def check_axes(self, n_instances: int, n_labels: int) -> None:
        """Raise unless the sums speak of so many instances and labels.

        Raises
        ------
        AxisMismatchError
        """
        if (self.n_instances, len(self.sums)) != (n_instances, n_labels):
            raise AxisMismatchError(
                f"sums: expected those of {n_instances} instances and {n_labels} labels, found "
                f"{self.n_instances} and {len(self.sums)}; they have to speak of the same axes"
            )

    def __add__(self, other: ScoreSums) -> ScoreSums:
        """Return the sums over the instances of both, which share none."""
        if len(self.sums) != len(other.sums):
            raise InputError(
                f"sums of {len(self.sums)} labels and of {len(other.sums)} do not add up; "
                "parts differ in their instances only"
            )
        histogram = None
        if self.histogram is not None and other.histogram is not None:
            _check_same_bins(self.histogram, other.histogram)
            histogram = self.histogram + other.histogram
        return ScoreSums(self.n_instances + other.n_instances, self.sums + other.sums, histogram)


def check_probabilities(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the array, checked to have two dimensions and values in [0, 1].

    Raises
    ------
    InputError
    """
    P = np.asarray(probabilities)
    if P.ndim != 2 or P.dtype.kind != "f":
        raise InputError(
            "probabilities: expected an array of float, instances x labels, "
            f"found {P.dtype} of shape {P.shape}"
        )
    # NaN comes out of both as NaN, and fails.
    if P.size and not (P.min() >= 0 and P.max() <= 1):
        rows, columns = np.nonzero(~((P >= 0) & (P <= 1)))
        places = list(zip(rows[:5].tolist(), columns[:5].tolist(), strict=True))
        raise InputError(
            f"probabilities: {len(rows)} of {P.size} values are NaN or outside [0, 1], "
            f"at (row, column) {places}: {P[rows[:5], columns[:5]].tolist()}"
        )
    return P


def _check_histogram(histogram: NDArray[np.integer], n_labels: int, n_instances: int) -> None:
    fits = histogram.ndim == 2 and len(histogram) == n_labels
    if not (fits and 1 <= histogram.shape[1] <= N_BINS and histogram.dtype.kind in "iu"):
        raise InputError(
            f"histogram: expected whole numbers of {n_labels} labels x at most {N_BINS} bins, "
            f"found {histogram.dtype} of shape {histogram.shape}"
        )
    total = histogram.sum(axis=1)
    bad = (total != n_instances) | (histogram.min(axis=1, initial=0) < 0)
    if bad.any():
        raise InputError(
            f"histogram: expected {n_instances} scores a label, one an instance; found "
            f"{total[bad][:5].tolist()} at positions {np.flatnonzero(bad)[:5].tolist()}"
        )


def _check_same_bins(one: NDArray[np.integer], other: NDArray[np.integer]) -> None:
    if one.shape != other.shape:
        raise InputError(
            f"histograms of {one.shape[1]} and of {other.shape[1]} bins do not add up; "
            "count both in the same bins"
        )

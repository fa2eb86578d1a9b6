"""What a search adds up of all the scores it computes, found or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import above, add, load, lowest_bit, splat, store
from workbench.model.link import exponentials, log_scores, probability
from workbench.score_sums import BITS_DROPPED, bits_of_first_bin

# Of the bins of score sums so many, the first for all below 1/256: it is by far the largest, and
# what is in it needs not be counted one by one.
N_UPPER_BINS = 33
_BITS_OF_FIRST = bits_of_first_bin(N_UPPER_BINS)
# A little below 1/256: sixteen exponentials at once are off in the last digit.
_LEAST_COUNTED = np.float32(2.0**-8 * (1 - 1e-5))
_FIRST_BIN, _LAST_BIN = np.int64(0), np.int64(N_UPPER_BINS - 1)
_ZERO = np.float32(0)


class Totals(NamedTuple):
    """Sums and histograms of the scores of pairs that are not given.

    ``sums`` and ``histogram``, one row a child; what the first bin counts is not to be read.
    ``block_sums`` is room for a block, zero before and after.
    """

    sums: NDArray[np.float64]
    histogram: NDArray[np.int32]
    block_sums: NDArray[np.float32]


def make_totals(n_children: int, widest_block: int) -> Totals:
    """Return totals of nothing."""
    n_groups = -(-widest_block // N_LANES)
    return Totals(
        np.zeros(n_children),
        np.zeros((n_children, N_UPPER_BINS), np.int32),
        np.zeros((n_groups, N_LANES), np.float32),
    )


def no_totals() -> Totals:
    """Return what a search that adds up nothing takes."""
    return make_totals(0, 0)


@inlined
def _count_score(totals: Totals, child: int, log_score: np.float32) -> None:
    """Count a score in the bin that it has as a result of the search, to the last digit."""
    score = np.float32(probability(log_score))
    place = (np.int64(score.view(np.int32)) >> BITS_DROPPED) - _BITS_OF_FIRST
    totals.histogram[child, min(max(place, _FIRST_BIN), _LAST_BIN)] += 1


@inlined
def add_score(totals: Totals, child: int, log_score: np.float32) -> None:
    """Add the score of one pair."""
    totals.sums[child] += probability(log_score)
    _count_score(totals, child, log_score)


@inlined
def add_block(
    totals: Totals,
    first: int,
    n_groups: int,
    parent: np.float32,
    margins: NDArray[np.float32],
    room: NDArray[np.float32],
) -> None:
    """Add the scores of one row and the children of a block, numbered from ``first``."""
    for group in range(n_groups):
        of_group = add(log_scores(load(margins, group)), splat(parent))
        scores = exponentials(of_group)
        store(totals.block_sums, group, add(load(totals.block_sums, group), scores))
        counted = above(scores, splat(_LEAST_COUNTED))
        if counted:
            store(room, 0, of_group)
        while counted:
            lane = lowest_bit(counted)
            counted &= counted - 1
            _count_score(totals, first + group * N_LANES + lane, room[lane])


@inlined
def close_totals(totals: Totals, first: int, n_children: int) -> None:
    """Move what `add_block` summed in a block to its children."""
    flat = totals.block_sums.reshape(-1)
    for child in range(n_children):
        totals.sums[first + child] += flat[child]
    totals.block_sums[:] = _ZERO

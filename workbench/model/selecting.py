"""The compiled kernel that finds a bound such that n values reach it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import above, count_bits, load, splat

_ALL_BUT_SIGN = np.int32(2**31 - 1)


@kernel
def _count_reaching(values: NDArray[np.float32], bound: np.float32) -> int:
    n_groups = len(values) // N_LANES
    n_below = 0
    for group in range(n_groups):
        n_below += count_bits(above(splat(bound), load(values, group)))
    for i in range(n_groups * N_LANES, len(values)):
        n_below += bound > values[i]
    return len(values) - n_below


@inlined
def _as_float(key: np.int32, room: NDArray[np.int32]) -> np.float32:
    """Return the float that stands at ``key`` in the order of all floats, 0 at 0."""
    room[0] = key ^ ((key >> 31) & _ALL_BUT_SIGN)
    return room.view(np.float32)[0]


@kernel
def nth_largest(values: NDArray[np.float32], n: int) -> np.float32:
    """Return the n-th largest value, 1 for the largest; there are no infinite ones.

    Bit by bit the highest number that n values reach. Counting takes no branch, so that these some
    twenty passes are quicker than the few of a quickselect, and than numpy's partition to compile.
    """
    room = np.empty(1, np.int32)
    key = np.int32(0)
    if _count_reaching(values, np.float32(0)) < n:
        key = np.int32(-(2**31))
    for bit in range(30, -1, -1):
        higher = np.int32(key | np.int32(1 << bit))
        n_reaching = _count_reaching(values, _as_float(higher, room))
        if n_reaching >= n:
            key = higher
        if n_reaching == n:
            break
    bound = _as_float(key, room)
    nth = np.float32(np.inf)
    for value in values:
        nth = min(nth, value if value >= bound else np.float32(np.inf))
    return nth

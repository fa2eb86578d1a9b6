"""Seeds that follow from other seeds, so that parts of a whole can be worked on in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel


@kernel
def mix(state: np.uint64) -> np.uint64:
    """Return a number that looks unrelated: the last steps of SplitMix64 (Steele et al. 2014)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def mix_seed(seed: np.uint64, *path: int) -> np.uint64:
    """Return the seed of a part, from that of the whole and the numbers that lead to the part."""
    # Kernels return Python integers, which may be too large to be given back to one.
    return np.uint64(_mix_all(seed, np.array(path, np.uint64)))


@kernel
def _mix_all(seed: np.uint64, path: NDArray[np.uint64]) -> np.uint64:
    for number in path:
        seed = mix(mix(seed) ^ number)
    return seed


def draw_entropy(random_state: int | None) -> int:
    """Return ``random_state``, or a number drawn by the system in its place."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return random_state

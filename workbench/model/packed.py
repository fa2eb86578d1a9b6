"""Trained classifiers of a block, pruned and packed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NO_DUALS: NDArray[np.uint16] = np.empty(0, np.uint16)


class Packed(NamedTuple):
    """The pruned classifiers of up to 128 children, feature by feature.

    The e-th feature has a weight for ``counts[e] + 1`` children; ``children`` and ``weights`` hold
    them one after the other, the children counted from the first of the block. ``dual_lanes`` and
    ``duals`` are what the next training may start from, see `Start`; empty if nothing is kept.
    """

    features: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    children: NDArray[np.uint8]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    dual_lanes: NDArray[np.uint16]
    duals: NDArray[np.uint16]

"""Trained classifiers of a block, pruned and packed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Packed(NamedTuple):
    """The pruned classifiers of up to 128 children, feature by feature.

    The e-th feature has a weight for ``counts[e] + 1`` children; ``children`` and ``weights`` hold
    them one after the other, the children counted from the first of the block.
    """

    features: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    children: NDArray[np.uint8]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

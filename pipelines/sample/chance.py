"""Weighted draws from a seeded generator."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

import numpy as np

Option = TypeVar("Option")


class Wheel(Generic[Option]):
    """A wheel of fortune: options that are drawn in proportion to their weights.

    Parameters
    ----------
    options : sequence, not empty
    weights : sequence of float, one an option, at least one above 0; equal weights if None

    Examples
    --------
    >>> wheel = Wheel(["never", "always"], [0.0, 2.0])
    >>> wheel.spin(np.random.default_rng(0))
    'always'
    """

    def __init__(self, options: Sequence[Option], weights: Sequence[float] | None = None) -> None:
        self._options = options
        self._edges = list(accumulate(weights or [1.0] * len(options)))

    def spin(self, rng: np.random.Generator) -> Option:
        """Return one option."""
        drawn = bisect_right(self._edges, rng.random() * self._edges[-1])
        return self._options[min(drawn, len(self._options) - 1)]


def pick(
    rng: np.random.Generator, options: Sequence[Option], weights: Sequence[float] | None = None
) -> Option:
    """Return one option, drawn in proportion to the weights; see :class:`Wheel`."""
    return Wheel(options, weights).spin(rng)


def happens(rng: np.random.Generator, share: float) -> bool:
    """Return True with probability ``share``."""
    return bool(rng.random() < share)


def zipf_weights(n: int, exponent: float) -> list[float]:
    """Return 1 / rank ** exponent for the ranks 1 to ``n``."""
    return [1.0 / rank**exponent for rank in range(1, n + 1)]

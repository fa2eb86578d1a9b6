"""What people and bots do with a page of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.sample.assumptions import DROP_WITHOUT, Assumptions
from pipelines.sample.catalog import Item
from pipelines.sample.queries import Query


def wanted_labels(query: Query) -> list[str]:
    """Return the labels an item needs to be what the shopper wants.

    These are the labels the query names and the narrowest categories it means. What a named
    product line implies is not asked for twice.
    """
    named = [label for label in query.phrase.labels if not label.startswith("Category: ")]
    paths = [label for label in query.truth if label.startswith("Category: ")]
    narrowest = [
        path for path in paths if not any(other.startswith(f"{path} > ") for other in paths)
    ]
    return sorted({*named, *narrowest})


def wish_for(item: Item, wanted: Sequence[str]) -> float:
    """Return how much an item meets a wish: 1 if it carries every wanted label."""
    wish = 1.0
    for label in wanted:
        if label not in item.labels:
            wish *= DROP_WITHOUT[label.partition(": ")[0]]
    return wish


@dataclass(frozen=True)
class Clicker:
    """Clicks on a page of results.

    Parameters
    ----------
    assumptions : Assumptions
    rng : numpy Generator
    """

    assumptions: Assumptions
    rng: np.random.Generator

    def clicked(self, wishes: NDArray[np.float64], *, fickle: bool) -> NDArray[np.bool_]:
        """Return which of the items shown are clicked, given how much each is wished for."""
        ranks = np.arange(1, len(wishes) + 1, dtype=np.float64)
        examined = 1.0 / ranks**self.assumptions.examination_exponent
        attraction = self.assumptions.attraction * wishes + self.assumptions.trust / ranks
        if fickle:
            attraction = np.full(len(wishes), self.assumptions.fickle_attraction)
        clicked: NDArray[np.bool_] = self.rng.random(len(wishes)) < examined * attraction
        return clicked

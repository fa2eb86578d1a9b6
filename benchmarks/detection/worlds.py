"""The ways labels go wrong, and which of them each data set can show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from scipy.sparse import csr_array

from benchmarks.detection.data_sets import Data
from workbench.evaluate.detection import PAIR
from workbench.evaluate.noise import (
    NoisyLabels,
    inject_noise,
    siblings_by_attribute,
    siblings_by_similarity,
)

# Shares of the true pairs.
RATES = {
    "mixed": {"added": 0.05, "swapped": 0.05, "dropped": 0.10, "dropped_by_propensity": 0.05},
    "additions": {"added": 0.05, "swapped": 0.0, "dropped": 0.0, "dropped_by_propensity": 0.0},
    "swaps": {"added": 0.0, "swapped": 0.05, "dropped": 0.0, "dropped_by_propensity": 0.0},
    "drops": {"added": 0.0, "swapped": 0.0, "dropped": 0.10, "dropped_by_propensity": 0.05},
}
NATURAL = "natural"
TOLD = {
    "mixed": "5 % added, 5 % swapped for a similar label, 10 % dropped, 5 % dropped by propensity",
    "additions": "5 % added uniformly",
    "swaps": "5 % swapped for another value of the attribute",
    "drops": "10 % dropped, 5 % dropped by propensity",
    NATURAL: "what annotators gave first against what they gave in the end",
}
CHOSEN_ON = ("bibtex", "delicious", "icecat")
CONFIRMED_ON = ("icecat-6k", "oa-mine", "ae-110k", "shop", "redocred")
_WITH_ATTRIBUTES = ("icecat", "icecat-6k", "oa-mine", "ae-110k", "shop")


def worlds_of(data_set: str) -> tuple[str, ...]:
    """Return the worlds that a data set is measured in."""
    if data_set == "redocred":
        return (NATURAL,)
    swaps = ("swaps",) if data_set in _WITH_ATTRIBUTES else ()
    return ("mixed", *swaps, "additions", "drops")


def runs(
    data_sets: Sequence[str], worlds: Sequence[str], n_seeds: int
) -> Iterator[tuple[str, str, int]]:
    """Yield data set, world and seed; seed by seed, so that a stopped run is balanced."""
    for world in worlds:
        for seed in range(n_seeds):
            for data_set in data_sets:
                if world in worlds_of(data_set):
                    yield data_set, world, seed


def disturb(
    data: Data, world: str, seed: int, rates: dict[str, float] | None = None
) -> NoisyLabels:
    """Return the labels of a world and the pairs that are wrong or missing in them."""
    if world == NATURAL:
        return _natural(data)
    return inject_noise(
        data.truth,
        siblings=_siblings(data, world),
        random_state=seed,
        **(rates or RATES[world]),
    )


def _siblings(data: Data, world: str) -> csr_array:
    if world == "swaps":
        assert data.labels is not None
        return siblings_by_attribute(data.labels["attribute"])
    return siblings_by_similarity(data.X, data.truth)


def _natural(data: Data) -> NoisyLabels:
    assert data.given is not None
    both = data.truth.to_frame().merge(data.given.to_frame(), on=PAIR, how="outer", indicator=True)
    missing, wrong = (
        both.loc[both["_merge"] == side, PAIR].assign(cause=NATURAL).reset_index(drop=True)
        for side in ("left_only", "right_only")
    )
    return NoisyLabels(data.given, pd.DataFrame(wrong), pd.DataFrame(missing))

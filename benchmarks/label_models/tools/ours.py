"""Ours: from the matrix of levels to the posterior of every pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.xmc.measuring import Meter
from workbench.label_model import DawidSkene, MajorityVote
from workbench.label_model.dependence import find_copies
from workbench.label_model.patterns import VotePatterns

PACKAGES = ("numpy", "pandas", "scikit-learn")
# What else was measured.
FIGURES: dict[str, float] = {}


def prepare(
    levels: NDArray[np.int8], attribute: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int8], pd.DataFrame]:
    """Return the matrix of levels, as snorkel gets one of its own kind."""
    pairs = pd.DataFrame({"instance_id": np.arange(len(levels)), "label_id": ""})
    return levels, attribute, pairs


def warm_up() -> None:
    draws = np.zeros((4, 2), np.int8)
    posterior(prepare(draws, draws[:, 0]), {"model": "warned"}, 0.5)


def posterior(
    prepared: tuple[NDArray[np.int8], NDArray[np.int8], pd.DataFrame],
    parameters: dict[str, Any],
    base_rate: float,
) -> NDArray[np.float32]:
    del base_rate
    levels, attribute, pairs = prepared
    patterns = VotePatterns.from_levels(
        levels,
        pairs,
        sources=[f"s{j}" for j in range(levels.shape[1])],
        attribute_index=attribute,
        attributes=[f"attribute {a}" for a in range(int(attribute.max()) + 1)],
    )
    model: MajorityVote | DawidSkene
    if parameters["model"] == "majority":
        model = MajorityVote()
    elif parameters["model"] == "warned":
        model = DawidSkene(groups=_groups_by_our_warning(patterns))
    else:
        model = DawidSkene()
    with Meter() as learning:
        fitted = model.fit_patterns(patterns)
    FIGURES["learning_cpu_seconds"] = learning.cpu
    return patterns.probabilities(*fitted.log_odds(patterns))


def _groups_by_our_warning(patterns: VotePatterns) -> dict[str, str]:
    """Return what a user configures who follows the warning: copying sources in one group."""
    with Meter() as looking:
        copies = find_copies(patterns)
    FIGURES["copies_cpu_seconds"] = looking.cpu
    groups: dict[str, str] = {}
    for copy in copies[copies["warned"]].itertuples():
        one = groups.get(copy.source_a, copy.source_a)
        groups |= dict.fromkeys((copy.source_a, copy.source_b), one)
    return groups


def to_array(answer: NDArray[np.float32]) -> NDArray[np.float64]:
    return answer.astype(np.float64)

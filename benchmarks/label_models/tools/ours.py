"""Ours: from the long table of votes, with ids, to the posterior table."""

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
Prepared = tuple[pd.DataFrame, pd.DataFrame]


def prepare(levels: NDArray[np.int8], attribute: NDArray[np.int8]) -> Prepared:
    pair, source = np.nonzero(levels >= 0)
    instance_ids = pd.Series([f"q{i:07}" for i in range(len(levels))], dtype="str")
    votes = pd.DataFrame(
        {
            "instance_id": instance_ids.iloc[pair].reset_index(drop=True),
            "label_id": pd.Series([f"label {a}" for a in range(128)], dtype="str")
            .iloc[attribute[pair]]
            .reset_index(drop=True),
            "source": pd.Series([f"s{j}" for j in range(levels.shape[1])], dtype="str")
            .iloc[source]
            .reset_index(drop=True),
            "level": levels[pair, source],
        }
    )
    labels = pd.DataFrame({"label_id": [f"label {a}" for a in range(128)]}, dtype="str")
    return votes, labels.assign(attribute=labels["label_id"])


def warm_up() -> None:
    votes, labels = prepare(np.zeros((4, 2), np.int8), np.zeros(4, np.int8))
    DawidSkene().fit_predict(votes, labels)


def posterior(prepared: Prepared, parameters: dict[str, Any], base_rate: float) -> Any:
    del base_rate
    votes, labels = prepared
    if parameters["model"] == "majority":
        return MajorityVote().fit_predict(votes, labels)
    if parameters["model"] == "warned":
        return _after_our_warning(votes, labels)
    with Meter() as grouping:
        patterns = VotePatterns.from_votes(votes, labels)
    FIGURES["grouping_cpu_seconds"] = grouping.cpu
    return patterns.to_posterior(*DawidSkene().fit_patterns(patterns).log_odds(patterns))


def _after_our_warning(votes: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Fit as a user would who follows the warning: copying sources in one group."""
    patterns = VotePatterns.from_votes(votes, labels)
    copies = find_copies(patterns)
    groups: dict[str, str] = {}
    for copy in copies[copies["warned"]].itertuples():
        one = groups.get(copy.source_a, copy.source_a)
        groups |= dict.fromkeys((copy.source_a, copy.source_b), one)
    model = DawidSkene(groups=groups).fit_patterns(patterns)
    return patterns.to_posterior(*model.log_odds(patterns))


def to_array(answer: pd.DataFrame) -> NDArray[np.float64]:
    """Return the posteriors in the order of the pairs: ids sort as the pairs do."""
    return answer["posterior"].to_numpy(np.float64)

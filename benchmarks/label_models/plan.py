"""Which tools are run with which parameters, in which worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contender:
    """A tool with its parameters."""

    name: str
    tool: str
    parameters: dict[str, Any] = field(default_factory=dict)


OURS = Contender("ours", "ours", {"model": "dawid_skene"})
OURS_WARNED = Contender("ours, grouped as it warns", "ours", {"model": "warned"})
SNORKEL = Contender("snorkel", "snorkel", {"n_epochs": 100, "told_base_rate": False})
CONTENDERS = (
    OURS,
    OURS_WARNED,
    Contender("our majority vote", "ours", {"model": "majority"}),
    SNORKEL,
    Contender(
        "snorkel, told the base rate, 500 epochs",
        "snorkel",
        {"n_epochs": 500, "told_base_rate": True},
    ),
    Contender("crowd-kit Dawid-Skene", "crowdkit", {"model": "DawidSkene"}),
    Contender("crowd-kit majority vote", "crowdkit", {"model": "MajorityVote"}),
    Contender("crowd-kit Wawa", "crowdkit", {"model": "Wawa"}),
)
PEERS = tuple(one.name for one in CONTENDERS if one.tool != "ours")


def runs(
    worlds: Sequence[str], contenders: Sequence[str], n_seeds: int
) -> Iterator[tuple[str, int, Contender]]:
    """Yield world, seed and contender; seed by seed, so that a stopped run is balanced."""
    for seed in range(n_seeds):
        for world in worlds:
            for contender in CONTENDERS:
                if contender.name in contenders:
                    yield world, seed, contender

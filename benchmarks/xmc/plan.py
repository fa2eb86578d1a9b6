"""Which tools run with which settings on which data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

K = 10
BEAM = 10
DATA_SETS = ("bibtex", "delicious", "icecat", "shop")


@dataclass(frozen=True)
class Setting:
    """A tool with its parameters.

    Parameters
    ----------
    tool : str
        A module of `benchmarks.xmc.tools`.
    name : str
        As it stands in the tables.
    parameters : dict
        Only those that differ from the tool's own defaults.
    data_sets : sequence of str
    threads : sequence of int
    """

    tool: str
    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    data_sets: Sequence[str] = DATA_SETS
    threads: Sequence[int] = (1, 2)


OURS = Setting("ours", "ours, 1 tree")
OURS_3 = Setting("ours", "ours, 3 trees", {"n_trees": 3})
PECOS = Setting("pecos", "PECOS")
PECOS_TUNED = Setting("pecos", "PECOS, tuned", {"eps": 1.0, "max_leaf_size": 40})
OMIKUJI = Setting("omikuji", "omikuji, 1 tree", {"n_trees": 1})
OMIKUJI_TUNED = Setting(
    "omikuji", "omikuji, 1 tree, tuned", {"n_trees": 1, "cluster_k": 16, "linear_eps": 1.0}
)
OMIKUJI_3 = Setting("omikuji", "omikuji, 3 trees", {"n_trees": 3})
NAPKINXC = Setting("napkinxc", "napkinXC PLT")
# One dense weight a label and feature: 40 GB and days of training on the shop queries.
SKLEARN = Setting(
    "sklearn_ovr", "scikit-learn OVR", data_sets=("bibtex", "delicious"), threads=(1,)
)

SETTINGS = (
    OURS,
    OURS_3,
    PECOS,
    PECOS_TUNED,
    OMIKUJI,
    OMIKUJI_TUNED,
    OMIKUJI_3,
    NAPKINXC,
    SKLEARN,
)
_BIG = ("shop",)
# On the big set, where a run of a peer takes minutes, only these are run with more than one seed.
_REPEATED_ON_BIG = (OURS, OURS_3, PECOS, OMIKUJI)


@dataclass(frozen=True)
class Run:
    """One training, and where ``threads`` is 1 the predictions of its model."""

    data_set: str
    setting: Setting
    threads: int
    seed: int

    def key(self) -> dict[str, Any]:
        """Return what tells this run from all others."""
        return {
            "data_set": self.data_set,
            "setting": self.setting.name,
            "threads": self.threads,
            "seed": self.seed,
        }


def runs(
    data_sets: Sequence[str], tools: Sequence[str], threads: Sequence[int], n_seeds: int
) -> Iterator[Run]:
    """Yield the runs, tools in turn, so that all of them meet the same moods of the machine."""
    for data_set in data_sets:
        for seed in range(n_seeds):
            for n_threads in threads:
                for setting in SETTINGS:
                    is_left_out = data_set in _BIG and seed > 0 and setting not in _REPEATED_ON_BIG
                    if (
                        setting.tool in tools
                        and data_set in setting.data_sets
                        and n_threads in setting.threads
                        and not is_left_out
                    ):
                        yield Run(data_set, setting, n_threads, seed)

"""A label tree whose classifiers are trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.model.label_tree import LabelTree
from workbench.model.levels import Level


@dataclass(frozen=True, eq=False)
class TrainedTree:
    """A label tree with the classifiers of its levels, the root's first."""

    tree: LabelTree
    levels: tuple[Level, ...]

    @property
    def n_blocks(self) -> int:
        """Number of blocks of all levels."""
        return sum(len(level.prints) for level in self.levels)

    @cached_property
    def widest_nodes(self) -> list[int]:
        """The most children of a node, level by level."""
        return [int(np.diff(level.child_ptr).max()) for level in self.levels]

    @cached_property
    def widest_blocks(self) -> list[int]:
        """The most children of a block, level by level."""
        return [int(np.diff(level.block_start).max()) for level in self.levels]

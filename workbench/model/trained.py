"""A label tree whose classifiers are trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.model.duals import TreeDuals
from workbench.model.label_tree import LabelTree
from workbench.model.levels import Level, unpack_block
from workbench.model.packed import Packed


@dataclass(frozen=True, eq=False)
class TrainedTree:
    """A label tree with the classifiers of its levels, the root's first.

    Parameters
    ----------
    tree : LabelTree
    levels : tuple of Level
    duals : TreeDuals, optional
        What the next training may start from.
    """

    tree: LabelTree
    levels: tuple[Level, ...]
    duals: TreeDuals | None = None

    @property
    def n_blocks(self) -> int:
        """Number of blocks of all levels."""
        return sum(len(level.prints) for level in self.levels)

    def block(self, level: int, block: int) -> Packed:
        """Return one block, as it was trained."""
        found = unpack_block(self.levels[level], block)
        if self.duals is None or level == len(self.duals.levels):
            return found
        lanes, duals = self.duals.levels[level].of_block(block)
        return found._replace(dual_lanes=lanes, duals=duals)

    @cached_property
    def widest_nodes(self) -> list[int]:
        """The most children of a node, level by level."""
        return [int(np.diff(level.child_ptr).max()) for level in self.levels]

    @cached_property
    def widest_blocks(self) -> list[int]:
        """The most children of a block, level by level."""
        return [int(np.diff(level.block_start).max()) for level in self.levels]

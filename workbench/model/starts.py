"""Where the blocks of a tree start from: the dual variables of the tree that is reused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import read_only
from workbench.model.duals import LevelDuals, find_rows
from workbench.model.label_tree import LabelTree
from workbench.model.trained import TrainedTree
from workbench.model.warm_start import Start, no_start


class Starts:
    """The starts of the blocks of a tree.

    Parameters
    ----------
    tree : LabelTree
    row_prints : ndarray of uint64, shape (n_rows,)
        The fingerprints of today's rows.
    old : TrainedTree, optional
        The tree to start from; without one, or its dual variables, every block begins at zero.
    """

    def __init__(
        self, tree: LabelTree, row_prints: NDArray[np.uint64], old: TrainedTree | None
    ) -> None:
        self._levels: dict[int, LevelDuals] = {}
        if old is None or old.duals is None:
            return
        self._old = old
        self._place = find_rows(old.duals.row_prints, row_prints)
        for number, kept in enumerate(old.duals.levels):
            if np.array_equal(old.tree.child_ptr[number], tree.child_ptr[number]):
                self._levels[number] = kept

    def of_block(
        self,
        level: int,
        node: int,
        nth: int,
        rows: NDArray[np.int32],
        child_prints: NDArray[np.uint64],
    ) -> Start:
        """Return the start of the nth block of a node.

        Parameters
        ----------
        rows : ndarray of int32
            Today's rows of the node, ascending.
        child_prints : ndarray of uint64, shape (n_children,)
            Of the block's children today; see `LevelDuals`.
        """
        if level not in self._levels:
            return no_start()
        kept, trained = self._levels[level], self._old.levels[level]
        number = int(trained.block_ptr[node]) + nth
        block = self._old.block(level, number)
        if len(block.dual_lanes) == 0:
            return no_start()
        before = self._place[kept.rows[slice(*kept.row_ptr[node : node + 2])]]
        is_settled = np.zeros(len(child_prints), np.bool_)
        if np.array_equal(before, rows):
            children = slice(*trained.block_start[number : number + 2])
            is_settled = kept.child_prints[children] == child_prints
        return Start(read_only(before), block, is_settled)

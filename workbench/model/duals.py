"""The dual variables that a trained tree keeps above its leaves, for the next training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import read_only
from workbench.model.label_tree import as_pointers
from workbench.model.packed import Packed


class LevelDuals(NamedTuple):
    """The dual variables of a level; see `Start` for those of one block.

    The rows of node n are ``rows[row_ptr[n]:row_ptr[n + 1]]``, ascending; ``child_prints`` tells
    for each child ``prints`` of `Positives` and the settings of the solver. Block b has
    ``lanes[lane_ptr[b]:lane_ptr[b + 1]]`` and ``duals[dual_ptr[b]:dual_ptr[b + 1]]``; none if it
    comes from a model that kept none.
    """

    row_ptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    child_prints: NDArray[np.uint64]
    lane_ptr: NDArray[np.int64]
    lanes: NDArray[np.uint16]
    dual_ptr: NDArray[np.int64]
    duals: NDArray[np.uint16]

    def of_block(self, block: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """Return the lanes and dual variables of a block."""
        return (
            self.lanes[slice(*self.lane_ptr[block : block + 2])],
            self.duals[slice(*self.dual_ptr[block : block + 2])],
        )


@dataclass(frozen=True, eq=False)
class TreeDuals:
    """The dual variables of all levels but the last, and the fingerprint of each row."""

    row_prints: NDArray[np.uint64]
    levels: tuple[LevelDuals, ...]


def pack_duals(
    row_ptr: NDArray[np.int64],
    rows: NDArray[np.int32],
    child_prints: NDArray[np.uint64],
    trained: list[Packed],
) -> LevelDuals:
    """Return the dual variables of a level whose blocks, in their order, are ``trained``."""
    joined = LevelDuals(
        row_ptr=row_ptr,
        rows=rows,
        child_prints=child_prints,
        lane_ptr=as_pointers([len(block.dual_lanes) for block in trained]),
        lanes=np.concatenate([block.dual_lanes for block in trained]),
        dual_ptr=as_pointers([len(block.duals) for block in trained]),
        duals=np.concatenate([block.duals for block in trained]),
    )
    return LevelDuals(*(read_only(array) for array in joined))


def find_rows(before: NDArray[np.uint64], now: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return where each row is now, by its fingerprint, of which no two are the same; or -1.

    Examples
    --------
    >>> find_rows(np.uint64([7, 5, 3]), np.uint64([5, 8, 7])).tolist()
    [2, 0, -1]
    """
    if np.array_equal(before, now):
        return np.arange(len(now), dtype=np.int32)
    _, of_before, of_now = np.intersect1d(before, now, assume_unique=True, return_indices=True)
    found = np.full(len(before), -1, np.int32)
    found[of_before] = of_now
    return found

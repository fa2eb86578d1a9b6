"""How far each row of a cluster pulls its own margins: what the probes of a tree share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.model.pulls import probe_pulls
from workbench.model.room import Room
from workbench.model.seeds import mix_seed
from workbench.model.solver import BlockRows

# Sixteens of probes a node. One less at the leaves saves .1 trainings and finds 2 % fewer wrong
# labels on icecat; above the leaves one more finds no more of them.
_GROUPS_AT_LEAVES, _GROUPS_ABOVE = 2, 1


@dataclass(frozen=True)
class Probing:
    """What the probes of a tree share.

    Parameters
    ----------
    C : float
    row_weight : ndarray of float32, shape (n_rows,)
    n_levels : int
        Of the tree.
    seed : uint64
    """

    C: float
    row_weight: NDArray[np.float32]
    n_levels: int
    seed: np.uint64

    def pulls(
        self,
        level: int,
        node: int,
        x: BlockRows,
        n_features: int,
        chosen: NDArray[np.int32],
        room: Room,
    ) -> NDArray[np.float32]:
        """Return the pulls of the rows of a node, in their order, shape (n, 2).

        See `probe_pulls`. The confidence of a pair, which differs from label to label, does not
        count: a row pulls as it would if all pairs of the others were certain.

        Parameters
        ----------
        x : BlockRows
            Over ``n_features`` features, in an order that means nothing.
        chosen : ndarray of int32, shape (n,)
            Which rows those are.
        """
        found: NDArray[np.float32] = probe_pulls(
            x,
            np.float32(1 / (2 * self.C)) / self.row_weight[chosen],
            room.weights_for(n_features + 1)[: n_features + 1],
            room.dual_for(len(chosen)),
            room.signs_for(len(chosen)),
            room.errors_for(len(chosen)),
            _GROUPS_AT_LEAVES if level == self.n_levels - 1 else _GROUPS_ABOVE,
            mix_seed(self.seed, level, node),
        )
        return found

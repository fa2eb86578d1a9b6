"""How far each row of each cluster pulls its own margins: probes for the nodes of a level."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import map_blocks
from workbench.model.probes import probe_pulls
from workbench.model.room import Room
from workbench.model.seeds import mix_seed
from workbench.model.solver import BlockRows, gather_rows, shuffle
from workbench.model.training_data import TrainingData


@dataclass(frozen=True)
class Probing:
    """The probes of the nodes of a level.

    Parameters
    ----------
    data : TrainingData
    row_ptr, rows : ndarray
        The rows of node n are ``rows[row_ptr[n]:row_ptr[n + 1]]``.
    C : float
    n_groups : int
        Sixteens of probes a node.
    seed : uint64
    """

    data: TrainingData
    row_ptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    C: float
    n_groups: int
    seed: np.uint64
    _rooms: threading.local = field(default_factory=threading.local)

    def pulls(self) -> NDArray[np.float32]:
        """Return the pulls of each row of each node, in the order of ``rows``, shape (n, 2).

        See `probe_pulls`. The confidence of a pair, which differs from label to label, does not
        count: a row pulls as it would if all pairs of the others were certain.
        """
        # The large ones first, so that no core waits long for the last.
        order = np.argsort(-np.diff(self.row_ptr), kind="stable")
        found = map_blocks(self._pulls_of, order.tolist(), n_jobs=self.data.n_jobs)
        pulls = np.empty((len(self.rows), 2), np.float32)
        for node, of_node in zip(order.tolist(), found, strict=True):
            pulls[self.row_ptr[node] : self.row_ptr[node + 1]] = of_node
        return pulls

    def _pulls_of(self, node: int) -> NDArray[np.float32]:
        chosen = self.rows[self.row_ptr[node] : self.row_ptr[node + 1]]
        seed, n_rows = mix_seed(self.seed, node), len(chosen)
        order = np.arange(n_rows, dtype=np.int32)
        # The solver draws neighbours together: in an order that means something it would creep.
        shuffle(order, seed)
        shuffled = chosen[order]
        room = self._room()
        *parts, features = gather_rows(self.data.rows, shuffled, room.local)
        pulls = np.empty((n_rows, 2), np.float32)
        pulls[order] = probe_pulls(
            BlockRows(*parts),
            np.float32(1 / (2 * self.C)) / self.data.row_weight[shuffled],
            room.weights_for(len(features) + 1)[: len(features) + 1],
            room.dual_for(n_rows),
            room.signs_for(n_rows),
            room.errors_for(n_rows),
            self.n_groups,
            seed,
        )
        return pulls

    def _room(self) -> Room:
        if not hasattr(self._rooms, "room"):
            self._rooms.room = Room(self.data.rows.n_features, len(self.data.row_weight))
        room: Room = self._rooms.room
        return room

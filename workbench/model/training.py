"""Train the classifiers of a label tree, block by block."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import map_blocks
from workbench.model.block import train_block
from workbench.model.duals import TreeDuals, pack_duals
from workbench.model.fingerprints import fingerprint_all
from workbench.model.finished import FinishedWork
from workbench.model.held_out import HeldOut, join_blocks
from workbench.model.label_tree import LabelTree
from workbench.model.lane_type import N_LANES
from workbench.model.levels import cut_into_blocks, pack_level
from workbench.model.packed import Packed
from workbench.model.positives import Positives, positives_of_levels
from workbench.model.probing import Probing
from workbench.model.room import Room
from workbench.model.seeds import mix_seed
from workbench.model.solver import BlockRows, gather_rows, shuffle
from workbench.model.starts import Starts
from workbench.model.trained import TrainedTree
from workbench.model.training_data import TrainingData
from workbench.model.warm_start import Start

# Raise it with every change of the solver that changes what it finds: no block of another revision
# may be used again.
_REVISION = 2
_PROBES = 1

_HeldBlock = tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32]]


@dataclass(frozen=True)
class SolverSettings:
    """What every squared-hinge problem shares; see ClusteredOVR for the meaning."""

    C: float
    max_passes: int
    tolerance: float
    weight_threshold: float

    def as_numbers(self) -> list[int]:
        """Return the bits of every setting and the solver's revision, for fingerprints."""
        values = (_REVISION, self.C, self.max_passes, self.tolerance, self.weight_threshold)
        return [int(bits) for bits in np.array(values, np.float64).view(np.uint64)]


@dataclass(frozen=True)
class _Job:
    """One block: some children of one node, the ``nth`` such part of them."""

    level: int
    node: int
    nth: int
    first: int
    last: int


def train_tree(
    data: TrainingData,
    tree: LabelTree,
    settings: SolverSettings,
    *,
    seed: np.uint64,
    finished: FinishedWork,
    start_from: TrainedTree | None = None,
    keeps_duals: bool = False,
) -> TrainedTree:
    """Return the tree with a linear classifier for every node and label.

    The classifier of a child learns from the rows that carry a label of its cluster: those that
    carry one of the child are its positives (the highest confidence counts), the rest its
    negatives. Each block is a pure function of its rows, labels, settings and seed, so one that
    is among the finished blocks is taken from there.

    Parameters
    ----------
    seed : uint64
        The seeds of the blocks follow from it.
    start_from : TrainedTree, optional
        Blocks above the leaves start from its dual variables, if it has them: what they find is
        within the solver's tolerance of what they would find from zero.
    keeps_duals : bool
        Whether the tree has those of its own.
    """
    positives = positives_of_levels(data.Y, tree, data.row_prints, n_jobs=data.n_jobs)
    starts = Starts(tree, data.row_prints, start_from)
    training = _Training(data, positives, settings, seed, finished, starts, keeps_duals=keeps_duals)
    return _train_levels(training, tree)


def train_tree_held_out(
    data: TrainingData, tree: LabelTree, settings: SolverSettings, *, seed: np.uint64
) -> tuple[TrainedTree, tuple[HeldOut, ...]]:
    """Return the tree as `train_tree` makes it, and the held-out margins of its levels.

    The rows of a cluster, not its labels, decide how far each pulls its margins: one set of probes
    serves all children.
    """
    positives = positives_of_levels(data.Y, tree, data.row_prints, n_jobs=data.n_jobs)
    probing = Probing(settings.C, data.row_weight, tree.n_levels, mix_seed(seed, _PROBES))
    starts = Starts(tree, data.row_prints, None)
    training = _Training(data, positives, settings, seed, FinishedWork(), starts, probing=probing)
    training.probe_shared_nodes(_jobs(tree))
    trained = _train_levels(training, tree)
    held = []
    for level in range(tree.n_levels):
        blocks = [training.held.pop(job) for job in _jobs(tree) if job.level == level]
        held.append(join_blocks(*training.rows_of_nodes(level), blocks))
    return trained, tuple(held)


def _train_levels(training: _Training, tree: LabelTree) -> TrainedTree:
    jobs = _jobs(tree)
    # The large ones first, so that no core waits long for the last.
    order = np.argsort([-training.cost(job) for job in jobs], kind="stable").tolist()
    n_jobs = training.data.n_jobs
    found = map_blocks(training.train, [jobs[i] for i in order], n_jobs=n_jobs)
    results = dict(zip(order, found, strict=True))
    del found
    levels, duals = [], []
    for level, child_ptr in enumerate(tree.child_ptr):
        numbers = [i for i, job in enumerate(jobs) if job.level == level]
        prints = np.array([results[i][0] for i in numbers], np.uint64)
        blocks = [results.pop(i)[1] for i in numbers]
        if training.keeps_duals_of(level):
            child_prints = training.child_prints_of(level)
            duals.append(pack_duals(*training.rows_of_nodes(level), child_prints, blocks))
        levels.append(pack_level(child_ptr, blocks, prints))
    kept = TreeDuals(training.data.row_prints, tuple(duals)) if duals else None
    return TrainedTree(tree, tuple(levels), kept)


@dataclass(frozen=True)
class _Training:
    """What the blocks of a tree are trained from."""

    data: TrainingData
    positives: list[Positives]
    settings: SolverSettings
    seed: np.uint64
    finished: FinishedWork
    starts: Starts
    keeps_duals: bool = False
    probing: Probing | None = None
    shared_pulls: dict[tuple[int, int], NDArray[np.float32]] = field(default_factory=dict)
    held: dict[_Job, _HeldBlock] = field(default_factory=dict)
    _rooms: threading.local = field(default_factory=threading.local)

    @cached_property
    def _of_all_rows(self) -> int:
        """The fingerprint of the rows of the root."""
        return int(fingerprint_all(self.data.row_prints, np.uint64(0)))

    @cached_property
    def _of_settings(self) -> np.uint64:
        """The fingerprint of the solver and its settings."""
        return mix_seed(np.uint64(0), *self.settings.as_numbers())

    def cost(self, job: _Job) -> int:
        """Return about how much work a block is: its rows times its groups of lanes."""
        groups = -(-(job.last - job.first) // N_LANES)
        return len(self._rows_of(job)) * groups

    def train(self, job: _Job) -> tuple[int, Packed]:
        """Return the fingerprint and the pruned weights of the job's children."""
        fingerprint = self._fingerprint(job)
        block = self.finished.find(fingerprint)
        if block is None:
            block = self._train(job)
            self.finished.add(fingerprint, block)
        return fingerprint, block

    def _fingerprint(self, job: _Job) -> int:
        positives = self.positives[job.level]
        of_node = self.positives[job.level - 1].prints[job.node] if job.level else self._of_all_rows
        start = mix_seed(self._seed_of(job), int(self._of_settings), int(of_node))
        return int(fingerprint_all(positives.prints[job.first : job.last], start))

    def _train(self, job: _Job) -> Packed:
        room = self._room()
        x, features, chosen = self._gather(job)
        pulls = self._pulls_of(job, x, features, chosen)  # in the same room, so before the block
        found = train_block(
            x,
            features,
            chosen,
            self.data.row_weight,
            self.positives[job.level],
            job.first,
            job.last,
            room.weights_for(len(features) + 1),
            room.dual_for(len(chosen)),
            room.position,
            room.local,
            np.float32(1 / (2 * self.settings.C)),
            self.settings.max_passes,
            float(self.settings.tolerance),
            np.float32(self.settings.weight_threshold),
            self._seed_of(job),
            self._rows_of(job),
            pulls,
            self._start_of(job),
            self.keeps_duals_of(job.level),
        )
        if self.probing is not None:
            self.held[job] = found[7:]
        return Packed(*found[:7])

    def _start_of(self, job: _Job) -> Start:
        child_prints = self.child_prints_of(job.level, job.first, job.last)
        return self.starts.of_block(job.level, job.node, job.nth, self._rows_of(job), child_prints)

    def keeps_duals_of(self, level: int) -> bool:
        """Return whether the dual variables of a level are kept: of the leaves they never are."""
        return self.keeps_duals and level < len(self.positives) - 1

    def child_prints_of(
        self, level: int, first: int = 0, last: int | None = None
    ) -> NDArray[np.uint64]:
        """Return ``child_prints`` of `LevelDuals` for some children of a level."""
        return self.positives[level].prints[first:last] + self._of_settings

    def rows_of_nodes(self, level: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the rows that the nodes of a level learn from, node by node, ascending."""
        if level == 0:
            n_rows = len(self.data.row_weight)
            return np.array([0, n_rows], np.int64), np.arange(n_rows, dtype=np.int32)
        return self.positives[level - 1].indptr, self.positives[level - 1].rows

    def _gather(self, job: _Job) -> tuple[BlockRows, NDArray[np.int32], NDArray[np.int32]]:
        """Return the rows of a job in a new order, the features they use, and which rows those are.

        The solver draws neighbours together: in an order that means something it would creep.
        """
        chosen = self._rows_of(job).copy()
        shuffle(chosen, self._seed_of(job))
        *parts, features = gather_rows(self.data.rows, chosen, self._room().local)
        return BlockRows(*parts), features, chosen

    def probe_shared_nodes(self, jobs: list[_Job]) -> None:
        """Probe the nodes with more blocks than one: their blocks share the pulls."""
        of_shared = [job for job in jobs if job.nth == 1]
        found = map_blocks(self._probe_node, of_shared, n_jobs=self.data.n_jobs)
        for job, pulls in zip(of_shared, found, strict=True):
            self.shared_pulls[job.level, job.node] = pulls

    def _probe_node(self, job: _Job) -> NDArray[np.float32]:
        """Return the pulls of all rows of a job's node, ascending."""
        x, features, chosen = self._gather(job)
        pulls = np.empty((len(chosen), 2), np.float32)
        pulls[np.searchsorted(self._rows_of(job), chosen)] = self._pulls_of(
            job, x, features, chosen
        )
        return pulls

    def _pulls_of(
        self,
        job: _Job,
        x: BlockRows,
        features: NDArray[np.int32],
        chosen: NDArray[np.int32],
    ) -> NDArray[np.float32]:
        """Return the pulls of the chosen rows, of none if no margins are to be held out."""
        if self.probing is None:
            return np.empty((0, 2), np.float32)
        shared = self.shared_pulls.get((job.level, job.node))
        if shared is not None:
            return shared[np.searchsorted(self._rows_of(job), chosen)]
        return self.probing.pulls(job.level, job.node, x, len(features), chosen, self._room())

    def _rows_of(self, job: _Job) -> NDArray[np.int32]:
        row_ptr, rows = self.rows_of_nodes(job.level)
        return rows[row_ptr[job.node] : row_ptr[job.node + 1]]

    def _room(self) -> Room:
        """Return the calling thread's room to work in."""
        if not hasattr(self._rooms, "room"):
            self._rooms.room = Room(self.data.rows.n_features, len(self.data.row_weight))
        room: Room = self._rooms.room
        return room

    def _seed_of(self, job: _Job) -> np.uint64:
        return mix_seed(self.seed, job.level, job.node, job.nth)


def _jobs(tree: LabelTree) -> list[_Job]:
    jobs = []
    for level, child_ptr in enumerate(tree.child_ptr):
        block_ptr, starts = cut_into_blocks(child_ptr)
        for node, (begin, end) in enumerate(pairwise(block_ptr.tolist())):
            bounds = starts[begin : end + 1].tolist()
            jobs += [_Job(level, node, nth, *part) for nth, part in enumerate(pairwise(bounds))]
    return jobs

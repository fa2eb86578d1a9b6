"""Train the classifiers of a label tree, block by block."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import map_blocks
from workbench.model.block import fingerprint_block, train_block
from workbench.model.finished import FinishedWork
from workbench.model.label_tree import LabelTree
from workbench.model.lanes import N_LANES
from workbench.model.levels import cut_into_blocks, pack_level
from workbench.model.packed import Packed
from workbench.model.positives import Positives, positives_of_levels
from workbench.model.seeds import mix_seed
from workbench.model.solver import BlockRows, gather_rows, shuffle
from workbench.model.trained import TrainedTree
from workbench.model.training_data import TrainingData

# Raise it with every change of the solver that changes what it finds: no block of another revision
# may be used again.
_REVISION = 2


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
    """
    jobs = _jobs(tree)
    results = _train_blocks(data, tree, jobs, settings, seed, finished)
    levels = []
    for level, child_ptr in enumerate(tree.child_ptr):
        numbers = [i for i, job in enumerate(jobs) if job.level == level]
        prints = np.array([results[i][0] for i in numbers], np.uint64)
        blocks = [results.pop(i)[1] for i in numbers]
        levels.append(pack_level(child_ptr, blocks, prints))
    return TrainedTree(tree, tuple(levels))


def _train_blocks(
    data: TrainingData,
    tree: LabelTree,
    jobs: list[_Job],
    settings: SolverSettings,
    seed: np.uint64,
    finished: FinishedWork,
) -> dict[int, tuple[int, Packed]]:
    """Return the fingerprint and the weights of each job, by its number."""
    positives = positives_of_levels(data.Y, tree, n_jobs=data.n_jobs)
    training = _Training(data, data.row_prints, positives, settings, seed, finished)
    # The large ones first, so that no core waits long for the last.
    order = np.argsort([-training.cost(job) for job in jobs], kind="stable").tolist()
    results = map_blocks(training.train, [jobs[i] for i in order], n_jobs=data.n_jobs)
    return dict(zip(order, results, strict=True))


@dataclass(frozen=True)
class _Training:
    """What the blocks of a tree are trained from."""

    data: TrainingData
    row_prints: NDArray[np.uint64]
    positives: list[Positives]
    settings: SolverSettings
    seed: np.uint64
    finished: FinishedWork
    _rooms: threading.local = field(default_factory=threading.local)

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
        fingerprint = fingerprint_block(
            self.row_prints,
            self._rows_of(job),
            self.positives[job.level],
            job.first,
            job.last,
            self._room().position,
            mix_seed(self._seed_of(job), *self.settings.as_numbers()),
        )
        return int(fingerprint)

    def _train(self, job: _Job) -> Packed:
        room, chosen = self._room(), self._rows_of(job).copy()
        # The solver draws neighbours together: in an order that means something it would creep.
        shuffle(chosen, self._seed_of(job))
        *parts, features = gather_rows(self.data.rows, chosen, room.local)
        packed = train_block(
            BlockRows(*parts),
            features,
            chosen,
            self.data.row_weight,
            self.positives[job.level],
            job.first,
            job.last,
            room.weights_for(len(features) + 1),
            room.dual_for(len(chosen)),
            room.position,
            np.float32(1 / (2 * self.settings.C)),
            self.settings.max_passes,
            float(self.settings.tolerance),
            np.float32(self.settings.weight_threshold),
            self._seed_of(job),
        )
        return Packed(*packed)

    def _rows_of(self, job: _Job) -> NDArray[np.int32]:
        """Return the rows a node learns from."""
        if job.level == 0:
            return np.arange(len(self.data.row_weight), dtype=np.int32)
        parents = self.positives[job.level - 1]
        return parents.rows[parents.indptr[job.node] : parents.indptr[job.node + 1]]

    def _room(self) -> _Room:
        """Return the calling thread's room to work in."""
        if not hasattr(self._rooms, "room"):
            self._rooms.room = _Room(self.data.rows.n_features, len(self.data.row_weight))
        room: _Room = self._rooms.room
        return room

    def _seed_of(self, job: _Job) -> np.uint64:
        return mix_seed(self.seed, job.level, job.node, job.nth)


class _Room:
    """Arrays that a thread works in, made once and grown: large ones get large memory pages."""

    def __init__(self, n_features: int, n_rows: int) -> None:
        self.local = np.full(n_features, -1, np.int32)
        self.position = np.empty(n_rows, np.int32)
        self._weights = self._dual = np.empty((0, N_LANES), np.float32)

    def weights_for(self, n: int) -> NDArray[np.float32]:
        """Return at least n rows of 16."""
        if len(self._weights) < n:
            self._weights = np.empty((n + n // 4, N_LANES), np.float32)
        return self._weights

    def dual_for(self, n: int) -> NDArray[np.float32]:
        """Return at least n rows of 16."""
        if len(self._dual) < n:
            self._dual = np.empty((n + n // 4, N_LANES), np.float32)
        return self._dual


def _jobs(tree: LabelTree) -> list[_Job]:
    jobs = []
    for level, child_ptr in enumerate(tree.child_ptr):
        block_ptr, starts = cut_into_blocks(child_ptr)
        for node, (begin, end) in enumerate(pairwise(block_ptr.tolist())):
            bounds = starts[begin : end + 1].tolist()
            jobs += [_Job(level, node, nth, *part) for nth, part in enumerate(pairwise(bounds))]
    return jobs

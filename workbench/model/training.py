"""Train the classifiers of a label tree, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from workbench.blocks import map_blocks
from workbench.model.checks import as_rows
from workbench.model.label_tree import LabelTree
from workbench.model.solver import N_LANES, Level, Rows, solve_lanes, take_rows

# A block is cut into jobs of this many children, so that one wide cluster keeps all cores busy.
_CHILDREN_PER_JOB = 6 * N_LANES
# A smaller weight would put a ridge on the diagonal that float32 cannot add to.
_SMALLEST_WEIGHT = np.float32(1e-6)


@dataclass(frozen=True)
class SolverSettings:
    """What every squared-hinge problem shares; see ClusteredOVR for the meaning."""

    C: float
    max_passes: int
    tolerance: float
    weight_threshold: float


@dataclass(frozen=True)
class TrainedTree:
    """A label tree with the classifiers of its levels."""

    tree: LabelTree
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class _Job:
    """Some children of one node."""

    level: int
    node: int
    children: NDArray[np.int64]


@dataclass(frozen=True)
class _Weights:
    """The pruned weights that a job leaves: one value a (feature, child), one bias a child."""

    node: int
    features: NDArray[np.int64]
    children: NDArray[np.int64]
    values: NDArray[np.float32]
    bias: NDArray[np.float32]


def train_tree(
    X: csr_array,
    Y: csr_array,
    row_weight: NDArray[np.float32],
    tree: LabelTree,
    settings: SolverSettings,
    *,
    seed: Sequence[int],
    n_jobs: int | None,
) -> TrainedTree:
    """Return the tree with a linear classifier for every node and label.

    The classifier of a child learns from the rows that carry a label of its cluster: those that
    carry one of the child are its positives (the highest confidence counts), the rest its
    negatives. Each block is a pure function of its rows, labels, settings and seed.

    Parameters
    ----------
    X : csr_array of float32, shape (n_rows, n_features), checked
    Y : csr_array of float32, shape (n_rows, n_labels), checked
    row_weight : ndarray of float32, shape (n_rows,), positive
    seed : sequence of int
        Start of the seed of every block.
    """
    training = _Training(as_rows(X), row_weight, _carriers_of_children(Y, tree), settings, seed)
    jobs = _jobs(tree)
    trained = map_blocks(training.train, jobs, n_jobs=n_jobs)
    levels = []
    for level, child_ptr in enumerate(tree.child_ptr):
        of_level = [w for job, w in zip(jobs, trained, strict=True) if job.level == level]
        levels.append(_pack_level(child_ptr, of_level))
    return TrainedTree(tree, tuple(levels))


@dataclass(frozen=True)
class _Training:
    """The training data as the blocks see it."""

    x: Rows
    row_weight: NDArray[np.float32]
    carriers: list[csc_array]
    settings: SolverSettings
    seed: Sequence[int]

    def train(self, job: _Job) -> _Weights:
        """Return the pruned weights of the job's children."""
        carriers = self.carriers[job.level]
        bias = np.full(len(job.children), -np.inf, np.float32)
        supported = np.flatnonzero(np.diff(carriers.indptr)[job.children])
        if len(supported) == 0:
            nothing = np.empty(0, np.int64)
            return _Weights(job.node, nothing, nothing, nothing.astype(np.float32), bias)
        chosen, x, features = self._rows_of(job)
        parts = []
        for begin in range(0, len(supported), N_LANES):
            lanes = supported[begin : begin + N_LANES]
            children = job.children[lanes]
            weights, lane_bias, _ = solve_lanes(
                x,
                self._signed_ridge(chosen, carriers, children),
                len(lanes),
                self.settings.max_passes,
                self.settings.tolerance,
                self._seed_of(job, int(children[0])),
            )
            bias[lanes] = lane_bias[: len(lanes)]
            size = np.abs(weights[:, : len(lanes)])
            feature, lane = np.nonzero((size >= self.settings.weight_threshold) & (size > 0))
            parts.append((features[feature], children[lane], weights[feature, lane]))
        feature, child, value = (np.concatenate(part) for part in zip(*parts, strict=True))
        return _Weights(job.node, feature, child, value, bias)

    def _rows_of(self, job: _Job) -> tuple[NDArray[np.int64], Rows, NDArray[np.int64]]:
        """Return the rows a node learns from, over the features they use."""
        if job.level == 0:
            return np.arange(len(self.row_weight)), self.x, np.arange(self.x.n_features)
        parents = self.carriers[job.level - 1]
        begin, end = parents.indptr[job.node], parents.indptr[job.node + 1]
        chosen = parents.indices[begin:end].astype(np.int64)
        x, features = take_rows(self.x, chosen)
        return chosen, x, features.astype(np.int64)

    def _signed_ridge(
        self, chosen: NDArray[np.int64], carriers: csc_array, children: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return y / (2 C weight) for the chosen rows and up to 16 children."""
        ridge = np.empty((len(chosen), N_LANES), np.float32)
        unit = np.float32(1 / (2 * self.settings.C))
        ridge[:] = -(unit / self.row_weight[chosen])[:, np.newaxis]
        for lane, child in enumerate(children):
            pairs = slice(carriers.indptr[child], carriers.indptr[child + 1])
            positives = np.searchsorted(chosen, carriers.indices[pairs])
            confidence = np.maximum(carriers.data[pairs], _SMALLEST_WEIGHT)
            ridge[positives, lane] = -ridge[positives, lane] / confidence
        return ridge

    def _seed_of(self, job: _Job, child: int) -> int:
        sequence = np.random.SeedSequence([*self.seed, job.level, job.node, child])
        # 63 bits: a larger number would reach the kernel as another type.
        return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def _jobs(tree: LabelTree) -> list[_Job]:
    jobs = []
    for level, pointers in enumerate(tree.child_ptr):
        for node, (begin, end) in enumerate(pairwise(pointers)):
            for first in range(begin, end, _CHILDREN_PER_JOB):
                children = np.arange(first, min(first + _CHILDREN_PER_JOB, end))
                jobs.append(_Job(level, node, children))
    return jobs


def _carriers_of_children(Y: csr_array, tree: LabelTree) -> list[csc_array]:
    """Return for each level which rows carry each child, and with what confidence."""
    carriers = [Y.tocsc()[:, tree.label_order]]
    for level in range(tree.n_levels - 1, 0, -1):
        carriers.append(_highest_of_clusters(carriers[-1], tree.parents(level)))
    return carriers[::-1]


def _highest_of_clusters(carriers: csc_array, parents: NDArray[np.int64]) -> csc_array:
    """Return the highest confidence that a row has for any child of each cluster."""
    clusters = np.repeat(parents, np.diff(carriers.indptr))
    order = np.lexsort((carriers.indices, clusters))
    cluster, row = clusters[order], carriers.indices[order]
    shape = (carriers.shape[0], int(parents[-1]) + 1)
    if len(order) == 0:
        return csc_array(shape, dtype=np.float32)
    first = np.append(True, (cluster[1:] != cluster[:-1]) | (row[1:] != row[:-1]))
    highest = np.maximum.reduceat(carriers.data[order], np.flatnonzero(first))
    indptr = np.searchsorted(cluster[first], np.arange(shape[1] + 1))
    return csc_array((highest, row[first], indptr), shape=shape)


def _pack_level(child_ptr: NDArray[np.int64], trained: list[_Weights]) -> Level:
    """Return the weights of all nodes of a level, ordered by node, feature and child."""
    nodes = np.concatenate([np.full(len(w.values), w.node, np.int64) for w in trained])
    features = np.concatenate([w.features for w in trained])
    children = np.concatenate([w.children for w in trained])
    order = np.lexsort((children, features, nodes))
    nodes, features, children = nodes[order], features[order], children[order]
    first = np.ones(len(order), bool)
    first[1:] = (nodes[1:] != nodes[:-1]) | (features[1:] != features[:-1])
    starts = np.flatnonzero(first)
    return Level(
        child_ptr=child_ptr,
        feature_ptr=np.searchsorted(nodes[starts], np.arange(len(child_ptr))),
        features=features[starts].astype(np.int32),
        entry_ptr=np.append(starts, len(order)),
        entry_children=(children - child_ptr[nodes]).astype(np.int32),
        entry_values=np.concatenate([w.values for w in trained])[order],
        bias=np.concatenate([w.bias for w in trained]),
    )

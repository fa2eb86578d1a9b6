"""Cluster labels into a tree: similar labels share a leaf."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.preprocessing import normalize

from workbench.blocks import map_blocks
from workbench.model.label_tree import LabelTree, as_pointers
from workbench.model.lane_type import N_LANES
from workbench.model.rows import Rows, as_rows
from workbench.model.seeds import mix_seed
from workbench.model.two_means import balanced_two_means

_log = logging.getLogger(__name__)

# Raise it with every change that builds other trees: none of another revision is taken from disk.
CLUSTERING_REVISION = 2


def build_label_tree(
    features: csr_array,
    *,
    branching: int,
    leaf_size: int,
    seed: int,
    n_jobs: int | None = None,
) -> LabelTree:
    """Return the balanced tree of hierarchical spherical k-means over label features.

    Every cluster is cut by repeated balanced 2-means, as in PECOS (Yu et al. 2022, section 4.1).
    Unlike there, the upper levels are narrow and the lower ones full, and leaves have sizes that
    are multiples of 16 where ``leaf_size`` allows: the solver works on 16 children at once.
    Labels without features are spread where there is room.

    Parameters
    ----------
    features : csr_array of float32, shape (n_labels, n_features)
        Rows have length 1 or are empty.
    branching : int
        Most children of a cluster above the leaves, at least 2.
    leaf_size : int
        Most labels of a leaf, at least 1.
    seed : int
        Chooses the starts of 2-means, 0 to 2^64 - 1.
    n_jobs : int, optional
        Threads; the tree does not depend on it.
    """
    n_labels = features.shape[0]
    if n_labels <= leaf_size:
        return LabelTree.single_cluster(n_labels)
    unit = N_LANES if leaf_size >= N_LANES else 1
    n_units = -(-n_labels // unit)
    n_leaves = -(-n_units // (leaf_size // unit))
    x = as_rows(features)
    clusters = [
        _Cluster(np.arange(n_labels, dtype=np.int64), n_leaves, mix_seed(np.uint64(seed), 0))
    ]
    child_ptr: list[NDArray[np.int64]] = []
    for width in _leaves_per_child(n_leaves, branching):
        split = map_blocks(partial(_split, x, width, unit), clusters, n_jobs=n_jobs)
        child_ptr.append(as_pointers([len(parts) for parts in split]))
        clusters = [part for parts in split for part in parts]
    child_ptr.append(as_pointers([len(cluster.labels) for cluster in clusters]))
    return LabelTree(tuple(child_ptr), np.concatenate([cluster.labels for cluster in clusters]))


def _leaves_per_child(n_leaves: int, branching: int) -> list[int]:
    """Return the most leaves below a child, from the root's children down to 1."""
    widths = []
    width = 1
    while width < n_leaves:
        widths.append(width)
        width *= branching
    return widths[::-1]


@dataclass(frozen=True)
class _Cluster:
    """Some labels, the number of leaves they are to fill, and the seed of what becomes of them."""

    labels: NDArray[np.int64]
    n_leaves: int
    seed: np.uint64

    def halves(self, left: NDArray[np.bool_], n_left_leaves: int) -> tuple[_Cluster, _Cluster]:
        """Return the labels that go left and the others, with seeds of their own."""
        n_right_leaves = self.n_leaves - n_left_leaves
        return (
            _Cluster(self.labels[left], n_left_leaves, mix_seed(self.seed, 1)),
            _Cluster(self.labels[~left], n_right_leaves, mix_seed(self.seed, 2)),
        )


def _split(x: Rows, width: int, unit: int, cluster: _Cluster) -> list[_Cluster]:
    """Return the children of a cluster, each with at most ``width`` leaves."""
    sums = np.zeros((x.n_features, 2), np.float32)
    children: list[_Cluster] = []
    waiting = [cluster]
    while waiting:
        part = waiting.pop()
        n_children = -(-part.n_leaves // width)
        if n_children == 1:
            children.append(part)
            continue
        n_left_leaves = part.n_leaves * (n_children // 2) // n_children
        n_units = -(-len(part.labels) // unit)
        n_left = min(round(n_units * n_left_leaves / part.n_leaves) * unit, len(part.labels))
        left = balanced_two_means(x, part.labels, n_left, part.seed, sums)
        waiting += part.halves(left, n_left_leaves)[::-1]
    return children


def place_labels(tree: LabelTree, features: csr_array, *, room: int) -> LabelTree:
    """Return the tree with the labels that it lacks, each in the leaf that it is most similar to.

    From the root on, a label goes to the child whose labels' sum of features is closest (cosine).
    One without features goes to the smallest leaf, and so does one whose leaf is full. Where all
    are full they grow evenly, which is logged. No label that was there moves.

    Parameters
    ----------
    tree : LabelTree
        Of the first ``tree.n_labels`` labels.
    features : csr_array of float32, shape (n_labels, n_features)
        Of all labels.
    room : int
        A leaf with so many labels is full.
    """
    known, new = features[: tree.n_labels], features[tree.n_labels :]
    nodes = np.zeros(new.shape[0], np.int64)
    for level in range(tree.n_levels - 1):
        nodes = _closest_children(new, nodes, tree.child_ptr[level], _centres(tree, level, known))
    sizes = np.diff(tree.child_ptr[-1])
    leaves = _spread(nodes, np.diff(new.indptr) > 0, sizes, room)
    grown = tree.with_labels(leaves)
    largest = int(np.diff(grown.child_ptr[-1]).max())
    if largest > max(room, int(sizes.max())):
        _log.warning(
            "%d new labels are more than the %d leaves of the reused trees have room for: the "
            "largest now has %d labels, which makes training slow; train without reuse to cut "
            "the leaves anew",
            new.shape[0],
            len(sizes),
            largest,
        )
    return grown


def _closest_children(
    features: csr_array, nodes: NDArray[np.int64], child_ptr: NDArray[np.int64], centres: csr_array
) -> NDArray[np.int64]:
    """Return for each row of ``features``, which is at a node, the child that it is closest to."""
    children = np.empty(len(nodes), np.int64)
    by_node = np.argsort(nodes, kind="stable")
    present, starts = np.unique(nodes[by_node], return_index=True)
    for node, rows in zip(present.tolist(), np.split(by_node, starts[1:]), strict=True):
        first, last = child_ptr[node : node + 2]
        similarity = features[rows] @ centres[first:last].T
        children[rows] = first + similarity.toarray().argmax(axis=1)
    return children


def _spread(
    leaves: NDArray[np.int64],
    is_described: NDArray[np.bool_],
    sizes: NDArray[np.int64],
    room: int,
) -> NDArray[np.int64]:
    """Return the leaf of each label: the wanted one until it is full, else the smallest."""
    sizes = sizes.copy()
    found = leaves.copy()
    for i, leaf in enumerate(leaves):
        if not is_described[i] or sizes[leaf] >= room:
            found[i] = np.argmin(sizes)
        sizes[found[i]] += 1
    return found


def _centres(tree: LabelTree, level: int, features: csr_array) -> csr_array:
    """Return the mean direction of the labels below each child of a level's nodes."""
    child = np.arange(tree.n_labels)
    for lower in range(tree.n_levels - 1, level, -1):
        child = tree.parents(lower)[child]
    shape = (len(tree.parents(level)), tree.n_labels)
    below = csr_array((np.ones(tree.n_labels, np.float32), (child, tree.label_order)), shape=shape)
    return csr_array(normalize(below @ features))

"""A balanced tree over the labels: similar labels share a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.model.solver import N_LANES

# Beyond the strongest features of a label, clusters hardly change.
_N_PIFA_FEATURES = 128
_LABELS_PER_PRODUCT = 256


@dataclass(frozen=True, eq=False)
class LabelTree:
    """Clusters of labels, level by level; the children of the last level are the labels.

    Parameters
    ----------
    child_ptr : tuple of ndarray of int64, each of shape (n_nodes + 1,)
        One array a level, the root first. Node n of level t has the children
        ``child_ptr[t][n]:child_ptr[t][n + 1]``, which are nodes of level t + 1 or, on the last
        level, positions in ``label_order``.
    label_order : ndarray of int64, shape (n_labels,)
        The label at each position.

    Examples
    --------
    >>> tree = LabelTree.single_cluster(3)
    >>> tree.n_levels, tree.paths(np.array([2]))[0].tolist()
    (1, [[0, 2]])
    """

    child_ptr: tuple[NDArray[np.int64], ...]
    label_order: NDArray[np.int64]

    @classmethod
    def single_cluster(cls, n_labels: int) -> LabelTree:
        """Return the tree whose root holds all labels, in their order."""
        return cls((np.array([0, n_labels], np.int64),), np.arange(n_labels, dtype=np.int64))

    @property
    def n_levels(self) -> int:
        """Number of decisions from the root to a label."""
        return len(self.child_ptr)

    @property
    def n_labels(self) -> int:
        """Number of labels."""
        return len(self.label_order)

    @cached_property
    def position_of_label(self) -> NDArray[np.int64]:
        """Position of each label on the last level, shape (n_labels,)."""
        positions = np.empty(self.n_labels, np.int64)
        positions[self.label_order] = np.arange(self.n_labels)
        return positions

    def parents(self, level: int) -> NDArray[np.int64]:
        """Return the node of ``level`` that each of its children belongs to."""
        sizes = np.diff(self.child_ptr[level])
        return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)

    def paths(self, labels: NDArray[np.integer]) -> list[NDArray[np.int64]]:
        """Return for each level the (node, child) of each label, shape (n, 2)."""
        child = self.position_of_label[labels]
        steps = []
        for pointers in reversed(self.child_ptr):
            node = np.searchsorted(pointers, child, side="right") - 1
            steps.append(np.column_stack([node, child]))
            child = node
        return steps[::-1]


def label_features(X: csr_array, Y: csr_array) -> csr_array:
    """Return the PIFA of each label: the mean of its rows of X, scaled to length 1.

    Positive-instance feature aggregation. A label without rows gets an empty row; of a label with
    many features only the 128 largest are kept, which changes the clusters very little.

    Parameters
    ----------
    X : csr_array of float32, shape (n_rows, n_features)
    Y : csr_array of float32, shape (n_rows, n_labels)
        How much each row counts for a label.

    Returns
    -------
    csr_array of float32, shape (n_labels, n_features)
    """
    rows_of_labels = Y.T.tocsr()
    parts: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]] = []
    for begin in range(0, Y.shape[1], _LABELS_PER_PRODUCT):
        sums = (rows_of_labels[begin : begin + _LABELS_PER_PRODUCT] @ X).tocsr()
        sums.sort_indices()
        parts.append(_strongest(sums))
    counts = np.concatenate([part[0] for part in parts])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    indices = np.concatenate([part[1] for part in parts])
    data = np.concatenate([part[2] for part in parts])
    squares = np.add.reduceat(np.append(data * data, 0), indptr[:-1]) * (counts > 0)
    lengths = np.sqrt(np.where(squares > 0, squares, 1)).astype(np.float32)
    return csr_array(
        (data / np.repeat(lengths, counts), indices, indptr), shape=(Y.shape[1], X.shape[1])
    )


def _strongest(
    sums: csr_array,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return counts, columns and values of the largest entries of every row."""
    kept = np.ones(sums.nnz, bool)
    for begin, end in zip(sums.indptr[:-1], sums.indptr[1:], strict=True):
        if end - begin > _N_PIFA_FEATURES:
            strength = np.abs(sums.data[begin:end])
            kept[begin:end] = False
            # A stable sort, so that equal values are settled by their order.
            order = np.argsort(-strength, kind="stable")
            kept[begin + order[:_N_PIFA_FEATURES]] = True
    rows = np.repeat(np.arange(sums.shape[0]), np.diff(sums.indptr))
    counts = np.bincount(rows[kept], minlength=sums.shape[0]).astype(np.int64)
    return counts, sums.indices[kept], sums.data[kept].astype(np.float32)


def build_label_tree(
    features: csr_array, *, branching: int, leaf_size: int, rng: np.random.Generator
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
    rng : np.random.Generator
        Chooses the starts of 2-means.
    """
    n_labels = features.shape[0]
    if n_labels <= leaf_size:
        return LabelTree.single_cluster(n_labels)
    unit = N_LANES if leaf_size >= N_LANES else 1
    n_units = -(-n_labels // unit)
    n_leaves = -(-n_units // (leaf_size // unit))
    clusters = [np.arange(n_labels, dtype=np.int64)]
    leaves_in = [n_leaves]
    child_ptr: list[NDArray[np.int64]] = []
    for width in _leaves_per_child(n_leaves, branching):
        split = [
            _split_cluster(features, labels, n, width, unit, rng)
            for labels, n in zip(clusters, leaves_in, strict=True)
        ]
        child_ptr.append(_pointers([len(parts) for parts in split]))
        leaves_in = [n for parts in split for _, n in parts]
        clusters = [labels for parts in split for labels, _ in parts]
    child_ptr.append(_pointers([len(labels) for labels in clusters]))
    return LabelTree(tuple(child_ptr), np.concatenate(clusters))


def _leaves_per_child(n_leaves: int, branching: int) -> list[int]:
    """Return the most leaves below a child, from the root's children down to 1."""
    widths = []
    width = 1
    while width < n_leaves:
        widths.append(width)
        width *= branching
    return widths[::-1]


def _pointers(sizes: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


Cluster = tuple[NDArray[np.int64], int]


def _split_cluster(
    features: csr_array,
    labels: NDArray[np.int64],
    n_leaves: int,
    width: int,
    unit: int,
    rng: np.random.Generator,
) -> list[Cluster]:
    """Return the children of a cluster as (labels, number of leaves)."""
    n_children = -(-n_leaves // width)
    if n_children == 1:
        return [(labels, n_leaves)]
    n_left_children = n_children // 2
    n_left_leaves = n_leaves * n_left_children // n_children
    n_units = -(-len(labels) // unit)
    n_left = min(round(n_units * n_left_leaves / n_leaves) * unit, len(labels))
    left = _balanced_two_means(_compact(features[labels]), n_left, rng)
    return _split_cluster(features, labels[left], n_left_leaves, width, unit, rng) + _split_cluster(
        features, labels[~left], n_leaves - n_left_leaves, width, unit, rng
    )


def _compact(features: csr_array) -> csr_array:
    """Return the rows over the columns they use, so that a centre stays small."""
    columns, local = np.unique(features.indices, return_inverse=True)
    return csr_array(
        (features.data, local, features.indptr), shape=(features.shape[0], len(columns))
    )


def _balanced_two_means(
    features: csr_array, n_left: int, rng: np.random.Generator, max_iterations: int = 20
) -> NDArray[np.bool_]:
    """Return which rows go left: the ``n_left`` that are closer to the left centre."""
    starts = np.flatnonzero(np.diff(features.indptr))
    left = np.zeros(features.shape[0], bool)
    if len(starts) < 2:
        left[:n_left] = True
        return left
    one, other = rng.choice(starts, 2, replace=False)
    centre = features[[one]].toarray()[0] - features[[other]].toarray()[0]
    for _ in range(max_iterations):
        order = np.argsort(-(features @ centre), kind="stable")
        moved = np.zeros(features.shape[0], bool)
        moved[order[:n_left]] = True
        if np.array_equal(moved, left):
            break
        left = moved
        centre = _direction(features, left) - _direction(features, ~left)
    return left


def _direction(features: csr_array, rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    total = features.T @ rows.astype(np.float32)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length if length > 0 else total, np.float32)

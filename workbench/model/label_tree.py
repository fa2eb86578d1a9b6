"""A balanced tree over the labels: similar labels share a cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


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

    def with_labels(self, leaves: NDArray[np.integer]) -> LabelTree:
        """Return the tree with further labels, the i-th of them last in leaf ``leaves[i]``."""
        pointers = self.child_ptr[-1]
        sizes = np.diff(pointers)
        leaf = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), leaves])
        labels = np.concatenate([self.label_order, self.n_labels + np.arange(len(leaves))])
        order = labels[np.argsort(leaf, kind="stable")].astype(np.int64)
        counts = sizes + np.bincount(leaves, minlength=len(sizes))
        last = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return LabelTree((*self.child_ptr[:-1], last), order)


def as_pointers(sizes: list[int]) -> NDArray[np.int64]:
    """Return where parts of these sizes begin, and where the last ends."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def fingerprint_trees(trees: Iterable[LabelTree], entropy: int) -> str:
    """Return a hash of which labels share which clusters, and of a number."""
    found = hashlib.sha256(str(entropy).encode())
    for tree in trees:
        for array in (*tree.child_ptr, tree.label_order):
            found.update(f"|{len(array)}|".encode())
            found.update(np.ascontiguousarray(array, np.int64).data)
    return found.hexdigest()[:16]

"""What speaks for a label: the features of a row, times the weights on the label's path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.validation import check_is_fitted

from workbench.errors import InputError
from workbench.model.checks import check_instances, check_pairs, check_whole_number
from workbench.model.levels import FEATURES_PER_MARK, Level
from workbench.model.trained import TrainedTree

Explanation = list[tuple[int, float]]


class Explainable:
    """The part of a model of trees that explains its scores."""

    trees_: list[TrainedTree]
    n_features_in_: int
    n_labels_: int

    def explain(self, x: csr_array, label_index: int, top: int = 10) -> Explanation:
        """Return the features that speak most for or against a label, largest first.

        Parameters
        ----------
        x : csr_array of float32, shape (1, n_features)
        label_index : int
        top : int
            At most so many features, at least 1.

        Returns
        -------
        list of (int, float)
            Feature (`TextFeatures.feature_names_` has its name) and its share of the margin (value
            times weight), summed over the levels from the root to the label, the mean over the
            trees. Negative speaks against the label; a share of 0 is left out, so that of a label
            that no row carried nothing is left.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        TypeError
            If x is not a scipy sparse matrix of real numbers.
        InputError
            If x is not one row that fits the training data, or the label does not exist.
        ValueError
            If ``top`` is below 1.
        """
        check_whole_number(1, top=top)
        x, levels = self._contributions(x, label_index)
        return _largest(x.indices, levels.sum(axis=0), top)

    def explain_levels(self, x: csr_array, label_index: int, top: int = 10) -> list[Explanation]:
        """Return the features that speak most for or against a label, level by level.

        Parameters
        ----------
        x : csr_array of float32, shape (1, n_features)
        label_index : int
        top : int
            At most so many features a level, at least 1.

        Returns
        -------
        list of list of (int, float), length n_levels
            As ``explain``, which gives their sums, for each level of the deepest tree: the root's
            choice among its clusters first, the leaf's among its labels last. Trees of fewer levels
            stand level with it at the leaves and count as 0 above their root.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        TypeError
            If x is not a scipy sparse matrix of real numbers.
        InputError
            If x is not one row that fits the training data, or the label does not exist.
        ValueError
            If ``top`` is below 1.
        """
        check_whole_number(1, top=top)
        x, levels = self._contributions(x, label_index)
        return [_largest(x.indices, level, top) for level in levels]

    def _contributions(
        self, x: csr_array, label_index: int
    ) -> tuple[csr_array, NDArray[np.float64]]:
        """Return the checked row and what its features add, shape (n_levels, n_stored)."""
        check_is_fitted(self)
        x = check_instances(x, self.n_features_in_)
        if x.shape[0] != 1:
            raise InputError(f"x: expected one row to explain, found {x.shape[0]}")
        check_pairs([0], [label_index], (1, self.n_labels_))
        return x, _mean_from_the_leaves([_explain_tree(t, x, label_index) for t in self.trees_])


def _mean_from_the_leaves(trees: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean of arrays of shape (n_levels, n_stored); levels that one lacks are 0."""
    levels = np.zeros((max(map(len, trees)), trees[0].shape[1]))
    for shares in trees:
        levels[-len(shares) :] += shares
    return levels / len(trees)


def _explain_tree(trained: TrainedTree, x: csr_array, label: int) -> NDArray[np.float64]:
    """Return what each stored feature of the row x adds on each level, (n_levels, n_stored).

    Nothing, for a label that no row carried: it scores 0 whatever its cluster scores.
    """
    steps = trained.tree.paths(np.array([label]))
    if trained.levels[-1].bias[steps[-1][0, 1]] == -np.inf:
        return np.zeros((len(steps), len(x.indices)))
    weights = [
        _weights_of(level, int(step[0, 1]), x.indices)
        for level, step in zip(trained.levels, steps, strict=True)
    ]
    shares: NDArray[np.float64] = np.multiply(np.stack(weights), x.data, dtype=np.float64)
    return shares


def _weights_of(level: Level, child: int, features: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the weights that a child has for some features, 0 where pruned.

    Only these features are looked up: a block of the root has weights for nearly all there are.
    """
    block = int(np.searchsorted(level.block_start, child, side="right")) - 1
    first, last = level.feature_ptr[block : block + 2]
    wanted = child - level.block_start[block]
    weights = np.zeros(len(features), np.float32)
    slots = first + np.searchsorted(level.features[first:last], features.astype(np.uint32))
    for n in np.flatnonzero(slots < last):
        slot = slots[n]
        if level.features[slot] != features[n]:
            continue
        nth = (slot - first) // FEATURES_PER_MARK
        marked = first + nth * FEATURES_PER_MARK
        start = level.weight_ptr[block] + level.marks[first // FEATURES_PER_MARK + block + nth]
        start += level.counts[marked:slot].sum(dtype=np.int64) + slot - marked
        children = level.children[start : start + level.counts[slot] + np.int64(1)]
        at = int(np.searchsorted(children, wanted))
        if at < len(children) and children[at] == wanted:
            weights[n] = level.weights[start + at]
    return weights


def _largest(features: NDArray[np.integer], values: NDArray[np.float64], top: int) -> Explanation:
    """Return the ``top`` features of largest absolute value, largest first, without zeros."""
    order = np.argsort(-np.abs(values), kind="stable")[:top]
    return [(int(features[i]), float(values[i])) for i in order if values[i] != 0]

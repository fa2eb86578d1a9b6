"""What the classifiers share: they predict with trees of linear classifiers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from workbench.blocks import map_blocks
from workbench.errors import InputError
from workbench.model.checks import (
    as_rows,
    check_at_least,
    check_instances,
    check_labels,
    check_pairs,
    check_sample_weight,
    check_whole_number,
)
from workbench.model.label_tree import LabelTree
from workbench.model.search import (
    Explanation,
    explain_tree,
    largest,
    score_tree_pairs,
    search_tree,
)
from workbench.model.solver import keep_best, warn_if_not_cached
from workbench.model.storage import StoredModel, read_model, write_model
from workbench.model.training import SolverSettings, TrainedTree, train_tree

# So many scores are held at once by a thread that predicts.
_SCORES_PER_BATCH = 4_000_000


class TreeModel(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-label classifier made of label trees with a linear classifier at each branch.

    Subclasses choose the trees and how many branches a prediction follows.

    Attributes
    ----------
    trees_ : list of TrainedTree
    n_features_in_ : int
    n_labels_ : int
    """

    C: float
    max_passes: int
    tolerance: float
    weight_threshold: float
    n_jobs: int | None
    random_state: int | None
    trees_: list[TrainedTree]
    n_features_in_: int
    n_labels_: int

    @abstractmethod
    def _label_trees(self, X: csr_array, Y: csr_array, entropy: int) -> list[LabelTree]:
        """Return the trees to train, from checked and weighted data."""

    @abstractmethod
    def _beam(self) -> int:
        """Return how many nodes of a level a prediction follows."""

    def fit(self, X: csr_array, Y: csr_array, sample_weight: Any = None) -> Self:
        """Learn from instances and their given labels.

        Parameters
        ----------
        X : csr_array of float32, shape (n_instances, n_features)
            Rows of length 1 are assumed by the defaults of ``C`` and ``weight_threshold``.
        Y : csr_array of bool or float, shape (n_instances, n_labels)
            A stored value is a given pair; a float is its confidence in (0, 1], the weight it has
            as a positive. Absent pairs and stored zeros are negatives.
        sample_weight : array of float, shape (n_instances,), optional
            0 leaves a row out.

        Raises
        ------
        InputError
            If X, Y or the weights break this contract.
        ValueError
            If a parameter is outside its range.
        """
        self._check_parameters()
        X = check_instances(X)
        Y = check_labels(Y, X.shape[0])
        row_weight = check_sample_weight(sample_weight, X.shape[0])
        if not row_weight.all():
            kept = np.flatnonzero(row_weight)
            X, Y, row_weight = X[kept], Y[kept], row_weight[kept]
        warn_if_not_cached()
        entropy = self.random_state
        if entropy is None:
            entropy = int(np.random.SeedSequence().generate_state(1)[0])
        settings = SolverSettings(self.C, self.max_passes, self.tolerance, self.weight_threshold)
        weighted = Y.multiply(row_weight[:, np.newaxis]).tocsr()
        self.trees_ = [
            train_tree(X, Y, row_weight, tree, settings, seed=(entropy, i), n_jobs=self.n_jobs)
            for i, tree in enumerate(self._label_trees(X, weighted, entropy))
        ]
        self.n_features_in_, self.n_labels_ = X.shape[1], Y.shape[1]
        return self

    def predict(self, X: csr_array, k: int = 10) -> csr_array:
        """Return the scores of the best labels of each instance.

        Parameters
        ----------
        X : csr_array of float32, shape (n_instances, n_features)
        k : int
            At most so many labels a row; more than there are labels means all.

        Returns
        -------
        csr_array of float32, shape (n_instances, n_labels)
            Scores in (0, 1], indices sorted. Absent means: not among the best ``k``, not reached
            by the beam, or a score of 0. With several trees a tree whose beam does not reach the
            label counts as 0.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        InputError
            If X does not fit the training data.
        """
        check_is_fitted(self)
        X = check_instances(X, self.n_features_in_)
        check_whole_number(1, k=k)
        size = self._rows_per_batch()
        batches = [X[begin : begin + size] for begin in range(0, X.shape[0], size)]
        parts = map_blocks(lambda batch: self._predict(batch, k), batches, n_jobs=self.n_jobs)
        none = csr_array((0, self.n_labels_), dtype=np.float32)
        return csr_array(vstack([none, *parts], format="csr"))

    def score_pairs(self, X: csr_array, rows: Any, columns: Any) -> NDArray[np.float32]:
        """Return the score of each pair along its own path, the mean over the trees.

        Parameters
        ----------
        X : csr_array of float32, shape (n_instances, n_features)
        rows, columns : array of int, shape (n_pairs,)
            Row of X and label of each pair.

        Returns
        -------
        ndarray of float32, shape (n_pairs,)
            In [0, 1]; 0 for a label that had no positive in training.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        InputError
            If X does not fit the training data or a pair is outside.
        """
        check_is_fitted(self)
        X = check_instances(X, self.n_features_in_)
        rows, columns = check_pairs(rows, columns, (X.shape[0], self.n_labels_))
        x = as_rows(X)
        scores = map_blocks(
            lambda tree: score_tree_pairs(tree, x, rows, columns), self.trees_, n_jobs=self.n_jobs
        )
        return np.asarray(np.mean(scores, axis=0), np.float32)

    def explain(self, x: csr_array, label_index: int, top: int = 10) -> Explanation:
        """Return the features that speak most for or against a label, largest first.

        Parameters
        ----------
        x : csr_array of float32, shape (1, n_features)
        label_index : int
        top : int
            At most so many features.

        Returns
        -------
        list of (int, float)
            Feature and its share of the margin (value times weight), summed over the levels from
            the root to the label, the mean over the trees. Negative speaks against the label.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        InputError
            If x is not one row, or the label does not exist.
        """
        x, levels = self._contributions(x, label_index)
        return largest(x.indices, levels.sum(axis=0), top)

    def explain_levels(self, x: csr_array, label_index: int, top: int = 10) -> list[Explanation]:
        """Return what ``explain`` does, for each level from the root to the label."""
        x, levels = self._contributions(x, label_index)
        return [largest(x.indices, level, top) for level in levels]

    def save(self, folder: str | Path) -> None:
        """Write the fitted model as arrays and a manifest into a new or empty folder.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        FileExistsError
            If the folder holds files.
        """
        check_is_fitted(self)
        stored = StoredModel(
            type(self).__name__, self.get_params(), self.n_features_in_, self.trees_
        )
        write_model(Path(folder), stored)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return the model that ``save`` wrote, its arrays memory-mapped.

        Raises
        ------
        MissingArtefactError
            If there is no model.
        DamagedArtefactError
            If a file does not match its checksum, or a newer version wrote it.
        """
        stored = read_model(Path(folder), cls.__name__)
        model = cls(**stored.parameters)
        model.trees_ = stored.trees
        model.n_features_in_ = stored.n_features
        model.n_labels_ = stored.trees[0].tree.n_labels
        return model

    def _check_parameters(self) -> None:
        if not (np.isfinite(self.C) and self.C > 0):
            raise ValueError(f"C must be a number above 0, found {self.C!r}")
        check_at_least(0, tolerance=self.tolerance, weight_threshold=self.weight_threshold)
        check_whole_number(1, max_passes=self.max_passes)
        if self.random_state is not None:
            check_whole_number(0, random_state=self.random_state)

    def _rows_per_batch(self) -> int:
        widest = max(int(np.diff(lv.child_ptr).max()) for t in self.trees_ for lv in t.levels)
        candidates = min(widest * self._beam(), max(self.n_labels_, widest))
        return max(_SCORES_PER_BATCH // candidates, 1)

    def _predict(self, X: csr_array, k: int) -> csr_array:
        x = as_rows(X)
        if len(self.trees_) == 1:
            return search_tree(self.trees_[0], x, beam=self._beam(), k=k)
        found = [search_tree(tree, x, beam=self._beam(), k=self.n_labels_) for tree in self.trees_]
        total = csr_array(sum(found[1:], start=found[0]))
        row_ptr, kept = keep_best(total.indptr.astype(np.int64), total.data, k)
        scores = total.data[kept] / np.float32(len(found))
        best = csr_array((scores, total.indices[kept], row_ptr), shape=total.shape)
        best.sort_indices()
        return best

    def _contributions(
        self, x: csr_array, label_index: int
    ) -> tuple[csr_array, NDArray[np.float64]]:
        """Return the checked row and what its features add, shape (n_levels, n_stored)."""
        check_is_fitted(self)
        x = check_instances(x, self.n_features_in_)
        if x.shape[0] != 1:
            raise InputError(f"x: expected one row to explain, found {x.shape[0]}")
        check_pairs([0], [label_index], (1, self.n_labels_))
        levels = np.mean([explain_tree(tree, x, label_index) for tree in self.trees_], axis=0)
        return x, levels

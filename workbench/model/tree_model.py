"""What the classifiers share: they predict with trees of linear classifiers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from workbench.blocks import count_jobs, map_blocks
from workbench.errors import InputError
from workbench.kernels import interruptible, warn_of_limits
from workbench.model.checks import (
    as_rows,
    check_between,
    check_instances,
    check_labels,
    check_pairs,
    check_whole_number,
)
from workbench.model.finished import FinishedWork
from workbench.model.label_tree import LabelTree
from workbench.model.reuse import add_new_labels, check_reuse
from workbench.model.search import (
    VOTES_PER_TREE,
    CsrArrays,
    Explanation,
    explain_tree,
    largest,
    score_tree_pairs,
    search_trees,
    stack_rows,
)
from workbench.model.seeds import mix_seed
from workbench.model.storage import StoredModel, read_model, write_model
from workbench.model.trained import TrainedTree
from workbench.model.training import SolverSettings, train_tree
from workbench.model.training_data import (
    TrainingData,
    check_training_data,
    warn_of_row_lengths,
)

# So many scores are held at once by a thread that predicts.
_SCORES_PER_BATCH = 4_000_000
_FEW_ROWS = 100


class TreeModel(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-label classifier made of label trees with a linear classifier at each branch.

    Subclasses choose the trees and how many branches a prediction follows.

    Attributes
    ----------
    trees_ : list of TrainedTree
    entropy_ : int
        ``random_state``, or what was drawn in its place.
    n_features_in_ : int
    n_labels_ : int
    """

    C: float
    max_passes: int
    tolerance: float
    weight_threshold: float
    n_jobs: int | None
    random_state: int | None
    tree_parameters: ClassVar[tuple[str, ...]] = ()
    entropy_: int
    trees_: list[TrainedTree]
    n_features_in_: int
    n_labels_: int

    @abstractmethod
    def _n_trees(self) -> int:
        """Return how many trees the model is made of."""

    @abstractmethod
    def _label_tree(self, data: TrainingData, seed: np.uint64, finished: FinishedWork) -> LabelTree:
        """Return a tree to train, from the finished work if it is there."""

    @abstractmethod
    def _beam(self) -> int:
        """Return how many nodes of a level a prediction follows."""

    def fit(
        self,
        X: csr_array,
        Y: csr_array,
        sample_weight: Any = None,
        *,
        reuse: Self | None = None,
        checkpoint: str | Path | None = None,
        label_features: csr_array | None = None,
    ) -> Self:
        """Learn from instances and their given labels.

        Parameters
        ----------
        X : csr_array of float32, shape (n_instances, n_features)
            Rows of length 1 are assumed by the defaults of ``C`` and ``weight_threshold``; others
            are warned of. Their order has a little influence, as the seed has.
        Y : csr_array of bool or float, shape (n_instances, n_labels)
            A stored value is a given pair; a float is its confidence in (0, 1], the weight it has
            as a positive. Absent pairs and stored zeros are negatives.
        sample_weight : array of float, shape (n_instances,), optional
            0 leaves a row out.
        reuse : fitted model of the same kind, optional
            Keep its label trees and train only the blocks whose rows, labels or parameters
            differ, with the result of a full training on these trees. Further labels, columns
            behind those it knows, are placed into the leaves most similar to them. ``n_trees``
            may differ.
        checkpoint : path, optional
            A folder of its own, where finished blocks are kept every few seconds and when an
            exception ends the training. After an interruption the same call trains the rest only;
            it needs a ``random_state``. Delete the folder once the model is saved.
        label_features : csr_array of float32, shape (n_labels, any), optional
            What else is known of each label, such as the features of its name, to cluster by,
            beside the mean of its rows (whose length is 1).

        Raises
        ------
        InputError
            If X, Y, the weights or ``label_features`` break this contract, or the model to reuse
            knows more labels or features.
        ValueError
            If a parameter is outside its range, or describes other trees than those to reuse.
        """
        self._check_parameters()
        if checkpoint is not None and self.random_state is None and reuse is None:
            raise ValueError("a checkpoint needs a random_state, so that the next call draws alike")
        data = check_training_data(X, Y, sample_weight, label_features, self.n_jobs)
        warn_of_row_lengths(data.X)
        warn_of_limits()
        reused: list[TrainedTree] = []
        entropy = _entropy(self.random_state)
        if reuse is not None:
            check_reuse(reuse, self, data.X.shape[1], data.Y.shape[1])
            reused, entropy = reuse.trees_[: self._n_trees()], reuse.entropy_
        finished = FinishedWork(reused, None if checkpoint is None else Path(checkpoint))
        try:
            with interruptible():
                trees = self._train(data, entropy, reused, finished)
        except BaseException:
            finished.flush_if_possible()
            raise
        self.trees_, self.entropy_ = trees, entropy
        self.n_features_in_, self.n_labels_ = data.X.shape[1], data.Y.shape[1]
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
            by the beam, or a score of 0. With several trees a tree counts as 0 for a label that its
            beam does not reach or that is not among its best 30, or ``k`` if that is more.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        InputError
            If X does not fit the training data.
        """
        check_is_fitted(self)
        X = check_instances(X, self.n_features_in_)
        check_whole_number(1, k=k)
        self._check_parameters()
        warn_of_limits()
        k, x = min(int(k), self.n_labels_), as_rows(X)
        size = self._rows_per_batch(X.shape[0], k)
        batches = [(begin, min(begin + size, X.shape[0])) for begin in range(0, X.shape[0], size)]

        def search(batch: tuple[int, int]) -> CsrArrays:
            return search_trees(self.trees_, x, *batch, beam=self._beam(), k=k)

        short = X.shape[0] <= _FEW_ROWS
        with interruptible():
            parts = map_blocks(search, batches, n_jobs=self.n_jobs, short=short)
        return stack_rows(parts, self.n_labels_)

    def score_pairs(self, X: csr_array, rows: Any, columns: Any) -> NDArray[np.float32]:
        """Return the score of each pair along its own path, the mean over the trees.

        With one tree these are the scores of ``predict``, which with several counts a tree that
        does not find a label as 0.

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
            Feature (`TextFeatures.feature_names_` has its name) and its share of the margin (value
            times weight), summed over the levels from the root to the label, the mean over the
            trees. Negative speaks against the label.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        InputError
            If x is not one row, or the label does not exist.
        """
        check_whole_number(1, top=top)
        x, levels = self._contributions(x, label_index)
        return largest(x.indices, levels.sum(axis=0), top)

    def explain_levels(self, x: csr_array, label_index: int, top: int = 10) -> list[Explanation]:
        """Return what ``explain`` does, for each level from the root to the label."""
        check_whole_number(1, top=top)
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
            type(self).__name__,
            self.get_params(),
            self.entropy_,
            self.n_features_in_,
            self.trees_,
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
        model.trees_, model.entropy_ = stored.trees, stored.entropy
        model.n_features_in_ = stored.n_features
        model.n_labels_ = stored.trees[0].tree.n_labels
        return model

    def score(self, X: csr_array, Y: csr_array) -> float:
        """Return the share of instances whose best label is given (P@1), for scikit-learn.

        An instance without a given label, or without a prediction, counts 0.
        `workbench.evaluate.scorer` makes a scorer of another measure.

        Parameters
        ----------
        X : csr_array of float32, shape (n_instances, n_features)
        Y : csr_array of bool or float, shape (n_instances, n_labels)
            As in ``fit``: absent pairs and stored zeros are not given.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        InputError
            If X or Y does not fit the training data, or X has no rows.
        """
        best = self.predict(X, k=1)
        given = check_labels(Y, best.shape[0])
        if given.shape != best.shape:
            raise InputError(
                f"Y: expected {best.shape[1]} labels, as in fit, found {given.shape[1]}"
            )
        if not best.shape[0]:
            raise InputError("X: expected one row or more to score, found none")
        return float((best > 0).multiply(given > 0).nnz / best.shape[0])

    def _check_parameters(self) -> None:
        check_between(1e-9, 1e9, C=self.C)
        check_between(0, np.inf, tolerance=self.tolerance, weight_threshold=self.weight_threshold)
        check_whole_number(1, max_passes=self.max_passes)
        if self.random_state is not None:
            check_whole_number(0, random_state=self.random_state)

    def _train(
        self,
        data: TrainingData,
        entropy: int,
        reused: list[TrainedTree],
        finished: FinishedWork,
    ) -> list[TrainedTree]:
        settings = SolverSettings(self.C, self.max_passes, self.tolerance, self.weight_threshold)
        trees = []
        for i in range(self._n_trees()):
            seed = mix_seed(np.uint64(entropy), i)
            if i < len(reused):
                tree = add_new_labels(reused[i].tree, data)
            else:
                tree = self._label_tree(data, seed, finished)
            trees.append(train_tree(data, tree, settings, seed=seed, finished=finished))
        return trees

    def _rows_per_batch(self, n_rows: int, k: int) -> int:
        """Return how many rows to search at once: many share nodes, few share little memory."""
        widest = max(max(trained.widest_nodes) for trained in self.trees_)
        kept = min(max(k, VOTES_PER_TREE), widest * self._beam(), self.n_labels_)
        even = -(-n_rows // count_jobs(self.n_jobs))
        return max(min(even, _SCORES_PER_BATCH // max(kept, self._beam())), 1)

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


def _entropy(random_state: int | None) -> int:
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return random_state

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

from workbench.blocks import map_blocks
from workbench.errors import InputError
from workbench.kernels import interruptible, warn_of_limits
from workbench.model.checks import (
    check_between,
    check_instances,
    check_labels,
    check_pairs,
    check_whole_number,
)
from workbench.model.explaining import Explainable
from workbench.model.finished import FinishedWork
from workbench.model.held_out import HeldOut
from workbench.model.label_tree import LabelTree, fingerprint_trees
from workbench.model.predicting import search_rows
from workbench.model.reuse import add_new_labels, check_reuse
from workbench.model.rows import as_rows
from workbench.model.search import score_tree_pairs
from workbench.model.seeds import draw_entropy, mix_seed
from workbench.model.storage import StoredModel, read_model, write_model
from workbench.model.trained import TrainedTree
from workbench.model.training import SolverSettings, train_tree, train_tree_held_out
from workbench.model.training_data import (
    TrainingData,
    check_training_data,
    warn_of_row_lengths,
)


class TreeModel(Explainable, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """A multi-label classifier made of label trees with a linear classifier at each branch.

    Subclasses choose the trees and how many branches a prediction follows.

    Attributes
    ----------
    trees_ : list of TrainedTree
    entropy_ : int
        ``random_state``, or what was drawn in its place.
    parameters_ : dict of str to Any
        The parameters that it was fitted with, whatever was set since; of those that only
        ``predict`` uses, a loaded model has the values at the time of saving.
    n_features_in_ : int
    n_labels_ : int
    n_blocks_trained_ : int
        Blocks that ``fit`` solved; the others of ``n_blocks`` it took from the model to reuse or
        the checkpoint. A loaded model has none of its own: 0.
    """

    C: float
    max_passes: int
    tolerance: float
    weight_threshold: float
    n_jobs: int | None
    random_state: int | None
    tree_parameters: ClassVar[tuple[str, ...]] = ()
    predict_parameters: ClassVar[tuple[str, ...]] = ("n_jobs",)
    entropy_: int
    parameters_: dict[str, Any]
    trees_: list[TrainedTree]
    n_features_in_: int
    n_labels_: int
    n_blocks_trained_: int

    @abstractmethod
    def _n_trees(self) -> int:
        """Return how many trees the model is made of."""

    @abstractmethod
    def _label_tree(self, data: TrainingData, seed: np.uint64, finished: FinishedWork) -> LabelTree:
        """Return a tree to train, from the finished work if it is there."""

    @abstractmethod
    def _room_of_leaf(self, n_labels: int) -> int:
        """Return how many labels a leaf of a reused tree takes while others have room."""

    @abstractmethod
    def search_beam(self) -> int:
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
        warm_start: bool = False,
    ) -> Self:
        """Learn from instances and their given labels.

        Parameters
        ----------
        X : csr_array of float32, shape (n_instances, n_features)
            Rows of length 1 are assumed by the defaults of ``C`` and ``weight_threshold``. Their
            order has a little influence, as the seed has.
        Y : csr_array of bool or float, shape (n_instances, n_labels)
            A stored value is a given pair; a float is its confidence in (0, 1], the weight it has
            as a positive. Absent pairs and stored zeros are negatives.
        sample_weight : array of float, shape (n_instances,), optional
            0 leaves a row out.
        reuse : fitted model of the same kind, optional
            Keep its label trees and train only the blocks whose rows, labels or parameters
            differ, with the result of a full training on these trees, unless ``warm_start`` was
            used here or for the model. Further labels, columns behind those it knows, are placed
            into the leaves most similar to them. ``n_trees`` may differ.
        checkpoint : path, optional
            A folder of its own, where finished blocks are kept every few seconds and when an
            exception ends the training. After an interruption the same call trains the rest only;
            it needs a ``random_state``. A full disk ends the keeping, with a warning in the log,
            not the training. Delete the folder once the model is saved: all in it is read anew by
            each call.
        label_features : csr_array of float32, shape (n_labels, any), optional
            What else is known of each label, such as the features of its name, to cluster by,
            beside the mean of its rows (whose length is 1).
        warm_start : bool, default False
            Keep with the model the dual variables of all levels but the last, about half as much
            again on disk, and start these levels from those of the model to reuse, if it has them
            and the same ``C``. Their blocks that differ then cost a fraction, and are those of a
            full training within ``tolerance``, not number by number. Nothing adds up from training
            to training: each ends by the same rule, and what has the problem it had before stays.

        Raises
        ------
        TypeError
            If a matrix is not a scipy sparse matrix of real numbers, or the model to reuse is of
            another kind.
        InputError
            If X, Y, the weights or ``label_features`` break this contract, hold NaN, infinity,
            values beyond 1e9 or positions outside, or have 2^31 columns; if the model to reuse
            knows more labels or features, or the checkpoint's folder cannot be made.
        ValueError
            If a parameter is outside its range, or describes other trees than those to reuse; if
            a checkpoint has no ``random_state``.
        sklearn.exceptions.NotFittedError
            If the model to reuse is not fitted.

        Warns
        -----
        UserWarning
            If the rows of X have a median length below 0.3 or above 3.
        """
        self._check_parameters()
        if checkpoint is not None and self.random_state is None and reuse is None:
            raise ValueError("a checkpoint needs a random_state, so that the next call draws alike")
        data = check_training_data(X, Y, sample_weight, label_features, self.n_jobs)
        warn_of_row_lengths(data.X)
        warn_of_limits()
        reused: list[TrainedTree] = []
        start_from: list[TrainedTree] = []
        entropy = draw_entropy(self.random_state)
        if reuse is not None:
            check_reuse(reuse, self, data.X.shape[1], data.Y.shape[1])
            reused, entropy = reuse.trees_[: self._n_trees()], reuse.entropy_
            if warm_start and reuse.parameters_["C"] == self.C:
                start_from = reused
        finished = FinishedWork(reused, None if checkpoint is None else Path(checkpoint))
        try:
            with interruptible():
                trees = self._train(data, entropy, reused, finished, start_from, warm_start)
        except BaseException:
            finished.flush()
            raise
        self._keep(data, trees, entropy, finished.n_added)
        return self

    def fit_held_out(self, X: csr_array, Y: csr_array) -> list[tuple[HeldOut, ...]]:
        """Learn as ``fit`` does; return what each tree says of rows it did not see, by level.

        For :func:`leave_one_out`, which says what is meant. Parameters and errors are those of
        ``fit``.
        """
        self._check_parameters()
        data = check_training_data(X, Y, None, None, self.n_jobs)
        warn_of_row_lengths(data.X)
        warn_of_limits()
        entropy, settings = draw_entropy(self.random_state), self._settings()
        with interruptible():
            found = [
                train_tree_held_out(data, tree, settings, seed=seed)
                for seed, tree in self._grow(data, entropy, [], FinishedWork())
            ]
        trees = [trained for trained, _ in found]
        self._keep(data, trees, entropy, sum(tree.n_blocks for tree in trees))
        return [held for _, held in found]

    def predict(self, X: csr_array, k: int = 10) -> csr_array:
        """Return the scores of the best labels of each instance.

        Parameters
        ----------
        X : csr_array of float32, shape (n_instances, n_features)
        k : int
            At most so many labels a row, at least 1; more than there are labels means all.

        Returns
        -------
        csr_array of float32, shape (n_instances, n_labels)
            Scores in (0, 1], indices sorted. Absent means: not among the best ``k``, not reached
            by the beam, or a score of 0. With several trees a tree counts as 0 for a label that its
            beam does not reach or that is not among its best 30, or ``k`` if that is more.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        TypeError
            If X is not a scipy sparse matrix of real numbers.
        InputError
            If X has another width than in ``fit``, or holds what that refuses.
        ValueError
            If k is below 1, or a parameter is outside its range.
        """
        check_is_fitted(self)
        X = check_instances(X, self.n_features_in_)
        check_whole_number(1, k=k)
        self._check_parameters()
        warn_of_limits()
        with interruptible():
            return search_rows(
                self.trees_, X, beam=int(self.search_beam()), k=int(k), n_jobs=self.n_jobs
            )

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
        TypeError
            If X is not a scipy sparse matrix of real numbers.
        InputError
            If X does not fit the training data, or the pairs are outside, no whole numbers, or not
            as many rows as columns.
        ValueError
            If ``n_jobs`` is outside its range.
        """
        check_is_fitted(self)
        X = check_instances(X, self.n_features_in_)
        rows, columns = check_pairs(rows, columns, (X.shape[0], self.n_labels_))
        x = as_rows(X)
        scores = map_blocks(
            lambda tree: score_tree_pairs(tree, x, rows, columns), self.trees_, n_jobs=self.n_jobs
        )
        return np.asarray(np.mean(scores, axis=0), np.float32)

    def save(self, folder: str | Path) -> None:
        """Write the fitted model as arrays and a manifest into a new or empty folder.

        Its parameters are those of ``fit``; of those set since only what ``predict`` uses counts.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        FileExistsError
            If the folder holds files.
        """
        check_is_fitted(self)
        today = {name: getattr(self, name) for name in self.predict_parameters}
        stored = StoredModel(
            type(self).__name__,
            self.parameters_ | today,
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
            If a file does not match its checksum, the manifest was edited, or another version of
            the format wrote it.
        InputError
            If the model is of another kind.
        """
        stored = read_model(Path(folder), cls.__name__)
        model = cls(**stored.parameters)
        model.trees_, model.entropy_ = stored.trees, stored.entropy
        model.parameters_ = stored.parameters
        model.n_features_in_ = stored.n_features
        model.n_labels_ = stored.trees[0].tree.n_labels
        model.n_blocks_trained_ = 0
        return model

    @property
    def n_blocks(self) -> int:
        """How many blocks the trees of the fitted model have; a block is trained as a whole."""
        check_is_fitted(self)
        return sum(tree.n_blocks for tree in self.trees_)

    def trees_fingerprint(self) -> str:
        """Return a hash of the label trees and of the seed that orders rows.

        Two models of the same parameters and features that have it in common differ by their
        labels alone: a full training gives the same weights as one that reuses blocks, or with
        ``warm_start`` the same within the tolerance of the solver.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        """
        check_is_fitted(self)
        return fingerprint_trees([trained.tree for trained in self.trees_], self.entropy_)

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
        TypeError
            If X or Y is not a scipy sparse matrix of real numbers.
        InputError
            If X or Y does not fit the training data or holds what ``fit`` refuses; if X has no
            rows.
        ValueError
            If a parameter is outside its range.
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

    def _keep(
        self, data: TrainingData, trees: list[TrainedTree], entropy: int, n_trained: int
    ) -> None:
        """Become fitted."""
        self.n_blocks_trained_ = n_trained
        self.trees_, self.entropy_, self.parameters_ = trees, entropy, self.get_params()
        self.n_features_in_, self.n_labels_ = data.X.shape[1], data.Y.shape[1]

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
        start_from: list[TrainedTree],
        keeps_duals: bool,
    ) -> list[TrainedTree]:
        settings = self._settings()
        return [
            train_tree(
                data,
                tree,
                settings,
                seed=seed,
                finished=finished,
                start_from=start_from[i] if i < len(start_from) else None,
                keeps_duals=keeps_duals,
            )
            for i, (seed, tree) in enumerate(self._grow(data, entropy, reused, finished))
        ]

    def _grow(
        self,
        data: TrainingData,
        entropy: int,
        reused: list[TrainedTree],
        finished: FinishedWork,
    ) -> list[tuple[np.uint64, LabelTree]]:
        """Return the trees to train, each with its seed."""
        seeds = [mix_seed(np.uint64(entropy), i) for i in range(self._n_trees())]
        room = self._room_of_leaf(data.Y.shape[1])
        known = [add_new_labels(old.tree, data, room=room) for old in reused[: len(seeds)]]
        built = [self._label_tree(data, seed, finished) for seed in seeds[len(known) :]]
        data.forget_label_features()
        return list(zip(seeds, known + built, strict=True))

    def _settings(self) -> SolverSettings:
        return SolverSettings(self.C, self.max_passes, self.tolerance, self.weight_threshold)

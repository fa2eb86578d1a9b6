"""One-vs-rest over clusters of labels: the workhorse of extreme multi-label classification."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from workbench.model.checks import check_whole_number
from workbench.model.clustering import CLUSTERING_REVISION, build_label_tree
from workbench.model.fingerprints import fingerprint_all, fingerprint_rows
from workbench.model.finished import FinishedWork
from workbench.model.label_tree import LabelTree
from workbench.model.rows import as_rows
from workbench.model.seeds import mix_seed
from workbench.model.training_data import TrainingData
from workbench.model.tree_model import TreeModel


class ClusteredOVR(TreeModel):
    r"""A tree of linear classifiers over clusters of labels, searched with a beam.

    A label :math:`l` is described by the mean of its rows (positive-instance feature aggregation,
    PIFA). Balanced hierarchical 2-means puts similar labels into leaves. On every level, each
    child :math:`c` of a cluster has a linear classifier :math:`f_c(x) = w_c \cdot x + b_c` that
    tells its rows from the others of the cluster, the minimum of

    .. math:: \tfrac12 (\|w_c\|^2 + b_c^2) + \sum_i C_i \max(0, 1 - y_{ic} f_c(x_i))^2

    Weights below ``weight_threshold`` are dropped. The score of a label is the product over its
    path of :math:`e^{-4 \max(0, -f_c(x))^3} / (1 + e^{-4 f_c(x)})`; a beam
    follows the best clusters.

    Parameters
    ----------
    branching : int, default 16
        Most children of a cluster above the leaves.
    leaf_size : int, default 100
        Most labels of a leaf. At 16 or more, leaves get multiples of 16. Labels that are new to a
        reused tree may double a leaf; once no leaf has room, all grow and a warning is logged.
    n_trees : int, default 1
        Trees from different starts, whose scores are averaged.
    C : float, default 1.0
        Cost of an error; :math:`C_i` is C times the row's weight and the pair's confidence.
    max_passes : int, default 40
        Most passes over the rows of a block.
    tolerance : float, default 0.5
        A block is done when its gradients differ by no more than this.
    weight_threshold : float, default 0.1
        Smaller weights are dropped: for a smaller and faster model at the same precision.
    beam : int, default 10
        Clusters of a level that a prediction follows.
    n_jobs : int, optional
        Threads; all cores by default or for -1. The model does not depend on it.
    random_state : int or None, default 0
        Seed of the clusters and of the order of rows; None draws a new one.

    References
    ----------
    Yu, Zhong, Zhang, Chang, Dhillon: PECOS, JMLR 2022, sections 3 to 5. Hsieh et al.: A dual
    coordinate descent method for large-scale linear SVM, ICML 2008.

    Notes
    -----
    PECOS scores a step with :math:`\exp(-\max(0, 1 - f_c(x))^3)`, which is 1 for every margin
    above 1, so that sure labels tie. The logistic function keeps their order and is close to a
    probability there; the cubic factor, 1 for positive margins, takes over that a margin of -1 is a
    sure no, where the logistic function alone still says .018: without it the labels of an unlikely
    cluster that fit well lose to any label of a likely one. The bias is never dropped. A label
    without a positive row scores 0.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> X = csr_array(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]))
    >>> Y = csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 1]], bool))
    >>> model = ClusteredOVR(n_jobs=1).fit(X, Y)
    >>> model.predict(X[[0, 3]], k=1).indices.tolist()
    [0, 1]
    """

    tree_parameters: ClassVar[tuple[str, ...]] = ("branching", "leaf_size")
    predict_parameters: ClassVar[tuple[str, ...]] = ("beam", "n_jobs")

    def __init__(
        self,
        *,
        branching: int = 16,
        leaf_size: int = 100,
        n_trees: int = 1,
        C: float = 1.0,
        max_passes: int = 40,
        tolerance: float = 0.5,
        weight_threshold: float = 0.1,
        beam: int = 10,
        n_jobs: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.branching = branching
        self.leaf_size = leaf_size
        self.n_trees = n_trees
        self.C = C
        self.max_passes = max_passes
        self.tolerance = tolerance
        self.weight_threshold = weight_threshold
        self.beam = beam
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_whole_number(2, branching=self.branching)
        check_whole_number(1, leaf_size=self.leaf_size, n_trees=self.n_trees, beam=self.beam)

    def _n_trees(self) -> int:
        return self.n_trees

    def _label_tree(self, data: TrainingData, seed: np.uint64, finished: FinishedWork) -> LabelTree:
        if not finished.is_kept:
            return self._build(data.label_features, seed)
        features = as_rows(data.label_features)
        prints = fingerprint_rows(features, np.ones(data.Y.shape[1], np.float32))
        start = mix_seed(seed, CLUSTERING_REVISION, self.branching, self.leaf_size)
        fingerprint = int(fingerprint_all(prints, start))
        tree = finished.find_tree(fingerprint)
        if tree is None:
            tree = self._build(data.label_features, seed)
            finished.add_tree(fingerprint, tree)
        return tree

    def _build(self, features: csr_array, seed: np.uint64) -> LabelTree:
        return build_label_tree(
            features,
            branching=self.branching,
            leaf_size=self.leaf_size,
            seed=int(seed),
            n_jobs=self.n_jobs,
        )

    def _room_of_leaf(self, n_labels: int) -> int:
        return 2 * self.leaf_size

    def search_beam(self) -> int:
        """Return how many nodes of a level a prediction follows."""
        return self.beam

"""One linear classifier a label over all rows: the simple baseline."""

from __future__ import annotations

import numpy as np

from workbench.model.finished import FinishedWork
from workbench.model.label_tree import LabelTree
from workbench.model.training_data import TrainingData
from workbench.model.tree_model import TreeModel


class OneVsRest(TreeModel):
    """One linear classifier a label, each against all other rows.

    The same problems and scores as in ClusteredOVR, whose parameters these are, with all labels
    in one cluster: exact, and slow beyond some thousand labels.

    Parameters
    ----------
    C : float, default 1.0
    max_passes : int, default 40
    tolerance : float, default 0.5
    weight_threshold : float, default 0.1
    n_jobs : int, optional
    random_state : int or None, default 0

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> X = csr_array(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]))
    >>> Y = csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 1]], bool))
    >>> scores = OneVsRest(n_jobs=1).fit(X, Y).score_pairs(X, [0, 0], [0, 1])
    >>> bool(scores[0] > 0.9), bool(scores[1] < 0.1)
    (True, True)
    """

    def __init__(
        self,
        *,
        C: float = 1.0,
        max_passes: int = 40,
        tolerance: float = 0.5,
        weight_threshold: float = 0.1,
        n_jobs: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.C = C
        self.max_passes = max_passes
        self.tolerance = tolerance
        self.weight_threshold = weight_threshold
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _n_trees(self) -> int:
        return 1

    def _label_tree(self, data: TrainingData, seed: np.uint64, finished: FinishedWork) -> LabelTree:
        return LabelTree.single_cluster(data.Y.shape[1])

    def _room_of_leaf(self, n_labels: int) -> int:
        return n_labels

    def search_beam(self) -> int:
        """Return how many nodes of a level a prediction follows."""
        return 1

"""What a model learns from, checked and with what every tree needs of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn.preprocessing import normalize

from workbench.errors import InputError
from workbench.model.checks import (
    check_instances,
    check_label_features,
    check_labels,
    check_sample_weight,
)
from workbench.model.fingerprints import fingerprint_rows, tell_apart
from workbench.model.label_features import aggregate_rows
from workbench.model.rows import Rows, as_rows

_SHORTEST_ROW, _LONGEST_ROW = 0.3, 3.0


@dataclass(frozen=True)
class TrainingData:
    """Instances, their labels, and what else is known of the labels.

    Parameters
    ----------
    X : csr_array of float32, shape (n_rows, n_features)
    Y : csr_array of float32, shape (n_rows, n_labels)
        The confidence of each given pair.
    row_weight : ndarray of float32, shape (n_rows,), positive
    known_of_labels : csr_array of float32, shape (n_labels, any), optional
    n_jobs : int, optional
        Threads.
    """

    X: csr_array
    Y: csr_array
    row_weight: NDArray[np.float32]
    known_of_labels: csr_array | None
    n_jobs: int | None

    @cached_property
    def rows(self) -> Rows:
        """The arrays of X as the kernels take them."""
        return as_rows(self.X)

    @cached_property
    def row_prints(self) -> NDArray[np.uint64]:
        """A number for each row that tells its features, weight and place among its equals."""
        prints: NDArray[np.uint64] = tell_apart(fingerprint_rows(self.rows, self.row_weight))
        return prints

    @cached_property
    def label_features(self) -> csr_array:
        """What labels are clustered by: the mean of their rows, and what else is known of them."""
        weighted = csr_array(self.Y.multiply(self.row_weight[:, np.newaxis]))
        aggregated = aggregate_rows(self.X, weighted, n_jobs=self.n_jobs)
        if self.known_of_labels is None:
            return aggregated
        joined = normalize(hstack([aggregated, self.known_of_labels], format="csr"))
        return csr_array(joined, dtype=np.float32)

    def forget_label_features(self) -> None:
        """Give their memory back; they are made anew if somebody asks again."""
        vars(self).pop("label_features", None)


def check_training_data(
    X: Any, Y: Any, sample_weight: Any, label_features: Any, n_jobs: int | None
) -> TrainingData:
    """Return the data without the rows of weight 0.

    Raises
    ------
    TypeError
        If a matrix is not sparse.
    InputError
        If a shape, index, value or weight does not fit.
    """
    X = check_instances(X)
    if X.shape[0] == 0:
        raise InputError("X: expected at least one row to learn from, found none")
    Y = check_labels(Y, X.shape[0])
    row_weight = check_sample_weight(sample_weight, X.shape[0])
    if not X.data.all():
        X = X.copy()
        X.eliminate_zeros()
    known = None if label_features is None else check_label_features(label_features, Y.shape[1])
    if not row_weight.all():
        kept = np.flatnonzero(row_weight)
        X, Y, row_weight = X[kept], Y[kept], row_weight[kept]
    return TrainingData(X, Y, row_weight, known, n_jobs)


def warn_of_row_lengths(X: csr_array) -> None:
    """Warn if the rows have not about length 1, which the defaults of the models are made for."""
    counts = np.diff(X.indptr)
    starts = X.indptr[:-1][counts > 0]
    if len(starts) == 0:
        return
    length = float(np.sqrt(np.median(np.add.reduceat(X.data**2, starts))))
    if not _SHORTEST_ROW <= length <= _LONGEST_ROW:
        warnings.warn(
            f"X: the rows have a median length of {length:.3g}, but C and weight_threshold are for "
            "rows of length 1; scale them with sklearn.preprocessing.normalize, before predict too",
            stacklevel=3,
        )

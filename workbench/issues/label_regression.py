"""How well an instance's other labels predict a label: a small ridge regression a label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in
from workbench.sparse import rows_of

# Labels whose regressions are solved at once: 2 MB of matrices.
_LABELS_AT_ONCE = 256
_PAIRS_AT_ONCE = 100_000


class LabelRegression:
    """Ridge regression of each label on the labels that tell most about it, row left out.

    With x the indicators of the predictors of a label on an instance, y its own, and
    H = X'X + penalty · I over all instances, the prediction is b·x with b = H⁻¹X'y. The
    prediction that the instance had no part in is (b·x − h y) / (1 − h) with h = x'H⁻¹x, exactly.
    All of it comes from the counts of labels that are carried together.

    Parameters
    ----------
    given : LabelMatrix
    together : csr_array, shape (n_labels, n_labels)
        See :func:`workbench.issues.cooccurrence.count_together`.
    attributes : ndarray of int64, shape (n_labels,), optional
        Labels of the same attribute are no predictors: one value tells that the others are off,
        whether it is right or wrong. -1 for none.
    n_predictors : int
        Those of highest (c - e)² / s, with c the instances that carry both labels, e those that
        would if labels were independent, and s those that carry the predictor: the share of the
        label's variance that the predictor alone explains.
    penalty : float
        In instances.

    References
    ----------
    Steck (2019), Embarrassingly Shallow Autoencoders for Sparse Data: the regression of every
    label on all others. Allen (1974) for predictions with a row left out (PRESS).
    """

    def __init__(
        self,
        given: LabelMatrix,
        together: csr_array,
        attributes: NDArray[np.int64] | None = None,
        *,
        n_predictors: int = 32,
        penalty: float = 20.0,
    ) -> None:
        self.given = given
        self.together = together
        self.n_predictors = n_predictors
        self.penalty = penalty
        self._predictors = _strongest(
            together, given.support(), given.values.shape[0], attributes, n_predictors
        )

    def predict(self, pairs: Pairs) -> NDArray[np.float32]:
        """Return for each pair what the instance's other labels make of it, shape (n_pairs,).

        About the share of such instances that carry the label; 0 if none of the instance's other
        labels is a predictor.
        """
        predicted = np.zeros(len(pairs), np.float32)
        order = np.argsort(pairs.columns, kind="stable")
        labels, first = np.unique(pairs.columns[order], return_index=True)
        borders = np.append(first, len(pairs))
        for start in range(0, len(labels), _LABELS_AT_ONCE):
            stop = min(start + _LABELS_AT_ONCE, len(labels))
            slots, inverse, weights = self._solve(labels[start:stop])
            part = order[borders[start] : borders[stop]]
            for at in range(0, len(part), _PAIRS_AT_ONCE):
                chunk = part[at : at + _PAIRS_AT_ONCE]
                place = np.searchsorted(labels[start:stop], pairs.columns[chunk])
                predicted[chunk] = self._predict_chunk(
                    pairs.take(chunk), place, slots, inverse, weights
                )
        return predicted

    def _solve(
        self, labels: NDArray[np.int64]
    ) -> tuple[csr_array, NDArray[np.float64], NDArray[np.float64]]:
        """Return where each predictor stands, H⁻¹, and b, for some labels."""
        chosen = self._predictors[labels]
        n_chosen = np.diff(chosen.indptr)
        width = max(int(n_chosen.max(initial=0)), 1)
        row = np.repeat(np.arange(len(labels)), n_chosen)
        slot = np.arange(chosen.nnz) - np.repeat(chosen.indptr[:-1], n_chosen)
        # A place without a predictor points to no label, which nothing is carried with.
        members = np.full((len(labels), width), -1, np.int64)
        members[row, slot] = chosen.indices
        one = np.repeat(members[:, :, None], width, axis=2).ravel()
        other = np.repeat(members[:, None, :], width, axis=1).ravel()
        both = np.zeros(len(one))
        known = np.flatnonzero((one >= 0) & (other >= 0))
        both[known] = self._count(one[known], other[known])
        gram = both.reshape(len(labels), width, width) + self.penalty * np.eye(width)
        inverse = np.asarray(np.linalg.inv(gram), np.float64)
        target = np.zeros((len(labels), width))
        target[row, slot] = self._count(labels[row], members[row, slot])
        weights = np.asarray(np.einsum("lij,lj->li", inverse, target), np.float64)
        slots = csr_array((slot + 1, chosen.indices, chosen.indptr), shape=chosen.shape)
        return slots, inverse, weights

    def _predict_chunk(
        self,
        pairs: Pairs,
        place: NDArray[np.int64],
        slots: csr_array,
        inverse: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the predictions of pairs sorted by label; ``place`` is the label's solution."""
        values = self.given.values
        n_others = np.diff(values.indptr)[pairs.rows]
        pair = np.repeat(np.arange(len(pairs)), n_others)
        step = np.arange(len(pair)) - np.repeat(np.cumsum(n_others) - n_others, n_others)
        other = values.indices[values.indptr[pairs.rows][pair] + step]
        found = pairs_in(slots, place[pair], other)
        x = np.zeros((len(pairs), weights.shape[1]))
        x[pair[found >= 0], slots.data[found[found >= 0]] - 1] = 1
        h = np.empty(len(pairs))
        borders = np.searchsorted(place, np.arange(len(weights) + 1))
        for label in np.unique(place):
            rows = slice(borders[label], borders[label + 1])
            h[rows] = np.einsum("ij,ij->i", x[rows] @ inverse[label], x[rows])
        fitted = np.einsum("ij,ij->i", x, weights[place])
        return np.asarray((fitted - h * pairs.given) / (1 - h))

    def _count(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
        found = pairs_in(self.together, one, other)
        return np.where(found >= 0, self.together.data[found], 0.0).astype(np.float64)


def _strongest(
    together: csr_array,
    support: NDArray[np.int64],
    n_instances: int,
    attributes: NDArray[np.int64] | None,
    n_predictors: int,
) -> csr_array:
    """Return each label's predictors as stored pairs, shape (n_labels, n_labels).

    Of labels that are never carried together only frequent ones tell much: besides the labels of
    ``together`` the most frequent ones are looked at.
    """
    n_labels = len(support)
    frequent = np.argsort(-support, kind="stable")[:n_predictors]
    also = csr_array(
        (
            np.zeros(n_labels * len(frequent), np.float32),
            np.tile(np.sort(frequent), n_labels),
            np.arange(n_labels + 1) * len(frequent),
        ),
        shape=together.shape,
    )
    rows = np.concatenate([rows_of(together), rows_of(also)])
    columns = np.concatenate([together.indices, also.indices])
    carried = np.concatenate([together.data, also.data]).astype(np.float64)
    order = np.lexsort((-carried, columns, rows))
    rows, columns, carried = rows[order], columns[order], carried[order]
    kept = (rows != columns) & (support[columns] > 0)
    kept[1:] &= (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    if attributes is not None:
        kept &= (attributes[rows] != attributes[columns]) | (attributes[rows] < 0)
    rows, columns, carried = rows[kept], columns[kept], carried[kept]
    surplus = carried - support[rows] * support[columns] / n_instances
    order = np.lexsort((-(surplus**2) / support[columns], rows))
    rank = np.arange(len(order)) - np.searchsorted(rows, rows)
    order = order[rank < n_predictors]
    chosen = csr_array(
        (np.ones(len(order), bool), (rows[order], columns[order])), shape=together.shape
    )
    chosen.sort_indices()
    return chosen

"""What has been decided about other instances and labels, as evidence for the next decision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.ids import position_of
from workbench.review.queue import ReviewQueue
from workbench.review.standing import Standing

MAX_SIMILAR = 3
LEAST_SIMILARITY = 0.25
# Instances that are compared with a card; of more, those that the queue asked about first.
MAX_REVIEWED = 20_000


class Reviewed:
    """Looks up decided issues by how like their texts are, and by label.

    Parameters
    ----------
    queue : ReviewQueue
    standing : Standing
    labels : pd.DataFrame
        The label table by label_id: attribute, value.
    features : csr_array of shape (n_instances, n_features), optional
        Rows of length 1; without it nothing is similar.
    feature_ids : pd.Index
        The instances of its rows.
    """

    def __init__(
        self,
        queue: ReviewQueue,
        standing: Standing,
        labels: pd.DataFrame,
        features: csr_array | None,
        feature_ids: pd.Index,
    ) -> None:
        self._queue = queue
        self._standing = standing
        self._features = features
        self._feature_rows = feature_ids.get_indexer(queue.positions.instance_ids)
        about = labels.reindex(queue.positions.label_ids)
        self._attributes = about["attribute"].to_numpy(dtype=object)
        self._values = about["value"].fillna(pd.Series(about.index, about.index)).to_numpy(object)

    def find(self, instance_ids: Sequence[str]) -> list[list[str]]:
        """Return for each instance the reviewed ones most like it, best first."""
        if self._features is None:
            return [[] for _ in instance_ids]
        positions = self._queue.positions
        decided = self._standing.n_present + self._standing.n_absent > 0
        reviewed = pd.unique(positions.rows[decided])[:MAX_REVIEWED]
        reviewed = reviewed[self._feature_rows[reviewed] >= 0]
        wanted = positions.instance_ids.get_indexer(pd.Index(list(instance_ids), dtype="str"))
        rows = self._feature_rows[wanted]
        rows[wanted < 0] = -1
        found = _most_similar(self._features, rows, self._feature_rows[reviewed])
        names = positions.instance_ids
        return [[str(names[at]) for at in reviewed[of_row]] for of_row in found]

    def said(self, instance_ids: Sequence[str], label_id: str) -> list[tuple[str, str]]:
        """Return the texts of instances with what was said of their labels of this attribute."""
        at = position_of(self._queue.positions.label_ids, label_id)
        if at < 0:
            return []
        told = []
        for instance_id in instance_ids:
            values = self._verdicts(instance_id, str(self._attributes[at]))
            if values:
                told.append((self._queue.text_of(instance_id), ", ".join(values)))
            if len(told) == MAX_SIMILAR:
                break
        return told

    def counts(self, label_id: str) -> tuple[int, int]:
        """Return how many issues of a label were called present, and absent."""
        at = position_of(self._queue.positions.label_ids, label_id)
        of_label = self._queue.positions.columns == at
        present, absent = self._standing.n_present[of_label], self._standing.n_absent[of_label]
        return int((present > absent).sum()), int((absent > present).sum())

    def _verdicts(self, instance_id: str, attribute: str) -> list[str]:
        rows = self._queue.rows_of(instance_id)
        standing, told = self._standing, []
        for row in rows:
            label = self._queue.positions.columns[row]
            lead = int(standing.n_present[row]) - int(standing.n_absent[row])
            if lead and str(self._attributes[label]) == attribute:
                value = str(self._values[label])
                told.append(value if lead > 0 else f"not {value}")
        return told


def _most_similar(
    features: csr_array, rows: NDArray[np.int64], reviewed: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return for each row which of the reviewed rows are most like it, best first; not itself."""
    if not len(reviewed) or not len(rows):
        return [np.empty(0, np.int64) for _ in rows]
    products = (features[np.maximum(rows, 0)] @ features[reviewed].T).tocsr()
    found = []
    for n, row in enumerate(rows):
        start, end = products.indptr[n : n + 2]
        at, values = products.indices[start:end], products.data[start:end]
        kept = (values >= LEAST_SIMILARITY) & (reviewed[at] != row) & (row >= 0)
        best = at[kept][np.argsort(-values[kept], kind="stable")]
        # More than are shown: not all of them were asked about the attribute in question.
        found.append(best[: 10 * MAX_SIMILAR].astype(np.int64))
    return found

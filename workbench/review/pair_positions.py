"""Where pairs stand among the issues of a queue."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.review.decisions import PAIR


class PairPositions:
    """Finds the rows of pairs, of a million in some microseconds each.

    Parameters
    ----------
    issues : pd.DataFrame
        ``instance_id, label_id``, one row a pair; texts or categories of them.

    Examples
    --------
    >>> issues = pd.DataFrame({"instance_id": ["q2", "q1"], "label_id": ["red", "red"]})
    >>> wanted = pd.DataFrame({"instance_id": ["q1", "q9"], "label_id": ["red", "red"]})
    >>> PairPositions(issues).of(wanted).tolist()
    [1, -1]
    """

    def __init__(self, issues: pd.DataFrame) -> None:
        rows, instances = pd.factorize(issues["instance_id"])
        columns, labels = pd.factorize(issues["label_id"])
        self.instance_ids = pd.Index(instances).astype("str")
        self.label_ids = pd.Index(labels).astype("str")
        # Where the instance and the label of each row stand in those indices.
        self.rows, self.columns = rows.astype(np.int64), columns.astype(np.int64)
        keys = self.rows * len(self.label_ids) + self.columns
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def __len__(self) -> int:
        return len(self._keys)

    def pairs(self) -> tuple[pd.Index, pd.Index]:
        """Return the instance and the label of each row."""
        return self.instance_ids.take(self.rows), self.label_ids.take(self.columns)

    def of(self, pairs: pd.DataFrame) -> NDArray[np.int64]:
        """Return the row of each pair, -1 for those that are no issue."""
        if not len(self._keys):
            return np.full(len(pairs), -1, np.int64)
        rows = self.instance_ids.get_indexer(pd.Index(pairs[PAIR[0]]))
        columns = self.label_ids.get_indexer(pd.Index(pairs[PAIR[1]]))
        wanted = rows.astype(np.int64) * len(self.label_ids) + columns
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        found = (rows >= 0) & (columns >= 0) & (self._keys[at] == wanted)
        return np.where(found, self._order[at], -1)

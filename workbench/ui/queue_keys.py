"""The pairs of a queue as numbers: how many of them are decided is a matter of a search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class QueueKeys:
    """Which pairs a queue holds, to be asked about quickly.

    Parameters
    ----------
    instance_ids, label_ids : pd.Index
    keys : ndarray of int64
        ``instance position * n_labels + label position`` of every pair, ascending.
    """

    instance_ids: pd.Index
    label_ids: pd.Index
    keys: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)

    def count(self, pairs: pd.DataFrame) -> int:
        """Return how many of these different pairs are in the queue."""
        if not len(self):
            return 0
        rows = self.instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
        columns = self.label_ids.get_indexer(pd.Index(pairs["label_id"]))
        known = (rows >= 0) & (columns >= 0)
        wanted = rows[known].astype(np.int64) * len(self.label_ids) + columns[known]
        at = np.searchsorted(self.keys, wanted)
        return int((self.keys[np.minimum(at, len(self.keys) - 1)] == wanted).sum())

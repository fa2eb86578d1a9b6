"""Categories in the order of their tree, where who stands above whom is a matter of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.signals.taxonomy import Taxonomy
from workbench.signals.taxonomy_checks import SEPARATOR

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TreeOrder:
    """The categories of a taxonomy, each directly before all that is below it.

    Parameters
    ----------
    label_ids : pd.Index
        Labels of the categories, depth first; the position in it is a category's place.
    end : ndarray of int64, shape (n_categories,)
        What is below the category at place i, and itself, has the places i to ``end[i] - 1``.

    Examples
    --------
    >>> from workbench.signals.taxonomy import taxonomy_from_paths
    >>> order = TreeOrder.of(taxonomy_from_paths(["Bags", "Shoes > Boots"]))
    >>> order.end.tolist()  # Bags, Shoes, Shoes > Boots
    [1, 3, 3]
    >>> order.on_one_line(np.array([1, 0]), np.array([2, 2])).tolist()
    [True, False]
    """

    label_ids: pd.Index
    end: Places

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> TreeOrder:
        """Return the order of a taxonomy's categories."""
        levels = [path.split(SEPARATOR) for path in taxonomy.categories["path"]]
        # Compared level by level, because a sign in a name may sort before the separator.
        depth_first = sorted(range(len(levels)), key=levels.__getitem__)
        label_ids = pd.Index(taxonomy.categories["label_id"].iloc[depth_first])
        above = label_ids.get_indexer(pd.Index(taxonomy.ancestors["ancestor_id"]))
        n_below = np.bincount(above, minlength=len(label_ids))
        return cls(label_ids, np.arange(len(label_ids)) + 1 + n_below)

    def places(self, label_ids: pd.Series) -> Places:
        """Return the place of each label, -1 for those that are no category."""
        return self.label_ids.get_indexer(pd.Index(label_ids)).astype(np.int64)

    def on_one_line(self, one: Places, other: Places) -> NDArray[np.bool_]:
        """Return whether one of two categories is the other, or above or below it."""
        first, second = np.minimum(one, other), np.maximum(one, other)
        found: NDArray[np.bool_] = second < self.end[first]
        return found

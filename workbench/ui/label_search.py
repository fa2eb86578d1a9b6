"""Labels by a part of their name, among a million of them as one types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.text import normalise

MAX_FOUND = 9


@dataclass(frozen=True, eq=False)
class LabelSearch:
    """The names of all labels, in normal form.

    Parameters
    ----------
    label_ids : pd.Index
    attributes : ndarray of object, shape (n_labels,)
    values : pyarrow.Array
        What is searched: the value of each label in normal form.
    support : ndarray of int64, shape (n_labels,)
        Labels that many instances carry are found first.

    Examples
    --------
    >>> labels = pd.DataFrame({"attribute": ["Brand", "Color"], "value": ["Red Wing", "Red"]},
    ...     index=pd.Index(["Brand: Red Wing", "Color: Red"], name="label_id"))
    >>> search = make_label_search(labels, np.array([1, 2]))
    >>> search.find("red", "Brand")
    ['Brand: Red Wing', 'Color: Red']
    """

    label_ids: pd.Index
    attributes: NDArray[Any]
    values: pa.Array
    support: NDArray[np.int64]

    def find(self, text: str, attribute: str, limit: int = MAX_FOUND) -> list[str]:
        """Return labels whose value holds the text, at most ``limit``.

        Those of the attribute come first; then those that begin with the text; then those that
        many instances carry.

        Parameters
        ----------
        text : str
            In any case and width; empty finds nothing.
        attribute : str
        limit : int
        """
        wanted = normalise(text)
        if not wanted:
            return []
        found = np.flatnonzero(pc.match_substring(self.values, wanted).to_numpy(False))
        starts = pc.starts_with(self.values.take(pa.array(found)), wanted).to_numpy(False)
        is_other = self.attributes[found] != attribute
        best = np.lexsort((-self.support[found], ~starts, is_other))[:limit]
        return [str(label_id) for label_id in self.label_ids.take(found[best])]


def make_label_search(labels: pd.DataFrame, support: NDArray[np.int64]) -> LabelSearch:
    """Return the search among labels: columns attribute and value, by label_id."""
    values = pa.array([normalise(str(value)) for value in labels["value"].fillna("")], pa.string())
    attributes = labels["attribute"].to_numpy(dtype=object)
    return LabelSearch(labels.index, attributes, values, np.asarray(support, np.int64))

"""What the label table tells about each label: its attribute and its value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.matrices import LabelMatrix

_COLUMNS = ("label_id", "attribute", "value")


@dataclass(frozen=True, eq=False)
class LabelFacts:
    """Attributes and values in the order of the label axis.

    Parameters
    ----------
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's attribute, -1 for none.
    values : pd.Series of str, length n_labels, optional
        Empty where unknown.
    """

    attributes: NDArray[np.int64]
    values: pd.Series | None

    @classmethod
    def of(cls, labels: pd.DataFrame | None, label_ids: pd.Index) -> LabelFacts:
        """Return the facts about the labels of an axis.

        Parameters
        ----------
        labels : pd.DataFrame, optional
            ``label_id, attribute, value``; a label that is not in it has no attribute.
        label_ids : pd.Index of str

        Raises
        ------
        InputError
            If a column is absent or a label is named twice.
        """
        if labels is None:
            return cls(np.full(len(label_ids), -1, np.int64), None)
        absent = [name for name in _COLUMNS if name not in labels.columns]
        if absent:
            raise InputError(f"labels: expected columns {list(_COLUMNS)}, {absent} not found")
        twice = labels["label_id"][labels["label_id"].duplicated()].unique()
        if len(twice):
            raise InputError(
                f"labels: {len(twice)} labels appear more than once: {twice[:5].tolist()}"
            )
        placed = labels.set_index("label_id").reindex(label_ids)
        codes = pd.factorize(placed["attribute"])[0].astype(np.int64)
        return cls(codes, placed["value"].fillna("").astype("str").reset_index(drop=True))

    def groups(self) -> NDArray[np.int64]:
        """Return the attributes' codes, with labels that have none in a group of their own."""
        return np.where(self.attributes < 0, self.attributes.max(initial=-1) + 1, self.attributes)

    def exclusive_attributes(
        self, given: LabelMatrix, *, most_shared: float = 0.25
    ) -> NDArray[np.int64]:
        """Return the codes with -1 for attributes of which an instance carries several values.

        Only values that exclude each other are rivals. A category with its ancestors is not such
        an attribute, nor is a list of features.

        Parameters
        ----------
        given : LabelMatrix
        most_shared : float
            Of the instances that carry an exclusive attribute at most this share carries more
            than one of its values; a few do, by mistake.
        """
        n_attributes = int(self.attributes.max(initial=-1)) + 1
        if not n_attributes:
            return self.attributes
        codes = self.attributes[given.values.indices]
        keys = (given.rows_of_pairs() * n_attributes + codes)[codes >= 0]
        held, n_values = np.unique(keys, return_counts=True)
        n_held = np.bincount(held % n_attributes, minlength=n_attributes)
        n_shared = np.bincount(held % n_attributes, n_values > 1, n_attributes)
        exclusive = np.append(n_shared <= most_shared * n_held, False)
        return np.where(exclusive[self.attributes], self.attributes, -1)

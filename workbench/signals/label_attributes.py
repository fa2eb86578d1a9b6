"""The attribute of each label that is voted on, as a position."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError


def attributes_of_labels(
    label_ids: pd.Index, labels: pd.DataFrame
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the attribute's position of each label, and the sorted attributes.

    Labels without an attribute form the one named "".

    Parameters
    ----------
    label_ids : Index of str, length n_labels
    labels : DataFrame with label_id, attribute

    Raises
    ------
    InputError
        If a label has two rows in the table, or none.

    Examples
    --------
    >>> labels = pd.DataFrame({"label_id": ["red", "sale"], "attribute": ["Color", None]})
    >>> attributes_of_labels(pd.Index(["sale", "red"]), labels)[0].tolist()
    [0, 1]
    """
    known = pd.Index(labels["label_id"])
    if not known.is_unique:
        twice = known[known.duplicated()].unique()
        raise InputError(f"labels: {len(twice)} ids appear more than once: {twice[:5].tolist()}")
    position = known.get_indexer(label_ids)
    if (position < 0).any():
        unknown = label_ids[position < 0]
        raise InputError(
            f"votes: {len(unknown)} labels are not in the labels table: {unknown[:5].tolist()}; "
            "add them or drop their votes"
        )
    names = labels["attribute"].astype("str").fillna("").iloc[position]
    codes, attributes = pd.factorize(names, sort=True)
    return codes.astype(np.int64), tuple(map(str, attributes))

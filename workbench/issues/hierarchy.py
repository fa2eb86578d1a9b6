"""Labels above labels: a child that is given without its parent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.issues.conflicts import Conflicts
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in

# A taxonomy may be wrong too, rarely.
_TOLERANCE = 0.01


def parents_of(labels: pd.DataFrame | None, label_ids: pd.Index) -> NDArray[np.int64]:
    """Return the position of each label's parent, -1 for none.

    Parameters
    ----------
    labels : pd.DataFrame, optional
        ``label_id`` and, if known, ``parent_id``; a parent that is not a label is none.
    label_ids : pd.Index of str

    Raises
    ------
    InputError
        If parents run in a circle.
    """
    parents = np.full(len(label_ids), -1, np.int64)
    if labels is None or "parent_id" not in labels:
        return parents
    known = labels[labels["parent_id"].notna()]
    own = label_ids.get_indexer(pd.Index(known["label_id"]))
    above = label_ids.get_indexer(pd.Index(known["parent_id"]))
    parents[own[own >= 0]] = above[own >= 0]
    # Twice as far up each time: who is not beyond the top by then never gets there.
    top = len(parents)
    up = np.append(np.where(parents < 0, top, parents), top)
    for _ in range(top.bit_length()):
        up = up[up]
    circle = label_ids[up[:top] != top]
    if len(circle):
        raise InputError(
            f"labels: the parents of {len(circle)} labels run in a circle: "
            f"{circle[:5].tolist()}; correct one parent_id"
        )
    return parents


def without_ancestors(given: LabelMatrix, parents: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which given pairs have no label below them on their instance, in stored order."""
    lowest = np.ones(given.n_given, bool)
    for _, rows, above in _upwards(given, parents):
        found = pairs_in(given.values, rows, above)
        lowest[found[found >= 0]] = False
    return lowest


def lines_of(parents: NDArray[np.int64]) -> csr_array:
    """Return which labels are the same, or above or below each other, shape (n_labels, n_labels).

    Parameters
    ----------
    parents : ndarray of int64, shape (n_labels,)
        See :func:`parents_of`.
    """
    n_labels = len(parents)
    low, high = [np.arange(n_labels)], [np.arange(n_labels)]
    at, own = parents, np.arange(n_labels)
    while (at >= 0).any():
        own, at = own[at >= 0], at[at >= 0]
        low, high = [*low, own], [*high, at]
        at = parents[at]
    one, other = np.concatenate(low), np.concatenate(high)
    places = (np.concatenate([one, other]), np.concatenate([other, one]))
    lines = csr_array((np.ones(2 * len(one), bool), places), shape=(n_labels, n_labels))
    lines.sum_duplicates()
    return lines


def missing_parents(given: LabelMatrix, parents: NDArray[np.int64]) -> Conflicts:
    """Return the labels that are given without a label above them.

    Parameters
    ----------
    given : LabelMatrix
    parents : ndarray of int64, shape (n_labels,)
        See :func:`parents_of`.

    Returns
    -------
    Conflicts
        The given pair, and the missing one above it: once, with the nearest label below.
    """
    columns = given.values.indices.astype(np.int64)
    pairs, keys = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for pair, rows, above in _upwards(given, parents):
        missing = pairs_in(given.values, rows, above) < 0
        pairs.append(pair[missing])
        keys.append(rows[missing] * len(parents) + above[missing])
    # The nearest came first.
    key, first = np.unique(np.concatenate(keys), return_index=True)
    child = np.concatenate(pairs)[first]
    below = Pairs(given.rows_of_pairs()[child], columns[child], np.ones(len(child), bool))
    missing_pairs = Pairs(below.rows, key % max(len(parents), 1), np.zeros(len(child), bool))

    def tell(i: int, of_first: bool) -> str:
        if of_first:
            return f"{given.label_ids[missing_pairs.columns[i]]}, which it implies, is not given"
        return f"{given.label_ids[below.columns[i]]} is given, which implies it"

    return Conflicts(
        "a label is given without the one above it",
        below,
        missing_pairs,
        np.full(len(child), _TOLERANCE),
        tell,
        np.ones((len(child), 2), bool),
        _share_without(given, below.columns, missing_pairs.columns),
    )


def _share_without(
    given: LabelMatrix, children: NDArray[np.int64], above: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return which share of the instances of each child do not carry the label above it."""
    carried = csr_array(given.values.T.astype(np.int32))
    asked, place = np.unique(children, return_inverse=True)
    together = csr_array(carried[asked] @ given.values.astype(np.int32))
    together.sort_indices()
    found = pairs_in(together, place, above)
    with_it = np.where(found >= 0, np.append(together.data, 0)[found], 0)
    n_children = given.support()[children]
    return np.asarray(1 - (with_it + 1) / (n_children + 2), np.float64)


def _upwards(
    given: LabelMatrix, parents: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield given pairs that have a label above them, their rows, and that label; nearest first."""
    rows, above = given.rows_of_pairs(), parents[given.values.indices]
    pair = np.flatnonzero(above >= 0)
    above = above[pair]
    while len(pair):
        yield pair, rows[pair], above
        above = parents[above]
        pair, above = pair[above >= 0], above[above >= 0]

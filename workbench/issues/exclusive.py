"""Two values on one instance that exclude each other."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.issues.conflicts import Conflicts
from workbench.issues.label_facts import LabelFacts
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix

# Two values of an attribute that is known to have one may both be meant, rarely.
_TOLERANCE = 0.01


def exclusive_lifts(
    given: LabelMatrix, attributes: NDArray[np.int64], lowest: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how often two values of each attribute stand on one instance, against chance.

    With n_v the instances that carry the value v, chance would put n_u n_v / n_instances couples
    of u and v together. One more couple than was seen is counted, so that an attribute of few
    pairs does not pass for exclusive by luck.

    Parameters
    ----------
    given : LabelMatrix
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's attribute, -1 for none.
    lowest : ndarray of bool, shape (n_given,)
        Given pairs that count: a value with the one above it is no couple.

    Returns
    -------
    ndarray of float64, shape (n_attributes,)
        inf for an attribute that makes no couples even by chance.
    """
    n_attributes = int(attributes.max(initial=-1)) + 1
    columns = given.values.indices[lowest]
    support = np.bincount(columns, minlength=len(attributes)).astype(np.float64)
    own = attributes >= 0
    total = np.bincount(attributes[own], support[own], n_attributes)
    squares = np.bincount(attributes[own], support[own] ** 2, n_attributes)
    expected = (total**2 - squares) / (2 * max(given.values.shape[0], 1))
    codes = attributes[columns]
    keys = given.rows_of_pairs()[lowest][codes >= 0] * max(n_attributes, 1) + codes[codes >= 0]
    held, n_values = np.unique(keys, return_counts=True)
    couples = np.bincount(held % max(n_attributes, 1), n_values * (n_values - 1) / 2, n_attributes)
    with np.errstate(divide="ignore"):
        return np.asarray((couples + 1) / expected, np.float64)


def exclusive_values(
    given: LabelMatrix,
    facts: LabelFacts,
    lowest: NDArray[np.bool_],
    *,
    names: pd.Series | None = None,
    known: Collection[str] = (),
    most_lift: float = 0.1,
) -> Conflicts:
    """Return the couples of values of one attribute that exclude each other, on one instance.

    Parameters
    ----------
    given : LabelMatrix
    facts : LabelFacts
    lowest : ndarray of bool, shape (n_given,)
        See :func:`workbench.issues.hierarchy.without_ancestors`.
    names : pd.Series of str, length n_labels, optional
        The attribute of each label by name, for ``known``.
    known : collection of str
        Attributes that have one value, whatever the data says.
    most_lift : float
        Of the others, those whose values stand together at most so often, against chance.
    """
    lifts = exclusive_lifts(given, facts.attributes, lowest)
    tolerance = np.where(lifts <= most_lift, lifts, np.inf)
    if names is not None:
        told = facts.attributes[names.isin(list(known)).to_numpy() & (facts.attributes >= 0)]
        tolerance[told] = _TOLERANCE
    of_label = np.append(tolerance, np.inf)[facts.attributes]
    columns = given.values.indices.astype(np.int64)
    kept = np.flatnonzero(lowest & np.isfinite(of_label[columns]))
    rows = given.rows_of_pairs()[kept]
    first, second = _couples(rows * (len(tolerance) + 1) + facts.attributes[columns[kept]])
    one, other = (
        Pairs(rows[side], columns[kept[side]], np.ones(len(side), bool)) for side in (first, second)
    )

    def tell(i: int, of_first: bool) -> str:
        mine, theirs = (one, other) if of_first else (other, one)
        names_of = given.label_ids
        return f"{names_of[mine.columns[i]]} and {names_of[theirs.columns[i]]} exclude each other"

    return Conflicts(
        "two values that exclude each other are given",
        one,
        other,
        of_label[one.columns],
        tell,
        np.ones((len(first), 2), bool),
    )


def _couples(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of every couple with the same key."""
    order = np.argsort(keys, kind="stable")
    _, start, size = np.unique(keys[order], return_index=True, return_counts=True)
    end = np.repeat(start + size, size)
    place = np.arange(len(keys))
    n_behind = end - place - 1
    first = np.repeat(place, n_behind)
    ahead = np.arange(len(first)) - np.repeat(np.cumsum(n_behind) - n_behind, n_behind)
    return order[first], order[first + 1 + ahead]

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


def exclusive_tolerance(
    given: LabelMatrix,
    attributes: NDArray[np.int64],
    lowest: NDArray[np.bool_],
    *,
    most_lift: float,
) -> NDArray[np.float64]:
    """Return how often two values of each attribute stand on one instance, against chance.

    With n_v the instances that carry the value v, chance would put n_u n_v / n couples of u and v
    together on n instances. An attribute's values exclude each other if there are hardly any
    couples both among the instances that carry the attribute and among all: the first alone
    would pass for exclusive what texts seldom name twice, such as features. Among the first
    one more couple than was seen is counted, so that few pairs prove nothing.

    Parameters
    ----------
    given : LabelMatrix
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's attribute, -1 for none.
    lowest : ndarray of bool, shape (n_given,)
        Given pairs that count: a value with the one above it is no couple.
    most_lift : float
        Most couples against chance among all instances, and three times as many as among those
        that carry the attribute.

    Returns
    -------
    ndarray of float64, shape (n_attributes,)
        Couples against chance among the instances that carry the attribute; inf where values do
        not exclude each other.
    """
    n_attributes = int(attributes.max(initial=-1)) + 1
    columns, own = given.values.indices[lowest], attributes >= 0
    support = np.bincount(columns, minlength=len(attributes)).astype(np.float64)
    total = np.bincount(attributes[own], support[own], n_attributes)
    squares = np.bincount(attributes[own], support[own] ** 2, n_attributes)
    codes = attributes[columns]
    keys = given.rows_of_pairs()[lowest][codes >= 0] * max(n_attributes, 1) + codes[codes >= 0]
    held, n_values = np.unique(keys, return_counts=True)
    of_held = held % max(n_attributes, 1)
    n_carriers = np.bincount(of_held, minlength=n_attributes)
    couples = np.bincount(of_held, n_values * (n_values - 1) / 2, n_attributes)
    by_chance = (total**2 - squares) / 2  # times the number of instances
    with np.errstate(divide="ignore", invalid="ignore"):
        among_carriers = (couples + 1) * n_carriers / by_chance
        among_all = couples * given.values.shape[0] / by_chance
    exclusive = (among_carriers <= most_lift / 3) & (among_all <= most_lift)
    return np.where(exclusive, among_carriers, np.inf)


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
        Of the others, those whose values stand together hardly ever, see
        :func:`exclusive_tolerance`.
    """
    tolerance = exclusive_tolerance(given, facts.attributes, lowest, most_lift=most_lift)
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

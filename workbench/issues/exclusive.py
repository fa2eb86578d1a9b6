"""Two values on one instance that exclude each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.issues.conflicts import Conflicts
from workbench.issues.hierarchy import lines_of, without_ancestors
from workbench.issues.label_facts import LabelFacts
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in

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


@dataclass(frozen=True, eq=False)
class ExclusiveLabels:
    """Labels of attributes of which an instance has one value.

    Parameters
    ----------
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's attribute, -1 for none or one of several values.
    tolerance : ndarray of float64, shape (n_labels,)
        How often two values of the attribute are right together, against chance.
    lowest : ndarray of bool, shape (n_given,)
        Given pairs that have no label below them on their instance; the others exclude nothing.
    """

    attributes: NDArray[np.int64]
    tolerance: NDArray[np.float64]
    lowest: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        given: LabelMatrix,
        labels: pd.DataFrame,
        parents: NDArray[np.int64],
        *,
        known: Collection[str] = (),
        most_lift: float = 0.1,
    ) -> ExclusiveLabels:
        """Return what the given labels, and ``known``, tell of each attribute.

        Parameters
        ----------
        given : LabelMatrix
        labels : pd.DataFrame
            ``label_id, attribute, value``.
        parents : ndarray of int64, shape (n_labels,)
            See :func:`workbench.issues.hierarchy.parents_of`.
        known : collection of str
            Attributes that have one value, whatever the data says.
        most_lift : float
            See :func:`exclusive_tolerance`.

        Raises
        ------
        InputError
            If ``labels`` lacks a column or names a label twice.
        """
        codes = LabelFacts.of(labels, given.label_ids).attributes
        lowest = without_ancestors(given, parents)
        tolerance = exclusive_tolerance(given, codes, lowest, most_lift=most_lift)
        names = labels.set_index("label_id")["attribute"].reindex(given.label_ids)
        tolerance[codes[names.isin(list(known)).to_numpy() & (codes >= 0)]] = _TOLERANCE
        of_label = np.append(tolerance, np.inf)[codes]
        exclusive = np.isfinite(of_label)
        return cls(np.where(exclusive, codes, -1), of_label, lowest)


def exclusive_values(given: LabelMatrix, exclusive: ExclusiveLabels) -> Conflicts:
    """Return the couples of given values on one instance that exclude each other."""
    columns = given.values.indices.astype(np.int64)
    kept = np.flatnonzero(exclusive.lowest & (exclusive.attributes[columns] >= 0))
    rows, attributes = given.rows_of_pairs()[kept], exclusive.attributes[columns[kept]]
    first, second = _couples(rows * (int(exclusive.attributes.max(initial=0)) + 1) + attributes)
    one, other = (
        Pairs(rows[side], columns[kept[side]], np.ones(len(side), bool)) for side in (first, second)
    )

    def tell(i: int, of_first: bool) -> str:
        mine, theirs = (one, other) if of_first else (other, one)
        names = given.label_ids
        return f"{names[mine.columns[i]]} and {names[theirs.columns[i]]} exclude each other"

    return Conflicts(
        "two values that exclude each other are given",
        one,
        other,
        exclusive.tolerance[one.columns],
        tell,
        np.ones((len(first), 2), bool),
    )


def given_rivals(
    given: LabelMatrix, exclusive: ExclusiveLabels, parents: NDArray[np.int64], absent: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the given values that exclude values that are not given.

    Parameters
    ----------
    given : LabelMatrix
    exclusive : ExclusiveLabels
    parents : ndarray of int64, shape (n_labels,)
    absent : Pairs
        Pairs that are not given.

    Returns
    -------
    (ndarray of int64, ndarray of int64)
        Position in ``absent``, and that of the given pair in stored order; couple by couple.
    """
    start = given.values.indptr[absent.rows].astype(np.int64)
    length = np.diff(given.values.indptr)[absent.rows]
    pair = np.repeat(np.arange(len(absent)), length)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(length) - length, length) + start[pair]
    mine, theirs = absent.columns[pair], given.values.indices[place]
    attribute = exclusive.attributes[mine]
    rival = exclusive.lowest[place] & (attribute >= 0) & (attribute == exclusive.attributes[theirs])
    pair, place = pair[rival], place[rival]
    apart = pairs_in(lines_of(parents), mine[rival], theirs[rival]) < 0
    return pair[apart], place[apart]


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

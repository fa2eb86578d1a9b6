"""Pairs such as a wrong label would be, drawn to tell the given pairs from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.label_facts import LabelFacts
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in

_PAIRS_PER_GIVEN = 2
# More pairs no longer move what is fitted to them.
_MOST_PAIRS = 200_000


def draw_comparison_pairs(
    given: LabelMatrix, labels: pd.DataFrame | None = None, *, random_state: int = 0
) -> csr_array:
    """Return pairs that are not given, to be scored out of sample beside the given ones.

    A third pairs any instance with any label, a third any instance with the label of a random
    given pair, and a third a given label's instance with another value of its attribute. Nobody
    knows how wrong labels come about, and a ranking fitted to one of these kinds alone was
    measured to fail on the others.

    Parameters
    ----------
    given : LabelMatrix
    labels : pd.DataFrame, optional
        ``label_id, attribute, value``; without attributes there are no pairs of the third kind.
    random_state : int

    Returns
    -------
    csr_array of bool, shape (n_instances, n_labels)
        At most two pairs of a kind a given pair.
    """
    facts = LabelFacts.of(labels, given.label_ids)
    pairs = comparison_pairs(given, facts.exclusive_attributes(given), random_state)
    drawn = np.ones(len(pairs.rows), bool)
    return csr_array((drawn, (pairs.rows, pairs.columns)), shape=given.values.shape)


def comparison_pairs(given: LabelMatrix, attributes: NDArray[np.int64], random_state: int) -> Pairs:
    """Return the pairs of :func:`draw_comparison_pairs` as a list, in which some may repeat.

    Parameters
    ----------
    given : LabelMatrix
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's exclusive attribute, -1 for none.
    random_state : int
    """
    rng = np.random.default_rng(random_state)
    n_pairs = min(_PAIRS_PER_GIVEN * given.n_given, _MOST_PAIRS)
    kinds = (
        random_absent_pairs(given, n_pairs, rng),
        frequent_absent_pairs(given, n_pairs, rng),
        rival_absent_pairs(given, attributes, n_pairs, rng),
    )
    return Pairs(
        np.concatenate([pairs.rows for pairs in kinds]),
        np.concatenate([pairs.columns for pairs in kinds]),
        np.concatenate([pairs.given for pairs in kinds]),
    )


def random_absent_pairs(given: LabelMatrix, n_pairs: int, rng: np.random.Generator) -> Pairs:
    """Return about ``n_pairs`` pairs that are not given, drawn uniformly; some may repeat."""
    n_instances, n_labels = given.values.shape
    rows = rng.integers(0, n_instances, n_pairs)
    columns = rng.integers(0, n_labels, n_pairs)
    return _absent(given, rows, columns)


def frequent_absent_pairs(given: LabelMatrix, n_pairs: int, rng: np.random.Generator) -> Pairs:
    """Return about ``n_pairs`` pairs that are not given, labels drawn by how often they are."""
    drawn = rng.integers(0, max(given.n_given, 1), n_pairs if given.n_given else 0)
    rows = rng.integers(0, given.values.shape[0], len(drawn))
    return _absent(given, rows, given.values.indices[drawn].astype(np.int64))


def rival_absent_pairs(
    given: LabelMatrix, attributes: NDArray[np.int64], n_pairs: int, rng: np.random.Generator
) -> Pairs:
    """Return pairs that are not given, next to a given label of the same attribute.

    Parameters
    ----------
    given : LabelMatrix
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's attribute, -1 for none.
    n_pairs : int
        Given pairs that are drawn; each yields one pair, or none if its attribute is unknown or
        the value drawn is given as well.
    rng : np.random.Generator
    """
    drawn = rng.integers(0, max(given.n_given, 1), n_pairs if given.n_given else 0)
    rows, columns = given.rows_of_pairs()[drawn], given.values.indices[drawn]
    known = attributes[columns] >= 0
    rows, attribute = rows[known], attributes[columns[known]]
    by_attribute = np.argsort(attributes, kind="stable")
    first = np.searchsorted(attributes[by_attribute], attribute, side="left")
    last = np.searchsorted(attributes[by_attribute], attribute, side="right")
    pick = first + (rng.random(len(rows)) * (last - first)).astype(np.int64)
    return _absent(given, rows, by_attribute[pick])


def _absent(given: LabelMatrix, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Pairs:
    free = pairs_in(given.values, rows, columns) < 0
    return Pairs(rows[free], columns[free], np.zeros(int(free.sum()), bool))

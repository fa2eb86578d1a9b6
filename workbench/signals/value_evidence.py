"""What the phrases of a text tell of a value, counted on items that carry values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.matrices import pairs_in

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

# A text that says nothing of any other value of the attribute.
_NOTHING = -9.0
FEATURES = (
    "highest log-odds of a phrase",
    "lowest log-odds of a phrase",
    "mean gain of log-odds",
    "summed gain of log-odds",
    "most items behind a phrase",
    "log-odds of the value",
    "number of known phrases",
    "highest log-odds beyond the best other value",
    "summed gain beyond the best other value",
)


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """On how many items phrases and values meet.

    Parameters
    ----------
    carried : csr_array, shape (n_items, n_labels)
        1 where an item carries a value.
    attribute : ndarray of int64, shape (n_labels,)
        The attribute of each label, from 0 on.
    has_attribute : csr_array, shape (n_items, n_attributes)
        1 where an item has any value of an attribute. Of the others nothing is known.
    with_value : csr_array, shape (n_phrases, n_labels)
        Number of items with both; indices sorted.
    with_attribute : csr_array, shape (n_phrases, n_attributes)
        Number of items with the phrase and any value of the attribute; indices sorted.
    base : ndarray of float64, shape (n_labels,)
        A value's share among the items that have the attribute.
    with_phrase : ndarray of float64, shape (n_phrases,)
        Number of items with the phrase.
    share : ndarray of float64, shape (n_labels,)
        A value's share among all items.
    applied : ndarray of float64, shape (n_attributes,)
        Share of all items that have any value of the attribute.
    """

    carried: csr_array
    attribute: Places
    has_attribute: csr_array
    with_value: csr_array
    with_attribute: csr_array
    base: Floats
    with_phrase: Floats
    share: Floats
    applied: Floats


def count_values(phrases: csr_array, carried: csr_array, attribute: Places) -> ValueCounts:
    """Return the counts of items with ``phrases`` (n_items, n_phrases) and ``carried`` values."""
    n_labels = carried.shape[1]
    n_attributes = int(attribute.max()) + 1 if n_labels else 0
    of_label = csr_array(
        (np.ones(n_labels, np.float32), (np.arange(n_labels), attribute)),
        shape=(n_labels, n_attributes),
    )
    has_attribute = csr_array(carried @ of_label)
    has_attribute.data[:] = 1
    by_phrase = phrases.T.tocsr()
    n_carrying = np.asarray(carried.sum(axis=0), np.float64).ravel()
    n_having = np.asarray(has_attribute.sum(axis=0), np.float64).ravel()
    return ValueCounts(
        carried=_sorted(carried),
        attribute=attribute,
        has_attribute=_sorted(has_attribute),
        with_value=_sorted(by_phrase @ carried),
        with_attribute=_sorted(by_phrase @ has_attribute),
        base=np.clip(n_carrying / np.maximum(n_having[attribute], 1), 1e-5, 1 - 1e-3),
        with_phrase=np.asarray(phrases.sum(axis=0), np.float64).ravel(),
        share=np.clip(n_carrying / max(phrases.shape[0], 1), 0, 1 - 1e-3),
        applied=np.clip(n_having / max(phrases.shape[0], 1), 1e-4, 1 - 1e-3),
    )


def suggested_values(counts: ValueCounts, min_share: float) -> csr_array:
    """Return the values that at least ``min_share`` of the items with a phrase carry.

    Returns
    -------
    csr_array of float32, shape (n_phrases, n_labels)
        1 for a value that the phrase suggests.
    """
    met = counts.with_value.tocoo()
    of_attribute = cells_of(counts.with_attribute, met.row, counts.attribute[met.col])
    kept = met.data >= min_share * (of_attribute + 1)
    ones = np.ones(int(kept.sum()), np.float32)
    return csr_array((ones, (met.row[kept], met.col[kept])), shape=met.shape)


def find_candidates(suggested: csr_array, texts: csr_array) -> csr_array:
    """Return the values that a phrase of each text suggests.

    Parameters
    ----------
    suggested : csr_array, shape (n_phrases, n_labels)
        See `suggested_values`.
    texts : csr_array, shape (n_texts, n_phrases)

    Returns
    -------
    csr_array, shape (n_texts, n_labels)
        1 for a candidate.
    """
    found = csr_array(texts @ suggested)
    found.data[:] = 1
    return found


def pair_features(
    counts: ValueCounts,
    texts: csr_array,
    rows: Places,
    columns: Places,
    *,
    shrinkage: float,
    own_items: Places | None = None,
) -> tuple[Floats, Places]:
    """Return what is known of pairs of a text and a value.

    A phrase gives the share of its items that carry the value, among those that have the
    attribute at all, shrunk towards the share of all items. Its log-odds, and what they gain on
    those of all items, are summed up over the phrases of the text.

    Parameters
    ----------
    counts : ValueCounts
    texts : csr_array, shape (n_texts, n_phrases)
    rows, columns : ndarray of int64, shape (n_pairs,)
        Text and label of each pair. The best other value is sought among them.
    shrinkage : float
        How many items the share of all items weighs.
    own_items : ndarray of int64, shape (n_pairs,), optional
        The item that a text was cut from: it is left out of all counts.

    Returns
    -------
    features : ndarray of float64, shape (n_pairs, n_features)
        See ``FEATURES``.
    n_known : ndarray of int64, shape (n_pairs,)
        Number of phrases that are on any item with the attribute.
    """
    pair, phrase = phrases_of_pairs(texts, rows)
    n_both = cells_of(counts.with_value, phrase, columns[pair])
    n_all = cells_of(counts.with_attribute, phrase, counts.attribute[columns][pair])
    if own_items is not None:
        n_both -= cells_of(counts.carried, own_items, columns)[pair]
        n_all -= cells_of(counts.has_attribute, own_items, counts.attribute[columns])[pair]
    known = n_all > 0
    pair, n_both, n_all = pair[known], n_both[known], n_all[known]
    base = counts.base[columns]
    share = (n_both + shrinkage * base[pair]) / (n_all + shrinkage)
    odds = log_odds(np.clip(share, 1e-4, 1 - 1e-4))
    gain = odds - log_odds(base)[pair]
    n = len(rows)
    n_known = np.bincount(pair, minlength=n)
    summed = np.bincount(pair, gain, minlength=n) / np.sqrt(np.maximum(n_known, 1))
    highest = per_pair(np.maximum, odds, pair, n)
    text_attribute = rows * (int(counts.attribute.max(initial=0)) + 1) + counts.attribute[columns]
    features = (
        highest,
        per_pair(np.minimum, odds, pair, n),
        summed / np.sqrt(np.maximum(n_known, 1)),
        summed,
        per_pair(np.maximum, np.log1p(n_both), pair, n),
        log_odds(base),
        np.log1p(n_known),
        highest - _best_other(highest, text_attribute),
        summed - _best_other(summed, text_attribute),
    )
    return np.column_stack(features), n_known


def phrases_of_pairs(texts: csr_array, rows: Places) -> tuple[Places, Places]:
    """Return the pair that each phrase is of, and the phrases of each pair's text; pairs ascend."""
    lengths = np.diff(texts.indptr)[rows]
    pair = np.repeat(np.arange(len(rows)), lengths)
    first = np.repeat(texts.indptr[rows] - np.r_[0, np.cumsum(lengths)][:-1], lengths)
    return pair, texts.indices[first + np.arange(len(pair))].astype(np.int64)


def cells_of(matrix: csr_array, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> Floats:
    """Return the stored numbers of pairs of a matrix with sorted indices; 0 where absent."""
    found = pairs_in(matrix, rows, columns)
    cells = np.zeros(len(found))
    cells[found >= 0] = matrix.data[found[found >= 0]]
    return cells


def _best_other(values: Floats, group: Places) -> Floats:
    """Return for each value the highest of the others of its group."""
    order = np.lexsort((-values, group))
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0]) if len(order) else order
    sizes = np.diff(np.r_[starts, len(order)])
    ordered = values[order]
    second = np.full(len(starts), _NOTHING)
    second[sizes > 1] = ordered[starts[sizes > 1] + 1]
    others = np.repeat(ordered[starts], sizes)
    others[starts] = second
    best = np.empty(len(values))
    best[order] = others
    return best


def per_pair(choose: np.ufunc, values: Floats, pair: Places, n_pairs: int) -> Floats:
    """Return the highest or lowest value of each pair, 0 where it has none; pairs ascend."""
    chosen = np.zeros(n_pairs)
    if len(pair):
        starts = np.flatnonzero(np.r_[True, np.diff(pair) != 0])
        chosen[pair[starts]] = choose.reduceat(values, starts)
    return chosen


def log_odds(share: Floats) -> Floats:
    """Return ln(p / (1 - p)) of shares in (0, 1)."""
    return np.log(share / (1 - share))


def _sorted(matrix: csr_array) -> csr_array:
    matrix = csr_array(matrix)
    matrix.sort_indices()
    return matrix

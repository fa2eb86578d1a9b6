"""Which phrases of a text speak for a value, and whether its attribute applies to the text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from workbench.signals.value_evidence import (
    Floats,
    Places,
    ValueCounts,
    cells_of,
    log_odds,
    per_pair,
    phrases_of_pairs,
)

# A phrase tells of a value from this lift on.
TELLING_LIFT = 0.3


@dataclass(frozen=True, eq=False)
class TellingPhrases:
    """What the phrases of the text of each pair say of its value; all arrays have a cell a pair.

    Parameters
    ----------
    lift : ndarray of float64
        (p - c) / (1 - c) with p the share among the items with a phrase, shrunk towards c, the
        share among all items; of the phrase where it is highest. At most 1; 0 without a known
        phrase. Counted among *all* items with the phrase, also those without the attribute: a
        value that nearly all items with its attribute carry tells nothing of a text to which the
        attribute may not apply.
    n_telling : ndarray of int64
        Number of phrases with a lift of ``TELLING_LIFT`` or more.
    applies : ndarray of float64
        Probability that the attribute applies to what the text means. ``box`` may stand in the
        titles of processors that come in one; ``storage``, which no item with that attribute has
        in its title, says that no processor is meant.
    best, worst : ndarray of int64
        The phrases of the highest and the lowest lift; -1 without a known phrase.
    """

    lift: Floats
    n_telling: Places
    applies: Floats
    best: Places
    worst: Places


def find_telling_phrases(
    counts: ValueCounts, texts: csr_array, rows: Places, columns: Places, *, shrinkage: float
) -> TellingPhrases:
    """Return which phrases tell of the value of each pair.

    Parameters
    ----------
    counts : ValueCounts
    texts : csr_array, shape (n_texts, n_phrases)
    rows, columns : ndarray of int64, shape (n_pairs,)
        Text and label of each pair.
    shrinkage : float
        How many items the share of all items weighs.

    Notes
    -----
    Whether the attribute applies is judged by the phrase that speaks most for it and the one that
    speaks most against it, as if they were independent (naive Bayes); phrases of a text say the
    same thing too often to be summed up.
    """
    n_pairs = len(rows)
    pair, phrase = phrases_of_pairs(texts, rows)
    column, n_items = columns[pair], counts.with_phrase[phrase]
    base = counts.share[column]
    share = (cells_of(counts.with_value, phrase, column) + shrinkage * base) / (n_items + shrinkage)
    lift = (share - base) / (1 - base)

    attribute = counts.attribute[columns]
    usual = log_odds(counts.applied)
    n_having = cells_of(counts.with_attribute, phrase, attribute[pair])
    applied = (n_having + shrinkage * counts.applied[attribute[pair]]) / (n_items + shrinkage)
    gain = log_odds(np.clip(applied, 1e-5, 1 - 1e-4)) - usual[attribute[pair]]
    gain_for = np.maximum(per_pair(np.maximum, gain, pair, n_pairs), 0)
    gain_against = np.minimum(per_pair(np.minimum, gain, pair, n_pairs), 0)
    odds = usual[attribute] + gain_for + gain_against
    return TellingPhrases(
        lift=per_pair(np.maximum, lift, pair, n_pairs),
        n_telling=np.bincount(pair, lift >= TELLING_LIFT, minlength=n_pairs).astype(np.int64),
        applies=1 / (1 + np.exp(-odds)),
        best=_first_of_each(pair, phrase, -lift, n_pairs),
        worst=_first_of_each(pair, phrase, lift, n_pairs),
    )


def _first_of_each(pair: Places, phrase: Places, order: Floats, n_pairs: int) -> Places:
    """Return the phrase of each pair that comes first in ``order``, the lower one among equals."""
    first = np.full(n_pairs, -1, np.int64)
    if len(pair):
        starts = np.flatnonzero(np.r_[True, np.diff(pair) != 0])
        lowest = per_pair(np.minimum, order, pair, n_pairs)[pair]
        among = np.where(order == lowest, phrase, np.iinfo(np.int64).max)
        first[pair[starts]] = np.minimum.reduceat(among, starts)
    return first

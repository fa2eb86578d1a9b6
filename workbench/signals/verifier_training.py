"""What the verifier learns from: pieces of titles, with values that are valid for them or not."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from workbench.signals.value_evidence import (
    Floats,
    Places,
    ValueCounts,
    cells_of,
    find_candidates,
    suggested_values,
)


def cut_spans(
    titles: list[list[str]], n_spans: int, longest: int, rng: np.random.Generator
) -> tuple[list[list[str]], Places]:
    """Return pieces of titles of random length, each with the position of its item."""
    filled = np.flatnonzero([len(words) > 0 for words in titles])
    if not len(filled):
        return [], np.empty(0, np.int64)
    items = rng.choice(filled, n_spans)
    spans = []
    for item in items:
        words = titles[item]
        length = int(rng.integers(1, min(longest, len(words)) + 1))
        start = int(rng.integers(0, len(words) - length + 1))
        spans.append(words[start : start + length])
    return spans, items.astype(np.int64)


def draw_training_pairs(
    counts: ValueCounts,
    texts: csr_array,
    items: Places,
    *,
    min_share: float,
    n_others: int,
    rng: np.random.Generator,
) -> tuple[Places, Places, Floats]:
    """Return the pieces and values to learn from, with a weight each.

    Parameters
    ----------
    counts : ValueCounts
    texts : csr_array, shape (n_pieces, n_phrases)
    items : ndarray of int64, shape (n_pieces,)
        The item that each piece was cut from.
    min_share : float
        See `suggested_values`; all candidates and all values of the item are among the pairs.
    n_others : int
        Values drawn at random for each piece and attribute; each weighs as many as it stands for.
    rng : Generator

    Returns
    -------
    rows, columns : ndarray of int64, shape (n_pairs,)
    weight : ndarray of float64, shape (n_pairs,)
    """
    own = csr_array(counts.carried[items])
    chosen = csr_array(find_candidates(suggested_values(counts, min_share), texts) + own)
    chosen.data[:] = 1
    having = counts.has_attribute[items].tocoo()
    piece = np.repeat(having.row.astype(np.int64), n_others)
    attribute = np.repeat(having.col, n_others)
    by_attribute = np.argsort(counts.attribute, kind="stable")
    sizes = np.bincount(counts.attribute)
    drawn = (rng.random(len(piece)) * sizes[attribute]).astype(np.int64)
    label = by_attribute[(np.cumsum(sizes) - sizes)[attribute] + drawn]
    stands_for = (sizes[attribute] / max(n_others, 1)).astype(np.float32)
    others = csr_array((stands_for, (piece, label)), shape=chosen.shape)
    others = csr_array(others - others * chosen)
    others.eliminate_zeros()
    pairs = csr_array(chosen + others).tocoo()
    rows, columns = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    # An item without any value of an attribute says nothing of its values.
    judged = cells_of(counts.has_attribute, items[rows], counts.attribute[columns]) > 0
    return rows[judged], columns[judged], pairs.data[judged].astype(np.float64)

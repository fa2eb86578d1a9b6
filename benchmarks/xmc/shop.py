"""Shop queries made up from a known structure: short texts, many labels, most of them rare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

# Shares of queries with 1, 2, 3, 4 and 5 labels: three on average.
_LABELS_A_QUERY = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
# How often a word of a query's label is the one that the label has for its own.
_OWN_WORD = 0.6
_LABELS_A_CATEGORY = 50
# So many words are drawn for a query; the first distinct ones are kept.
_DRAWS_A_WORD = 3


@dataclass(frozen=True)
class ShopShape:
    """How large the data set is and how hard.

    Parameters
    ----------
    n_queries, n_features, n_labels : int
    n_words : int
        Distinct words of every query.
    noise : float
        Share of the words that have nothing to do with a query's labels.
    same_category : float
        Share of the further labels that come from the category of the first.
    words_a_label : int
        Its own and those that it shares with its category, at least 2.
    """

    n_queries: int
    n_features: int = 100_000
    n_labels: int = 100_000
    n_words: int = 5
    noise: float = 0.36
    same_category: float = 0.6
    words_a_label: int = 3


def generate_shop(shape: ShopShape, seed: int) -> tuple[csr_array, csr_array]:
    """Return queries and their labels.

    A label has a word of its own, mostly rare, and others that it shares with its category of 50
    labels. A query draws 1 to 5 labels, the first by a Zipf law and most of the others from
    the same category, and then words of these labels, the own one most often, and noise. A word
    weighs its inverse document frequency; rows have length 1.

    Parameters
    ----------
    shape : ShopShape
    seed : int

    Returns
    -------
    X : csr_array of float32, shape (n_queries, n_features)
    Y : csr_array of float32, shape (n_queries, n_labels)
    """
    rng = np.random.default_rng(seed)
    words_of_label = _draw_vocabulary(shape, rng)
    labels, counts = _draw_labels(shape, rng)
    words = _draw_words(shape, words_of_label, labels, counts, rng)
    return _weigh_words(words, shape.n_features), _label_matrix(labels, counts, shape.n_labels)


def _zipf_draws(
    n_values: int, size: tuple[int, ...], exponent: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return draws from 0 to n_values - 1 where value i has the weight (i + 10)^-exponent."""
    heights = np.cumsum((np.arange(n_values) + 10.0) ** -exponent)
    return np.searchsorted(heights, rng.random(size) * heights[-1], side="right")


def _draw_vocabulary(shape: ShopShape, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the words of every label, shape (n_labels, words_a_label), its own word first."""
    n_categories = -(-shape.n_labels // _LABELS_A_CATEGORY)
    n_shared = max(20, 3 * shape.words_a_label)
    of_category = _zipf_draws(shape.n_features, (n_categories, n_shared), 0.8, rng)
    category = np.arange(shape.n_labels) % n_categories
    slots = _zipf_draws(n_shared, (shape.n_labels, shape.words_a_label), 1.0, rng)
    words = of_category[category[:, None], slots]
    words[:, 0] = rng.integers(shape.n_features, size=shape.n_labels)
    return words


def _draw_labels(
    shape: ShopShape, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return five labels for every query and how many of them count."""
    n_queries, n_labels = shape.n_queries, shape.n_labels
    n_most = len(_LABELS_A_QUERY)
    counts = 1 + rng.choice(n_most, size=n_queries, p=_LABELS_A_QUERY)
    labels = _zipf_draws(n_labels, (n_queries, n_most), 0.7, rng)
    # Label l belongs to category l modulo the number of categories, so that every category has
    # labels of all degrees of popularity.
    n_categories = -(-n_labels // _LABELS_A_CATEGORY)
    rank = _zipf_draws(_LABELS_A_CATEGORY, (n_queries, n_most - 1), 1.0, rng)
    nearby = labels[:, :1] % n_categories + rank * n_categories
    chosen = (rng.random(nearby.shape) < shape.same_category) & (nearby < n_labels)
    labels[:, 1:] = np.where(chosen, nearby, labels[:, 1:])
    return labels, counts


def _draw_words(
    shape: ShopShape,
    words_of_label: NDArray[np.int64],
    labels: NDArray[np.int64],
    counts: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return the distinct words of every query, shape (n_queries, n_words)."""
    size = (shape.n_queries, shape.n_words * _DRAWS_A_WORD)
    # The labels take turns, so that each gets a word before one gets a second.
    turn = np.arange(size[1]) % counts[:, None]
    n_others = shape.words_a_label - 1
    chances = [_OWN_WORD] + [(1 - _OWN_WORD) / n_others] * n_others
    slot = rng.choice(shape.words_a_label, size=size, p=chances)
    drawn = words_of_label[np.take_along_axis(labels, turn, axis=1), slot]
    noise = _zipf_draws(shape.n_features, size, 1.0, rng)
    drawn = np.where(rng.random(size) < shape.noise, noise, drawn)
    return _first_distinct(drawn, shape, rng)


def _first_distinct(
    drawn: NDArray[np.int64], shape: ShopShape, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the first n_words distinct values of every row, filled up with any words."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ordered = np.take_along_axis(drawn, order, axis=1)
    is_new = np.ones(drawn.shape, bool)
    np.put_along_axis(is_new, order[:, 1:], ordered[:, 1:] != ordered[:, :-1], axis=1)
    first = np.argsort(~is_new, axis=1, kind="stable")[:, : shape.n_words]
    words = np.take_along_axis(drawn, first, axis=1)
    missing = ~np.take_along_axis(is_new, first, axis=1)
    words[missing] = rng.integers(shape.n_features, size=int(missing.sum()))
    return words


def _weigh_words(words: NDArray[np.int64], n_features: int) -> csr_array:
    n_queries, n_words = words.shape
    indptr = np.arange(n_queries + 1, dtype=np.int32) * n_words
    ones = np.ones(words.size, np.float32)
    X = csr_array((ones, words.ravel().astype(np.int32), indptr), (n_queries, n_features))
    X.sum_duplicates()
    support = np.bincount(X.indices, minlength=n_features)
    weight = np.log((1 + n_queries) / (1 + support)) + 1
    X.data = weight[X.indices].astype(np.float32)
    lengths = np.sqrt(np.add.reduceat(X.data * X.data, X.indptr[:-1]))
    X.data /= np.repeat(lengths, np.diff(X.indptr))
    return X


def _label_matrix(labels: NDArray[np.int64], counts: NDArray[np.int64], n_labels: int) -> csr_array:
    counted = np.arange(labels.shape[1]) < counts[:, None]
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    ones = np.ones(indptr[-1], np.float32)
    Y = csr_array((ones, labels[counted].astype(np.int32), indptr), (len(counts), n_labels))
    Y.sum_duplicates()
    Y.data[:] = 1
    return Y

"""What many issues may have in common: a word, a clicked item, a branch, a source, a swap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.hierarchy import lines_of
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in
from workbench.signals.phrases import find_words, number_phrases, phrase_rows

_LABELS_PER_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Causes:
    """Possible causes of one kind, and who has them.

    Parameters
    ----------
    kind : str
        ``word``, ``item``, ``branch``, ``source`` or ``swap``.
    names : pd.Index of str, length n_causes
    sentence : str
        With the places ``{label}``, ``{state}`` and ``{cause}``.
    of_instances : csr_array, shape (n_instances, n_causes), optional
        A stored value says that all pairs of an instance have the cause.
    of_pairs : csr_array of int64, shape (n_instances, n_labels), optional
        Instead: one more than the position of a pair's only cause.
    fits, misfits : csr_array, shape (n_labels, n_causes), optional
        A stored value says that the cause is one for the label, or that it is none; without
        them every one is.
    groups : ndarray of int64, shape (n_labels,), optional
        Where the causes are labels: one is a cause for others of its group.
    """

    kind: str
    names: pd.Index
    sentence: str
    of_instances: csr_array | None = None
    of_pairs: csr_array | None = None
    fits: csr_array | None = None
    misfits: csr_array | None = None
    groups: NDArray[np.int64] | None = None

    def of(self, pairs: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return each cause of each pair: the position of the pair, and that of the cause."""
        if self.of_pairs is not None:
            found = pairs_in(self.of_pairs, pairs.rows, pairs.columns)
            pair = np.flatnonzero(found >= 0)
            return pair, self.of_pairs.data[found[pair]].astype(np.int64) - 1
        assert self.of_instances is not None
        held = self.of_instances
        n_causes = np.diff(held.indptr)[pairs.rows]
        pair = np.repeat(np.arange(len(pairs)), n_causes)
        place = np.arange(len(pair)) - np.repeat(np.cumsum(n_causes) - n_causes, n_causes)
        cause = held.indices[held.indptr[pairs.rows[pair]] + place].astype(np.int64)
        kept = np.ones(len(pair), bool)
        if self.fits is not None:
            kept &= pairs_in(self.fits, pairs.columns[pair], cause) >= 0
        if self.misfits is not None:
            kept &= pairs_in(self.misfits, pairs.columns[pair], cause) < 0
        if self.groups is not None:
            kept &= self.groups[pairs.columns[pair]] == self.groups[cause]
        return pair[kept], cause[kept]

    def count(
        self, pairs: Pairs, labels: NDArray[np.int64], causes: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return how many of the pairs have each of some labels with each of some causes.

        Parameters
        ----------
        pairs : Pairs
        labels, causes : ndarray of int64, shape (n_wanted,)
        """
        if self.of_pairs is not None:
            pair, cause = self.of(pairs)
            width = len(self.names)
            distinct, counts = np.unique(pairs.columns[pair] * width + cause, return_counts=True)
            return _looked_up(labels * width + causes, distinct, counts)
        assert self.of_instances is not None
        asked_labels, label_at = np.unique(labels, return_inverse=True)
        asked_causes, cause_at = np.unique(causes, return_inverse=True)
        held = csr_array(self.of_instances[:, asked_causes].astype(np.int32))
        place = np.searchsorted(asked_labels, pairs.columns)
        place = np.minimum(place, max(len(asked_labels) - 1, 0))
        asked = asked_labels[place] == pairs.columns if len(asked_labels) else place < 0
        shape = (len(asked_labels), held.shape[0])
        ones = np.ones(int(asked.sum()), np.int32)
        carriers = csr_array((ones, (place[asked], pairs.rows[asked])), shape=shape)
        counts = np.zeros(len(labels), np.int64)
        for start in range(0, len(asked_labels), _LABELS_PER_BLOCK):
            block = csr_array(carriers[start : start + _LABELS_PER_BLOCK] @ held)
            block.sort_indices()
            here = np.flatnonzero((label_at >= start) & (label_at < start + _LABELS_PER_BLOCK))
            found = pairs_in(block, label_at[here] - start, cause_at[here])
            counts[here[found >= 0]] = block.data[found[found >= 0]]
        return counts


def words_of_texts(texts: Sequence[str], asked: NDArray[np.int64], *, fewest: int) -> Causes:
    """Return the words, and pairs of neighbouring words, of the texts.

    Parameters
    ----------
    texts : sequence of str, length n_instances
    asked : ndarray of int64
        The instances with issues: words of fewer than ``fewest`` of them are left out.
    fewest : int
    """
    words = [find_words(text) for text in texts]
    positions = number_phrases((words[row] for row in asked), min_texts=fewest)
    return Causes(
        "word",
        pd.Index(list(positions), dtype="str"),
        "{label} {state} where the text says '{cause}'",
        of_instances=phrase_rows(words, positions),
    )


def clicked_items(
    clicks: pd.DataFrame,
    items: pd.DataFrame,
    item_labels: pd.DataFrame,
    instance_ids: pd.Index,
    label_ids: pd.Index,
) -> Causes:
    """Return the items that were clicked, each a cause for the labels that it carries.

    Parameters
    ----------
    clicks : pd.DataFrame
        ``instance_id, item_id, clicks``.
    items : pd.DataFrame
        ``item_id, title``.
    item_labels : pd.DataFrame
        ``item_id, label_id``.
    instance_ids, label_ids : pd.Index of str
    """
    item_ids = pd.Index(items["item_id"])
    clicked = clicks[clicks["clicks"] > 0]
    titles = items["title"].fillna("").astype("str") + " (" + items["item_id"].astype("str") + ")"
    return Causes(
        "item",
        pd.Index(titles, dtype="str"),
        "{label} {state} where {cause} was clicked",
        of_instances=_stored(instance_ids, clicked["instance_id"], item_ids, clicked["item_id"]),
        fits=_stored(label_ids, item_labels["label_id"], item_ids, item_labels["item_id"]),
    )


def branches_of_tree(given: LabelMatrix, parents: NDArray[np.int64]) -> Causes:
    """Return the given labels of trees, each a cause for labels that are not on its line.

    Parameters
    ----------
    given : LabelMatrix
    parents : ndarray of int64, shape (n_labels,)
        See :func:`workbench.issues.hierarchy.parents_of`.
    """
    n_labels = len(parents)
    in_tree = np.zeros(n_labels, bool)
    in_tree[parents[parents >= 0]] = True
    in_tree |= parents >= 0
    inside = in_tree[given.values.indices]
    shape = given.values.shape
    places = (given.rows_of_pairs()[inside], given.values.indices[inside])
    held = csr_array((np.ones(int(inside.sum()), bool), places), shape=shape)
    return Causes(
        "branch",
        given.label_ids,
        "{label} {state} within {cause}",
        of_instances=held,
        misfits=lines_of(parents),
    )


def lone_sources(votes: pd.DataFrame, instance_ids: pd.Index, label_ids: pd.Index) -> Causes:
    """Return the source of each pair that a single source votes for.

    Parameters
    ----------
    votes : pd.DataFrame
        ``instance_id, label_id, source, level``; a level of 0 speaks against. Texts may be
        categories.
    instance_ids, label_ids : pd.Index of str
    """
    votes = votes[votes["level"] > 0]
    row = instance_ids.get_indexer(pd.Index(votes["instance_id"]))
    column = label_ids.get_indexer(pd.Index(votes["label_id"]))
    source, names = pd.factorize(votes["source"], sort=True)
    known = (row >= 0) & (column >= 0)
    pairs, shape = (row[known], column[known]), (len(instance_ids), len(label_ids))
    n_sources = csr_array((np.ones(len(pairs[0]), np.int32), pairs), shape=shape)
    # Equal pairs are summed up; where there is one vote the sum is its source.
    matrix = csr_array((source[known].astype(np.int32) + 1, pairs), shape=shape)
    matrix.data[n_sources.data > 1] = 0
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return Causes(
        "source",
        pd.Index(names, dtype="str"),
        "{label} {state} where {cause} alone votes for it",
        of_pairs=matrix,
    )


def suggested_instead(
    missing: Pairs, shape: tuple[int, int], attributes: NDArray[np.int64], label_ids: pd.Index
) -> Causes:
    """Return the labels that look missing, each a cause for other values of its attribute.

    Parameters
    ----------
    missing : Pairs
    shape : (int, int)
        Instances and labels.
    attributes : ndarray of int64, shape (n_labels,)
        Code of each label's attribute, -1 for none.
    label_ids : pd.Index of str
    """
    known = missing.take(attributes[missing.columns] >= 0)
    held = csr_array((np.ones(len(known), bool), (known.rows, known.columns)), shape=shape)
    held.sum_duplicates()
    return Causes(
        "swap",
        label_ids,
        "{label} {state} where {cause} is likely",
        of_instances=held,
        groups=attributes,
    )


def _stored(rows: pd.Index, row: pd.Series, columns: pd.Index, column: pd.Series) -> csr_array:
    """Return which rows and columns stand together; ids that are not on the axes are none."""
    r, c = rows.get_indexer(pd.Index(row)), columns.get_indexer(pd.Index(column))
    known = (r >= 0) & (c >= 0)
    ones = np.ones(int(known.sum()), bool)
    matrix = csr_array((ones, (r[known], c[known])), shape=(len(rows), len(columns)))
    matrix.sum_duplicates()
    return matrix


def _looked_up(
    wanted: NDArray[np.int64], keys: NDArray[np.int64], values: NDArray[np.integer]
) -> NDArray[np.int64]:
    if not len(keys):
        return np.zeros(len(wanted), np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0).astype(np.int64)

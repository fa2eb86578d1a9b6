"""Instances that say the same and do not carry the same labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.conflicts import Conflicts
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, pairs_in
from workbench.sparse import rows_of
from workbench.text import normalise

# The same words mean the same; the order of words tells something, rarely.
_TOLERANCE = 0.01
# An instance is compared with so many of its duplicates at most.
_MOST_LINKS = 10
_MAX_SHOWN = 60


def same_text(texts: Sequence[str], *, most_links: int = _MOST_LINKS) -> csr_array:
    """Return which instances have the same words in any order, or the same letters.

    Texts are compared in their normal form, letters without spaces; an empty text is like no
    other.

    Parameters
    ----------
    texts : sequence of str, length n_instances
    most_links : int
        Of more duplicates an instance is linked to so many.

    Returns
    -------
    csr_array of bool, shape (n_instances, n_instances)
        Symmetric, an instance and itself left out.

    Examples
    --------
    >>> same_text(["Red shoe", "shoe  RED", "redshoe", "red"]).nonzero()[1].tolist()
    [1, 2, 0, 0]
    """
    words = [normalise(text).split() for text in texts]
    one, other = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for keys in ([" ".join(sorted(w)) for w in words], ["".join(w) for w in words]):
        first, second = _links(keys, max(1, most_links // 2))
        one += [first, second]
        other += [second, first]
    rows, columns = np.concatenate(one), np.concatenate(other)
    links = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=(len(words), len(words)))
    links.sum_duplicates()
    return links


def alike(neighbours: csr_array, *, least: float) -> csr_array:
    """Return the neighbours whose similarity is at least this, shape (n_instances, n_instances).

    Parameters
    ----------
    neighbours : csr_array of float, shape (n_instances, n_instances)
        The similarity of each neighbour, such as
        :func:`workbench.issues.neighbours.nearest_neighbours` returns.
    least : float
    """
    rows = rows_of(neighbours)
    kept = neighbours.data >= least
    one, other = rows[kept], neighbours.indices[kept]
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    links = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=neighbours.shape)
    links.sum_duplicates()
    return links


def other_labels(
    given: LabelMatrix,
    links: csr_array,
    texts: Sequence[str],
    *,
    rule: str,
    how: str,
    tolerance: float | None = _TOLERANCE,
    fewest: int = 1,
) -> Conflicts:
    """Return the labels that an instance carries and one that is like it does not.

    Parameters
    ----------
    given : LabelMatrix
    links : csr_array of bool, shape (n_instances, n_instances)
        Symmetric: which instances are alike.
    texts : sequence of str, length n_instances
    rule : str
    how : str
        How they are alike, to follow a text in a sentence.
    tolerance : float, optional
        See `Conflicts`. Without it the share of given pairs that the other one lacks is taken:
        an upper bound, for some of them are the errors looked for.
    fewest : int
        Duplicates that an instance needs for its labels to be called issues.

    Returns
    -------
    Conflicts
        The given pair, and that of the other instance. Only a side whose state at most half of
        its duplicates share may be called an issue; couples of which neither may are left out.
    """
    carried = given.values.astype(np.int32)
    one, other = (axis.astype(np.int64) for axis in links.nonzero())
    links = csr_array(links.astype(np.int32))
    n_alike = np.diff(links.indptr)
    n_carry = csr_array(links @ carried)
    n_carry.sort_indices()
    length = np.diff(given.values.indptr)[one]
    link = np.repeat(np.arange(len(one)), length)
    place = np.arange(len(link)) - np.repeat(np.cumsum(length) - length, length)
    columns = given.values.indices[given.values.indptr[one[link]] + place].astype(np.int64)
    differs = pairs_in(given.values, other[link], columns) < 0
    if tolerance is None:
        tolerance = float((differs.sum() + 1) / (len(differs) + 1))
    link, columns = link[differs], columns[differs]
    every = np.ones(len(link), bool)
    has, lacks = Pairs(one[link], columns, every), Pairs(other[link], columns, ~every)
    with_it = _counts(n_carry, has), _counts(n_carry, lacks)
    others = n_alike[has.rows], n_alike[lacks.rows]
    outvoted = 2 * with_it[0] <= others[0], 2 * with_it[1] >= others[1]
    may_doubt = np.stack(
        [side & (n >= fewest) for side, n in zip(outvoted, others, strict=True)], axis=1
    )
    open_ = np.flatnonzero(may_doubt.any(axis=1))
    has, lacks, may_doubt = has.take(open_), lacks.take(open_), may_doubt[open_]
    with_it = with_it[0][open_], with_it[1][open_]

    shown = _first_of_pair(has), _first_of_pair(lacks)

    def tell(i: int, of_first: bool) -> str:
        side, mine, theirs = (0, has, lacks) if of_first else (1, lacks, has)
        row, n_with = int(mine.rows[i]), int(with_it[side][i])
        text = f"'{_short(texts[int(theirs.rows[shown[side][i]])])}'"
        verb = "does not carry it" if of_first else "carries it"
        n_others = int(n_alike[row])
        if n_others == 1:
            return f"{text} {how} and {verb}"
        n_against = n_others - n_with if of_first else n_with
        return f"{text} {how} and {verb}, as {n_against} of {n_others} such instances"

    return Conflicts(rule, has, lacks, np.full(len(has), tolerance), tell, may_doubt)


def _first_of_pair(pairs: Pairs) -> NDArray[np.int64]:
    """Return for each pair where it stands first, so that all its conflicts are told alike."""
    keys = pairs.rows * (int(pairs.columns.max(initial=0)) + 1) + pairs.columns
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.int64)


def _counts(matrix: csr_array, pairs: Pairs) -> NDArray[np.int64]:
    found = pairs_in(matrix, pairs.rows, pairs.columns)
    counts = np.zeros(len(pairs), np.int64)
    counts[found >= 0] = matrix.data[found[found >= 0]]
    return counts


def _links(keys: Sequence[str], n_next: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return couples of the same key: each position with the next ones of its key, in a ring."""
    code = pd.factorize(pd.Series(keys, dtype="str"))[0].astype(np.int64)
    code[[not key for key in keys]] = -1
    order = np.argsort(code, kind="stable")
    order = order[code[order] >= 0]
    _, start, size = np.unique(code[order], return_index=True, return_counts=True)
    start, size = np.repeat(start, size), np.repeat(size, size)
    place = np.arange(len(order)) - start
    one, other = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for step in range(1, n_next + 1):
        far = np.flatnonzero(size > step)
        one.append(order[far])
        other.append(order[start[far] + (place[far] + step) % size[far]])
    return np.concatenate(one), np.concatenate(other)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"

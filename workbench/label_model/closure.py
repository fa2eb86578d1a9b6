"""What follows from a label by the taxonomy: whatever is a sneaker is a shoe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.label_model.patterns import overturned

_PAIR = ["instance_id", "label_id"]
# Pairs that are closed at a time: all ancestors of each are in memory.
_BLOCK = 200_000
_LIKELY = 0.5


def close_upwards(posterior: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the posterior in which no ancestor is less likely than a label below it.

    A parent is no vote of its own: it is true whenever the child is, so counting it as evidence
    would count the child's evidence twice. It gets at least the child's posterior instead.

    Parameters
    ----------
    posterior : pd.DataFrame
        ``instance_id, label_id, posterior`` and the evidence, one row a pair.
    labels : pd.DataFrame
        ``label_id, parent_id``; ``parent_id`` is null for a root.

    Returns
    -------
    pd.DataFrame
        The same rows and, behind them and in the order of their ids, those of ancestors that
        nobody voted on, with a column ``implied_by``: the label below from which a raised
        posterior comes, null where none was raised. In a row that is new the evidence is 0 and
        nobody voted. A reviewed pair keeps the posterior of its verdict; ``implied_by`` then
        names the label that contradicts it. ``overturned`` follows the posterior.

    Raises
    ------
    InputError
        If the parents run in a circle.

    Examples
    --------
    >>> posterior = pd.DataFrame(
    ...     {"instance_id": ["q"], "label_id": ["Sneakers"], "posterior": [0.75]})
    >>> labels = pd.DataFrame({"label_id": ["Shoes", "Sneakers"], "parent_id": [None, "Shoes"]})
    >>> closed = close_upwards(posterior, labels)
    >>> closed[["label_id", "posterior", "implied_by"]].to_numpy().tolist()
    [['Sneakers', 0.75, nan], ['Shoes', 0.75, 'Sneakers']]
    """
    tree = _Tree(labels)
    instances, instance_ids = pd.factorize(posterior["instance_id"], sort=True)
    own = tree.find(posterior["label_id"])
    belief = posterior["posterior"].to_numpy()
    raised, by = belief.copy(), np.full(len(posterior), -1)
    added: list[_Implied] = []
    by_instance = np.argsort(instances, kind="stable")
    for rows in _blocks(by_instance, instances[by_instance]):
        implied = tree.imply(instances[rows], own[rows], belief[rows])
        mine = tree.key(instances[rows], own[rows])
        order = np.argsort(mine, kind="stable")
        place = np.minimum(np.searchsorted(mine[order], implied.key), len(rows) - 1)
        is_known = mine[order][place] == implied.key
        known, there = implied.take(is_known), rows[order][place[is_known]]
        higher = known.belief > belief[there]
        raised[there[higher]] = known.belief[higher]
        by[there[higher]] = known.by[higher]
        added.append(implied.take(~is_known))
    if "reviewed" in posterior:
        settled = posterior["reviewed"].to_numpy(dtype=bool)
        # A label below that is unlikely itself does not contradict the verdict "absent".
        by[settled & (raised <= _LIKELY)] = -1
        raised[settled] = belief[settled]
    new = _joined(added, belief.dtype)
    closed = _with_rows(
        posterior.assign(posterior=raised),
        instance_ids.take(new.key // tree.n_places),
        tree.label_ids.take(new.key % tree.n_places),
        new.belief,
    )
    implied_by = pd.array(tree.label_ids, dtype="str").take(
        np.concatenate([by, new.by]), allow_fill=True
    )
    closed["implied_by"] = implied_by
    if "overturned" in closed:
        closed["overturned"] = overturned(
            closed["votes_for"].to_numpy(),
            closed["votes_against"].to_numpy(),
            closed["posterior"].to_numpy(),
        )
    return closed


@dataclass(frozen=True, eq=False)
class _Implied:
    """What ancestors get from the labels below them.

    Parameters
    ----------
    key : ndarray of int64
        As of `_Tree.key`; ascending.
    belief : ndarray of float, same shape
    by : ndarray of int64, same shape
        The label below.
    """

    key: NDArray[np.int64]
    belief: NDArray[np.floating]
    by: NDArray[np.int64]

    def take(self, kept: NDArray[np.bool_]) -> _Implied:
        return _Implied(self.key[kept], self.belief[kept], self.by[kept])


class _Tree:
    """The labels, in the order of their ids, and the parent of each."""

    def __init__(self, labels: pd.DataFrame) -> None:
        links = labels.loc[labels["parent_id"].notna(), ["label_id", "parent_id"]].astype("str")
        every = pd.concat([labels["label_id"].astype("str"), links["parent_id"]])
        self.label_ids = pd.Index(every.unique()).sort_values()
        # The last place is that of every label that is not here, and of "no parent".
        self.n_places = len(self.label_ids) + 1
        self._parent = np.full(self.n_places, -1)
        self._parent[self.find(links["label_id"])] = self.find(links["parent_id"])
        above = self._parent
        for _ in range(self.n_places):
            if (above < 0).all():
                return
            above = self._parent[above]
        raise InputError("labels: the parents run in a circle; correct one parent_id")

    def find(self, label_ids: pd.Series) -> NDArray[np.intp]:
        """Return the places of labels, the last one for those that are not here."""
        found = self.label_ids.get_indexer(pd.Index(label_ids))
        return np.where(found < 0, self.n_places - 1, found)

    def key(self, instances: NDArray[np.intp], labels: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return one number a pair, in the order of the ids."""
        return instances.astype(np.int64) * self.n_places + labels

    def imply(
        self, instances: NDArray[np.intp], labels: NDArray[np.intp], belief: NDArray[np.floating]
    ) -> _Implied:
        """Return what follows from pairs: the most likely label below each ancestor."""
        # The likeliest first, of equal ones the first by name: so the first of a key counts.
        order = np.lexsort([labels, -belief])
        at = self._parent[labels[order]]
        keys, ranks = [np.empty(0, np.int64)], [np.empty(0, np.intp)]
        while (at >= 0).any():
            here = np.flatnonzero(at >= 0)
            keys.append(self.key(instances[order[here]], at[here]))
            ranks.append(here)
            at = self._parent[at]
        rank = np.concatenate(ranks)
        by_rank = np.argsort(rank, kind="stable")
        key, first = np.unique(np.concatenate(keys)[by_rank], return_index=True)
        best = order[rank[by_rank[first]]]
        return _Implied(key, belief[best], labels[best].astype(np.int64))


def _blocks(order: NDArray[np.intp], instances: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield the rows in parts, all pairs of an instance in one."""
    start = 0
    while start < len(order):
        last = instances[min(start + _BLOCK, len(order)) - 1]
        stop = int(np.searchsorted(instances, last, side="right"))
        yield order[start:stop]
        start = stop


def _joined(parts: list[_Implied], kind: np.dtype) -> _Implied:
    none = _Implied(np.empty(0, np.int64), np.empty(0, kind), np.empty(0, np.int64))
    every = [none, *parts]
    return _Implied(
        np.concatenate([part.key for part in every]),
        np.concatenate([part.belief for part in every]),
        np.concatenate([part.by for part in every]),
    )


def _with_rows(
    posterior: pd.DataFrame,
    instance_ids: pd.Index,
    label_ids: pd.Index,
    belief: NDArray[np.floating],
) -> pd.DataFrame:
    """Return the rows and behind them new ones, in which "nothing was said": zeros."""
    columns: dict[str, object] = {}
    for name, kind in posterior.dtypes.items():
        if name == "instance_id":
            columns["instance_id"] = pd.Series(instance_ids).astype(kind)
        elif name == "label_id":
            columns["label_id"] = pd.Series(label_ids).astype(kind)
        elif name == "posterior":
            columns["posterior"] = belief
        else:
            columns[str(name)] = pd.Series(0, index=range(len(belief))).astype(kind)
    if not len(belief):
        return posterior.reset_index(drop=True)
    return pd.concat([posterior, pd.DataFrame(columns)], ignore_index=True)

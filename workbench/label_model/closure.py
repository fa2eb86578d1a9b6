"""What follows from a label by the taxonomy: whatever is a sneaker is a shoe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.label_model.patterns import overturned

_PAIR = ["instance_id", "label_id"]
_ROOT = -1
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
    parents = labels.loc[labels["parent_id"].notna(), ["label_id", "parent_id"]].astype("str")
    ids = pd.concat([posterior["label_id"], parents["label_id"], parents["parent_id"]])
    codes, names = pd.factorize(ids, sort=True)
    n, n_edges = len(posterior), len(parents)
    parent = np.full(len(names), _ROOT)
    parent[codes[n : n + n_edges]] = codes[n + n_edges :]
    rows, instances = pd.factorize(posterior["instance_id"], sort=True)
    # A pair is one number, and numbers are in the order of the ids.
    pair = rows * np.int64(len(names)) + codes[:n]
    highest = _highest_below(pair, posterior["posterior"].to_numpy(), parent)
    order = np.argsort(pair)
    at = np.searchsorted(pair, highest.pair, sorter=order)
    at = np.where(at < n, order[np.minimum(at, n - 1)], -1) if n else np.zeros(0, np.int64)
    is_known = (at >= 0) & (pair[at] == highest.pair)
    known, new = highest.take(is_known), highest.take(~is_known)
    closed = _with_rows(posterior, instances[new.pair // len(names)], names[new.pair % len(names)])
    raised = np.concatenate([at[is_known], np.arange(n, len(closed))])
    _raise(closed, raised, known.joined_by(new), names, n)
    return closed


@dataclass(frozen=True, eq=False)
class _Below:
    """Of each pair the most likely label below it: its posterior and its code."""

    pair: NDArray[np.int64]
    posterior: NDArray[np.floating]
    label: NDArray[np.int64]

    def take(self, rows: NDArray[np.generic]) -> _Below:
        return _Below(self.pair[rows], self.posterior[rows], self.label[rows])

    def joined_by(self, other: _Below) -> _Below:
        return _Below(
            np.concatenate([self.pair, other.pair]),
            np.concatenate([self.posterior, other.posterior]),
            np.concatenate([self.label, other.label]),
        )

    def best(self) -> _Below:
        """Return one row a pair: the highest posterior, of equal ones the first label."""
        order = np.lexsort((self.label, -self.posterior, self.pair))
        sorted_ = self.pair[order]
        is_first = np.ones(len(order), bool)
        is_first[1:] = sorted_[1:] != sorted_[:-1]
        return self.take(order[is_first])


def _highest_below(
    pair: NDArray[np.int64], posterior: NDArray[np.floating], parent: NDArray[np.int64]
) -> _Below:
    """Return the best label below each ancestor, in the order of the pairs.

    From the deepest labels upwards: of the children of one parent only the best matters above.
    """
    n_labels = max(len(parent), 1)
    label = pair % n_labels
    own = _Below(pair, posterior, label)
    depth = _depths(parent)
    own_depth = depth[label]
    here = own.take(np.zeros(0, np.int64))
    found = [here]
    for level in range(int(depth.max(initial=0)), 0, -1):
        children = here.joined_by(own.take(own_depth == level))
        child = children.pair % n_labels
        upwards = children.pair - child + parent[child]
        here = _Below(upwards, children.posterior, children.label).best()
        found.append(here)
    every = found[0]
    for one in found[1:]:
        every = every.joined_by(one)
    return every.take(np.argsort(every.pair))


def _depths(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of ancestors of each label."""
    depth = np.zeros(len(parent), np.int64)
    above = parent.copy()
    for _ in range(len(parent)):
        is_below = above != _ROOT
        if not is_below.any():
            return depth
        depth[is_below] += 1
        above[is_below] = parent[above[is_below]]
    if (above != _ROOT).any():
        raise InputError("labels: the parents run in a circle; correct one parent_id")
    return depth


def _with_rows(posterior: pd.DataFrame, instances: pd.Index, labels: pd.Index) -> pd.DataFrame:
    """Return the rows and new ones, of which nothing was said: every other column is 0."""
    columns: dict[str, object] = {}
    for name, kind in posterior.dtypes.items():
        new = {"instance_id": instances, "label_id": labels}.get(str(name))
        more = pd.Series(np.zeros(len(instances)) if new is None else new, dtype=kind)
        columns[str(name)] = pd.concat([posterior[name], more], ignore_index=True)
    return pd.DataFrame(columns, copy=False)


def _raise(
    closed: pd.DataFrame, rows: NDArray[np.int64], highest: _Below, names: pd.Index, n_voted: int
) -> None:
    """Raise ``rows`` to the most likely label below them; those from ``n_voted`` on are new."""
    posterior = closed["posterior"].to_numpy(copy=True)
    raised = (rows >= n_voted) | (highest.posterior > posterior[rows])
    rows, highest = rows[raised], highest.take(raised)
    settled = np.zeros(len(rows), bool)
    if "reviewed" in closed:
        settled = closed["reviewed"].to_numpy()[rows].astype(bool)
    posterior[rows[~settled]] = highest.posterior[~settled]
    closed["posterior"] = posterior
    # A label below that is unlikely itself does not contradict the verdict "absent".
    told = ~settled | (highest.posterior > _LIKELY)
    from_label = np.full(len(closed), -1)
    from_label[rows[told]] = highest.label[told]
    closed["implied_by"] = pd.Series(names).reindex(from_label).array
    if "overturned" in closed:
        closed["overturned"] = overturned(
            closed["votes_for"].to_numpy(), closed["votes_against"].to_numpy(), posterior
        )

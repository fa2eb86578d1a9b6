"""The labels of similar instances: neighbours over the click graph and the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from workbench.kernels import read_only
from workbench.matrices import pairs_in
from workbench.nearest import nearest_rows
from workbench.signals.tallying import tally
from workbench.signals.votes import AGAINST, concat_votes, make_votes

SOURCE = "neighbours"
_PAIR = ["instance_id", "label_id"]
_MAX_SHOWN = 60
# Pairs of one block of the tally at most: 80 MB.
_ROOM = 4_000_000
_VOTES_AT_ONCE = 500_000
_TALLIED = ("row", "label", "strength", "count", "nearest")

# How far a neighbour's vote is believed, by source and level from 1 on.
Beliefs = Mapping[str, Sequence[float]]
BELIEFS: Beliefs = {"click": (0.15, 0.4, 0.7, 0.9), "dictionary": (0.1, 0.5, 0.9, 0.9)}


@dataclass(frozen=True)
class NeighbourCuts:
    """Which instances are neighbours and where the strength of their labels is cut into levels.

    Parameters
    ----------
    n_neighbours : int
        Most neighbours by text and, besides, by clicks.
    click_weight : float
        What a similarity by clicks weighs, against 1 for one by text.
    levels : tuple of float
        Smallest strength of level 1, 2, ...
    against : float
        Below this strength neighbours speak against a pair of another source (level 0), provided
        that there are enough.
    min_neighbours : int
        From how many neighbours on there are enough.

    Notes
    -----
    Chosen on generated shops with known truth. Of 5 to 40 neighbours, 10 order the pairs that the
    other sources leave open best; clicks alone are worth less than text alone, and 0.3 beside text
    more than 0.15 or 1. There 66 / 89 / 98 % of the pairs at levels 1 to 3 are true, and 2.3 % at
    level 0.
    """

    n_neighbours: int = 10
    click_weight: float = 0.3
    levels: tuple[float, ...] = (0.3, 0.5, 0.7)
    against: float = 0.05
    min_neighbours: int = 5


def find_neighbours(
    by_text: csr_array,
    clicks: pd.DataFrame,
    instance_ids: pd.Index,
    cuts: NeighbourCuts | None = None,
) -> csr_array:
    """Return the similarity of the most similar instances of each instance.

    Parameters
    ----------
    by_text : csr_array of float32, shape (n_instances, n_instances)
        Similarity of the ``n_neighbours`` nearest texts, see
        :func:`workbench.nearest.nearest_rows`.
    clicks : pd.DataFrame
        ``instance_id, item_id, clicks``.
    instance_ids : pd.Index, length n_instances
    cuts : NeighbourCuts, optional

    Returns
    -------
    csr_array of float32, shape (n_instances, n_instances)
        Cosine by text plus ``click_weight`` times cosine by clicks; absent where two instances
        are no neighbours, and for an instance and itself. The highest of a row comes first.

    Notes
    -----
    By clicks, a row holds ln(1 + clicks) of each item times the item's idf among the instances:
    what everybody clicks makes nobody similar.
    """
    cuts = cuts or NeighbourCuts()
    by_clicks = nearest_rows(_click_rows(clicks, instance_ids), n_neighbours=cuts.n_neighbours)
    both = csr_array(by_text + by_clicks * np.float32(cuts.click_weight))
    row = np.repeat(np.arange(both.shape[0]), np.diff(both.indptr))
    order = np.lexsort((both.indices, -both.data, row))
    return csr_array((both.data[order], both.indices[order], both.indptr), shape=both.shape)


def _click_rows(clicks: pd.DataFrame, instance_ids: pd.Index) -> csr_array:
    clicked = clicks[clicks["clicks"] > 0]
    item, items = pd.factorize(clicked["item_id"])
    shape = (len(instance_ids), len(items))
    row = _positions(instance_ids, clicked["instance_id"])
    counts = np.log1p(clicked["clicks"].to_numpy(np.float32))
    idf = np.log((1 + shape[0]) / (1 + np.bincount(item, minlength=shape[1])))
    return csr_array(csr_array((counts, (row, item)), shape=shape) @ diags_array(idf))


def neighbour_votes(
    neighbours: csr_array,
    votes: pd.DataFrame,
    instances: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    cuts: NeighbourCuts | None = None,
    beliefs: Beliefs = BELIEFS,
) -> pd.DataFrame:
    """Return the votes of the source "neighbours": what similar instances carry.

    A neighbour carries a label as far as the strongest vote for it is believed, and not at all
    where a source votes against. The strength of a pair is the similarity-weighted share of the
    neighbours that carry the label beyond its share among all instances: (share - base) /
    (1 - base). What is known of the instance itself has no part in it.

    Parameters
    ----------
    neighbours : csr_array, shape (n_instances, n_instances)
        From `find_neighbours`, in the order of ``instances``.
    votes : pd.DataFrame
        Vote table of the other sources. Their pairs are those that can be voted against.
    instances : pd.DataFrame
        ``instance_id, text``.
    labels : pd.DataFrame
        Label table.
    cuts : NeighbourCuts, optional
    beliefs : mapping of str to sequence of float
        By source, how far its levels from 1 on are believed; others carry nothing.

    Returns
    -------
    pd.DataFrame
        Vote table. ``count`` is the number of neighbours that carry the label, ``detail`` names
        the most similar one: "like 'adidas shoes blue' + 4". At level 0 they are the number of
        neighbours and the most similar of all.
    """
    return concat_votes(
        neighbour_votes_by_block(neighbours, votes, instances, labels, cuts=cuts, beliefs=beliefs)
    )


def neighbour_votes_by_block(
    neighbours: csr_array,
    votes: pd.DataFrame,
    instances: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    cuts: NeighbourCuts | None = None,
    beliefs: Beliefs = BELIEFS,
) -> Iterator[pd.DataFrame]:
    """Yield what `neighbour_votes` returns in parts: the words of millions take gigabytes."""
    cuts = cuts or NeighbourCuts()
    instance_ids, label_ids = pd.Index(instances["instance_id"]), pd.Index(labels["label_id"])
    carried = _carried(votes, instance_ids, label_ids, beliefs)
    found = _tallied(neighbours, carried, cuts.against)
    texts = _shown(instances["text"])
    level = np.searchsorted(np.array(cuts.levels), found["strength"].to_numpy(), side="right")
    for part in _parts(found.assign(level=level)[level > 0]):
        others = (part["count"].to_numpy() - 1).astype(str).astype(object)
        others = np.where(others == "0", "", " + " + others)
        yield make_votes(
            instance_ids[part["row"]],
            label_ids[part["label"]],
            source=SOURCE,
            level=part["level"],
            strength=part["strength"],
            count=part["count"],
            detail="like " + texts[part["nearest"]] + others,
        )
    for part in _parts(_against(neighbours, found, votes, (instance_ids, label_ids), cuts)):
        n = part["count"].to_numpy()
        yield make_votes(
            part["instance_id"],
            part["label_id"],
            source=SOURCE,
            level=AGAINST,
            count=n,
            detail="hardly one of "
            + n.astype(str).astype(object)
            + " like "
            + texts[part["nearest"]],
        )


def _parts(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(rows), _VOTES_AT_ONCE):
        yield rows.iloc[start : start + _VOTES_AT_ONCE]


def _carried(
    votes: pd.DataFrame, instance_ids: pd.Index, label_ids: pd.Index, beliefs: Beliefs
) -> csr_array:
    """Return how far each instance is believed to carry a label."""
    believed = np.zeros(len(votes), np.float32)
    for source, by_level in beliefs.items():
        of_source = (votes["source"] == source).to_numpy()
        level = np.minimum(votes["level"].to_numpy()[of_source], len(by_level))
        believed[of_source] = np.r_[0.0, by_level].astype(np.float32)[level]
    row = _positions(instance_ids, votes["instance_id"])
    column = _positions(label_ids, votes["label_id"])
    shape = (len(instance_ids), len(label_ids))
    against = (votes["level"] == AGAINST).to_numpy()
    denied = _pairs_of(row[against], column[against], shape)
    kept = np.flatnonzero(believed > 0)
    kept = kept[pairs_in(denied, row[kept], column[kept]) < 0]
    kept = kept[np.lexsort((-believed[kept], column[kept], row[kept]))]
    # The most believed one of each pair.
    kept = kept[(np.diff(row[kept], prepend=-1) != 0) | (np.diff(column[kept], prepend=-1) != 0)]
    return csr_array((believed[kept], (row[kept], column[kept])), shape=shape)


def _pairs_of(
    rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]
) -> csr_array:
    """Return the pairs as a matrix with sorted indices."""
    pairs = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=shape)
    pairs.sort_indices()
    return pairs


def _tallied(neighbours: csr_array, carried: csr_array, least: float) -> pd.DataFrame:
    """Return ``row, label, strength, count, nearest`` of the pairs with ``least`` strength."""
    base = np.asarray(carried.mean(axis=0), np.float32).ravel()
    width = np.diff(carried.indptr)
    needed = np.r_[0, np.cumsum(width[neighbours.indices])][neighbours.indptr]
    arrays: list[NDArray[Any]] = [
        *(neighbours.indptr.astype(np.int64), neighbours.indices.astype(np.int32)),
        *(neighbours.data, carried.indptr.astype(np.int64), carried.indices.astype(np.int32)),
        *(carried.data, base),
    ]
    parts = [tuple(np.empty(0, np.int32) for _ in _TALLIED)]
    first = 0
    while first < neighbours.shape[0]:
        last = int(np.searchsorted(needed, needed[first] + _ROOM, side="right")) - 1
        last = min(max(last, first + 1), neighbours.shape[0])
        room = int(needed[last] - needed[first])
        parts.append(tally(first, last, *(read_only(a) for a in arrays), least, room))
        first = last
    columns = zip(_TALLIED, zip(*parts, strict=True), strict=True)
    return pd.DataFrame({name: np.concatenate(column) for name, column in columns})


def _against(
    neighbours: csr_array,
    found: pd.DataFrame,
    votes: pd.DataFrame,
    axes: tuple[pd.Index, pd.Index],
    cuts: NeighbourCuts,
) -> pd.DataFrame:
    """Return the pairs of other sources that hardly any neighbour carries.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id``, ``count`` of neighbours, and the ``nearest`` of them.
    """
    instance_ids, label_ids = axes
    pairs = votes[_PAIR].drop_duplicates(ignore_index=True)
    row = _positions(instance_ids, pairs["instance_id"])
    shape = (len(instance_ids), len(label_ids))
    carried = _pairs_of(found["row"].to_numpy(), found["label"].to_numpy(), shape)
    is_carried = pairs_in(carried, row, _positions(label_ids, pairs["label_id"])) >= 0
    n_neighbours = np.diff(neighbours.indptr)
    open_ = (n_neighbours[row] >= max(cuts.min_neighbours, 1)) & ~is_carried
    pairs, row = pairs[open_], row[open_]
    nearest = neighbours.indices[neighbours.indptr[row]]
    return pairs.assign(count=n_neighbours[row], nearest=nearest)


def _shown(texts: pd.Series) -> NDArray[np.object_]:
    """Return the texts in quotes, long ones cut."""
    short = (f"'{t}'" if len(t) <= _MAX_SHOWN else f"'{t[: _MAX_SHOWN - 1]}…'" for t in texts)
    shown = np.empty(len(texts), object)
    shown[:] = list(short)
    return shown


def _positions(ids: pd.Index, wanted: pd.Series) -> NDArray[np.int64]:
    """Return where each wanted id stands."""
    return ids.get_indexer(pd.Index(wanted)).astype(np.int64)

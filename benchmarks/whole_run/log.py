"""The search log of the generated shop, one file a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.signals.rows import SCHEMA, Searches, event_rows, uuids
from benchmarks.whole_run.catalog import ATTRIBUTES, NONE, Shop, item_ids
from benchmarks.whole_run.queries import Queries

N_DAYS, SHOWN = 7, 8
_CANDIDATES = 12
_FROM_NAMED, _FROM_CATEGORY, _AT_RANDOM = 32, 12, 4
# The attribute that narrows a search the most comes first.
_NARROWEST = ("Model", "Compatibility", "Series", "Brand", "Style", "Category", "Material")
_CHUNK = 50_000
_SEARCHES_A_CHUNK = 100_000
_EVENTS_A_SEARCH = 9.09
_SEARCHES_A_CLIENT = 50


@dataclass(frozen=True, eq=False)
class Results:
    """What the search engine finds, best first.

    Parameters
    ----------
    items : ndarray of int32, shape (n_queries, n_candidates)
    match : ndarray of float32, shape (n_queries, n_candidates)
        Which share of the values that the query names the item has.
    """

    items: NDArray[np.int32]
    match: NDArray[np.float32]


def find_results(shop: Shop, queries: Queries, rng: np.random.Generator) -> Results:
    """Return the items that queries find: most of them match, others only in part."""
    groups = [_Group(shop.codes[:, place]) for place in range(len(ATTRIBUTES))]
    parts = [
        _find(shop, queries, slice(start, start + _CHUNK), groups, rng)
        for start in range(0, len(queries), _CHUNK)
    ]
    return Results(*(np.concatenate(found) for found in zip(*parts, strict=True)))


def write_log(
    shop: Shop,
    queries: Queries,
    results: Results,
    n_events: int,
    folder: Path,
    rng: np.random.Generator,
) -> None:
    """Write some ``n_events`` events, sorted by time, in a Parquet file a day.

    Every query is searched once or more where there are events enough; the other searches follow
    Zipf's law.
    """
    folder.mkdir(parents=True, exist_ok=True)
    n_searches = round(n_events / _EVENTS_A_SEARCH)
    query = _searched(len(queries), n_searches, rng)
    clients = uuids(rng, max(1000, n_searches // _SEARCHES_A_CLIENT))
    items = item_ids(len(shop.codes))
    ends = np.linspace(0, len(query), N_DAYS + 1).astype(int)
    for day in range(N_DAYS):
        path = folder / f"2025-01-{day + 1:02d}.parquet"
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            part = query[ends[day] : ends[day + 1]]
            for searches, shown, clicked in _chunks(part, day, clients, results, rng):
                n_sessions = int(searches.session[-1]) + 1
                ids = (uuids(rng, len(searches.query)), uuids(rng, n_sessions))
                bought = clicked & (rng.random(clicked.shape) < 0.08)
                found = items.take(pa.array(shown.ravel()))
                writer.write_table(event_rows(searches, ids, queries.texts, found, clicked, bought))


def _chunks(
    query: NDArray[np.int64],
    day: int,
    clients: pa.Array,
    results: Results,
    rng: np.random.Generator,
) -> Iterator[tuple[Searches, NDArray[np.int32], NDArray[np.bool_]]]:
    """Yield the searches of a day in parts, with the items shown and which were clicked."""
    begun = day * 86_400e6 + np.sort(rng.random(len(query))) * 86_400e6
    for start in range(0, len(query), _SEARCHES_A_CHUNK):
        part = query[start : start + _SEARCHES_A_CHUNK]
        session = np.arange(len(part)) // 3
        client = rng.integers(0, len(clients), session[-1] + 1)[session]
        searches = Searches(
            begun[start : start + _SEARCHES_A_CHUNK], part, session, client, clients
        )
        noise = rng.normal(0, 1.5, (len(part), _CANDIDATES))
        order = np.argsort(np.arange(_CANDIDATES) + noise, axis=1)[:, :SHOWN]
        match = np.take_along_axis(results.match[part], order, 1)
        chance = searches.looked_at * (0.02 + 0.45 * match**2)
        chance[searches.is_bot] = 1
        shown = np.take_along_axis(results.items[part], order, 1)
        yield searches, shown, rng.random(shown.shape) < chance


def _searched(n_queries: int, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the query of each search."""
    once = rng.permutation(n_queries)[:n]
    weight = np.cumsum(1 / (np.arange(n_queries) + 20) ** 0.9)
    others = np.searchsorted(weight, rng.random(n - len(once)) * weight[-1])
    return rng.permutation(np.concatenate([once, others]))


class _Group:
    """The items of each value of an attribute."""

    def __init__(self, codes: NDArray[np.int32]) -> None:
        self._order = np.argsort(codes, kind="stable").astype(np.int32)
        self._starts = np.searchsorted(codes[self._order], np.arange(codes.max() + 2))

    def draw(self, codes: NDArray[np.int32], n: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Return n items of each value, some of them twice."""
        start, end = self._starts[codes], self._starts[codes + 1]
        at = start[:, None] + (rng.random((len(codes), n)) * (end - start)[:, None]).astype(int)
        return self._order[at]


def _find(
    shop: Shop, queries: Queries, part: slice, groups: list[_Group], rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    item, named = queries.item[part], queries.named[part]
    wanted, n = shop.codes[item], len(item)
    found = np.empty((n, 1 + _FROM_NAMED + _FROM_CATEGORY + _AT_RANDOM), np.int32)
    found[:, 0] = item
    category = ATTRIBUTES.index("Category")
    found[:, 1:-_AT_RANDOM] = groups[category].draw(
        wanted[:, category], _FROM_NAMED + _FROM_CATEGORY, rng
    )
    found[:, -_AT_RANDOM:] = rng.integers(0, len(shop.codes), (n, _AT_RANDOM))
    open_yet = np.ones(n, bool)
    for name in _NARROWEST:
        place = ATTRIBUTES.index(name)
        rows = np.flatnonzero(open_yet & named[:, place])
        found[rows, 1 : 1 + _FROM_NAMED] = groups[place].draw(wanted[rows, place], _FROM_NAMED, rng)
        open_yet[rows] = False
    found.sort(axis=1)
    n_same = np.zeros(found.shape, np.float32)
    for place in range(len(ATTRIBUTES)):
        same = shop.codes[found, place] == wanted[:, place, None]
        n_same += same & (named[:, place] & (wanted[:, place] != NONE))[:, None]
    match = n_same / named.sum(axis=1)[:, None]
    rank = match + rng.normal(0, 0.15, match.shape)
    rank[:, 1:][found[:, 1:] == found[:, :-1]] = -9  # an item is found once
    best = np.argsort(-rank, axis=1)[:, :_CANDIDATES]
    return np.take_along_axis(found, best, 1), np.take_along_axis(match, best, 1)

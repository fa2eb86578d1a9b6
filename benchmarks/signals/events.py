"""Made-up search logs of any size, in the columns of User Behavior Insights, one file a day.

Searches are drawn by Zipf's law from 300,000 queries; each query has 24 items of which a search
shows 8, in an order that changes little from search to search. Clicks follow position, device and
how well the item fits; a few clients are bots that click all they see. Ids are UUIDs, as in real
logs. Generated in chunks: memory does not grow with the number of events.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.signals.rows import SCHEMA, Searches, event_rows, uuids

N_QUERIES, N_ITEMS, N_DAYS = 300_000, 200_000, 7
SHOWN, CANDIDATES = 8, 24
_SEARCHES_A_CHUNK = 100_000


def item_ids() -> list[str]:
    """Return the ids of all items."""
    return [f"SKU-{item:07d}" for item in range(N_ITEMS)]


def write_events(folder: Path, n_events: int, *, seed: int = 0) -> None:
    """Write a file of events a day, ``n_events`` in all, sorted by time.

    A folder that has this many events already is left as it is.
    """
    done = folder / f"{n_events}-{seed}.done"
    if done.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    queries = pa.array(_queries(rng))
    left = n_events
    for day in range(N_DAYS):
        n_day = left // (N_DAYS - day)
        _write_day(folder / f"2025-01-{day + 1:02d}.parquet", n_day, day, queries, rng)
        left -= n_day
    done.touch()


def _queries(rng: np.random.Generator) -> list[str]:
    words = [
        f"{a}{b}{c}"
        for a in "bdfgklmnprst"
        for b in ("a", "en", "i", "or", "u")
        for c in ("", "ka", "ri", "ton", "ブルー", "靴")
    ]
    drawn = rng.integers(0, len(words), (N_QUERIES, 3)).tolist()
    return [f"{words[a]} {words[b]} {words[c]} {i % 997}" for i, (a, b, c) in enumerate(drawn)]


def _write_day(
    path: Path, n_events: int, day: int, queries: pa.Array, rng: np.random.Generator
) -> None:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        left = n_events
        while left:
            # The span of a chunk is its share of the day, so that the day's file is sorted.
            table = _chunk(day, 1 - left / n_events, n_events, queries, rng)
            table = table.slice(0, min(left, len(table)))
            writer.write_table(table)
            left -= len(table)


def _chunk(
    day: int, start: float, n_events: int, queries: pa.Array, rng: np.random.Generator
) -> pa.Table:
    n = _SEARCHES_A_CHUNK
    query = np.minimum(rng.pareto(0.4, n) * 20, 1e15).astype(np.int64) % N_QUERIES
    session = np.arange(n) // 3
    client = rng.integers(0, 40_000, session[-1] + 1)[session]
    span = min(n * (SHOWN + 0.9) / n_events, 1 - start) * 86_400e6
    begun = day * 86_400e6 + start * 86_400e6 + np.sort(rng.random(n)) * span
    ids = (uuids(rng, n), uuids(rng, int(session[-1]) + 1))
    clients = uuids(np.random.default_rng(1), 40_000)

    # The order of a query's candidates is fixed but for a little noise.
    order = np.argsort(np.arange(CANDIDATES) + rng.normal(0, 2, (n, CANDIDATES)), axis=1)[:, :SHOWN]
    item = (query[:, None] * 7919 + order * 104_729) % N_ITEMS
    fits = ((item * 2_654_435_761 + query[:, None]) % 1000) / 1000
    searches = Searches(begun, query, session, client, clients)
    chance = 0.35 * searches.looked_at * fits**2
    clicked = rng.random((n, SHOWN)) < np.where(searches.is_bot[:, None], 1.0, chance)
    bought = clicked & (rng.random((n, SHOWN)) < 0.08)
    items = pa.array([f"SKU-{i:07d}" for i in item.ravel().tolist()])
    return event_rows(searches, ids, queries, items, clicked, bought)

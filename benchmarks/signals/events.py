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

N_QUERIES, N_ITEMS, N_DAYS = 300_000, 200_000, 7
SHOWN, CANDIDATES = 8, 24
_SEARCHES_A_CHUNK = 100_000
_FIRST_DAY = np.datetime64("2025-01-01T00:00:00", "us")
_LOOKED_AT = {"desktop": 1 / np.arange(1, 9) ** 0.6, "mobile": 1 / np.arange(1, 9) ** 1.1}
_DEVICES = np.array(list(_LOOKED_AT))

SCHEMA = pa.schema(
    {
        "action_name": pa.string(),
        "client_id": pa.string(),
        "session_id": pa.string(),
        "query_id": pa.string(),
        "user_query": pa.string(),
        "object_id": pa.string(),
        "position": pa.int64(),
        "timestamp": pa.timestamp("us"),
        "device": pa.string(),
    }
)


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
    device = (client % 5 > 1).astype(np.int64)
    span = min(n * (SHOWN + 0.9) / n_events, 1 - start) * 86_400e6
    begun = day * 86_400e6 + start * 86_400e6 + np.sort(rng.random(n)) * span
    ids = [_uuids(rng, size) for size in (n, session[-1] + 1)]
    clients = _uuids(np.random.default_rng(1), 40_000)

    # The order of a query's candidates is fixed but for a little noise.
    order = np.argsort(np.arange(CANDIDATES) + rng.normal(0, 2, (n, CANDIDATES)), axis=1)[:, :SHOWN]
    item = (query[:, None] * 7919 + order * 104_729) % N_ITEMS
    fits = ((item * 2_654_435_761 + query[:, None]) % 1000) / 1000
    looked = np.stack([_LOOKED_AT[name] for name in _DEVICES])[device]
    bot = client % 1000 == 0
    clicked = rng.random((n, SHOWN)) < np.where(bot[:, None], 1.0, 0.35 * looked * fits**2)
    bought = clicked & (rng.random((n, SHOWN)) < 0.08)

    parts = [
        (np.ones((n, SHOWN), bool), "impression", 0),
        (clicked, "click", 4e6),
        (bought, "add_to_cart", 9e6),
    ]
    search = np.concatenate([np.nonzero(mask)[0] for mask, _, _ in parts])
    place = np.concatenate([np.nonzero(mask)[1] for mask, _, _ in parts])
    names = np.repeat([name for _, name, _ in parts], [int(mask.sum()) for mask, _, _ in parts])
    later = np.repeat([delay for _, _, delay in parts], [int(mask.sum()) for mask, _, _ in parts])
    when = begun[search] + later
    rank = np.argsort(when, kind="stable")
    search, place, when = search[rank], place[rank], when[rank]
    of_session = session[search]
    return pa.table(
        {
            "action_name": pa.array(names[rank]),
            "client_id": clients.take(pa.array(client[search])),
            "session_id": ids[1].take(pa.array(of_session)),
            "query_id": ids[0].take(pa.array(search)),
            "user_query": queries.take(pa.array(query[search])),
            "object_id": pa.array([f"SKU-{i:07d}" for i in item[search, place].tolist()]),
            "position": pa.array(place + 1),
            "timestamp": pa.array(_FIRST_DAY + when.astype("timedelta64[us]")),
            "device": pa.array(_DEVICES[device[search]]),
        },
        schema=SCHEMA,
    )


def _uuids(rng: np.random.Generator, n: int) -> pa.Array:
    raw = rng.bytes(16 * n).hex()
    parts = (raw[i : i + 32] for i in range(0, 32 * n, 32))
    return pa.array([f"{r[:8]}-{r[8:12]}-{r[12:16]}-{r[16:20]}-{r[20:]}" for r in parts])

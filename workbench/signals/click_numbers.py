"""Queries, items and places of a part of a log as numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.text import normalise

# What counts are told apart by, as numbers and as names.
PLACE = ["query", "object", "position", "device"]
NAMES = ["user_query", "object_id", "position", "device"]


def number_queries(searches: pa.Table, seen: pa.Table) -> pa.Table:
    """Return the queries of a part; each spelling is normalised once, in this process.

    Parameters
    ----------
    searches : pa.Table
        ``user_query, searches``.
    seen : pa.Table
        ``user_query`` and ``n``, a number of rows.
    """
    n_rows = seen.select(["user_query", "n"]).group_by("user_query").aggregate([("n", "sum")])
    # Arrow joins no nulls with nulls.
    rows = searches.to_pandas().merge(n_rows.to_pandas(), how="left", on="user_query")
    rows = rows.sort_values("user_query", ignore_index=True)
    texts = rows["user_query"].fillna("").tolist()
    ids = pa.chunked_array([pa.array([normalise(text) for text in texts], pa.string())])
    return pa.table(
        {
            "user_query": pa.array(rows["user_query"], pa.string()),
            "instance_id": ids,
            "query": _numbers(ids),
            "searches": pa.array(rows["searches"], pa.int64()),
            "n_rows": pa.array(rows["n_sum"].fillna(0).astype("int64")),
        }
    )


def number_objects(seen: pa.Table) -> pa.Table:
    """Return the items of a part: ``object_id, n_rows, object``."""
    found = seen.select(["object_id", "n"]).group_by("object_id").aggregate([("n", "sum")])
    found = found.rename_columns(["object_id", "n_rows"])
    return found.append_column("object", _numbers(found["object_id"]))


def _numbers(ids: pa.ChunkedArray) -> pa.Array:
    """Return each id's position among the sorted distinct ones, null where it is empty or null."""
    distinct = pc.drop_null(pc.unique(ids))
    distinct = distinct.filter(pc.not_equal(distinct, ""))
    # Sorted, so that the numbers mean the same whatever order the rows come in.
    distinct = distinct.take(pc.array_sort_indices(distinct))
    return pc.index_in(ids, value_set=distinct).combine_chunks()


def with_numbers(rows: pa.Table, queries: pa.Table, objects: pa.Table) -> pa.Table:
    """Return the sums of rows of known query and item, with these as numbers."""
    for column, number, known in (
        ("user_query", "query", queries),
        ("object_id", "object", objects),
    ):
        row = pc.index_in(rows[column], value_set=known[column].combine_chunks())
        rows = rows.drop_columns([column]).append_column(number, known[number].take(row))
    rows = rows.filter(pc.field("query").is_valid() & pc.field("object").is_valid())
    sums = [name for name in rows.column_names if name not in PLACE]
    # Spellings of one query fall together here.
    summed = rows.group_by(PLACE).aggregate([(name, "sum") for name in sums])
    return summed.rename_columns([*PLACE, *sums])


def number_places(shown: pa.Table, clicked: pa.Table) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return the distinct places, and the rows with these as numbers."""
    both = pa.concat_tables([rows.select(["position", "device"]) for rows in (shown, clicked)])
    device = both["device"].combine_chunks().dictionary_encode()
    key = device.indices.to_numpy().astype(np.int64) << 32 | both["position"].to_numpy()
    distinct, place = np.unique(key, return_inverse=True)
    places = pa.table(
        {
            "position": pa.array(distinct & 0xFFFFFFFF, pa.int32()),
            "device": device.dictionary.take(pa.array(distinct >> 32)),
        }
    )
    numbers = pa.array(place.astype(np.int32))
    parts = numbers.slice(0, len(shown)), numbers.slice(len(shown))
    placed = [
        rows.drop_columns(["position", "device"]).append_column("place", part)
        for rows, part in zip((shown, clicked), parts, strict=True)
    ]
    return places, *placed

"""Queries, items and places of a part of a log as numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.text import normalise

# What counts are told apart by, as numbers and as names.
PLACE = ["query", "object", "position", "device"]
NAMES = ["user_query", "object_id", "position", "device"]


def number_queries(searches: pa.Table, seen: pa.Table) -> pa.Table:
    """Return the queries of a part; each spelling is normalised once, in this process.

    Parameters
    ----------
    searches : pa.Table
        ``user_query, searches``, null where a log does not say it.
    seen : pa.Table
        ``user_query``, ``n`` and ``seen``: rows, and the clicks and impressions in them.
    """
    sums = seen.select(["user_query", "n", "seen"]).group_by("user_query")
    sums = sums.aggregate([("n", "sum"), ("seen", "sum")])
    # Arrow joins no nulls with nulls.
    rows = searches.to_pandas().merge(sums.to_pandas(), how="left", on="user_query")
    rows = rows.sort_values("user_query", ignore_index=True)
    texts = rows["user_query"].fillna("").tolist()
    ids = pa.chunked_array([pa.array([normalise(text) for text in texts], pa.string())])
    return pa.table(
        {
            "user_query": pa.array(rows["user_query"], pa.string()),
            "instance_id": ids,
            "query": _numbers(ids),
            "searches": pa.array(rows["searches"], pa.int64(), from_pandas=True),
            "seen": pa.array(rows["seen_sum"].fillna(0).astype("int64")),
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


class Numbering:
    """Numbers of ids that mean the same in all parts: a new id gets the next one.

    Examples
    --------
    >>> queries = Numbering()
    >>> queries.number(pa.chunked_array([["red", "blue", "red"]])).tolist()
    [0, 1, 0]
    >>> queries.number(pa.chunked_array([["green", "blue"]])).tolist()
    [2, 1]
    """

    def __init__(self) -> None:
        self.ids = pa.array([], pa.string())

    def number(self, ids: pa.ChunkedArray) -> NDArray[np.int32]:
        """Return the number of each id; none of them is null."""
        # The ids known so far are hashed anew in each look-up, so there is one a part.
        known = pc.index_in(ids, value_set=self.ids)
        numbers = np.array(known.fill_null(-1).to_numpy(), np.int32)
        is_new = numbers < 0
        later = ids.filter(pa.array(is_new))
        new = pc.unique(later)
        numbers[is_new] = len(self.ids) + pc.index_in(later, value_set=new).to_numpy()
        self.ids = pa.concat_arrays([self.ids, new])
        return numbers

    def by_number(self, numbers: pa.ChunkedArray, ids: pa.ChunkedArray) -> NDArray[np.int32]:
        """Return, by a part's own numbers from 0 on, the numbers of these ids; null has none."""
        filled = numbers.is_valid()
        return by_number(numbers.filter(filled), self.number(ids.filter(filled)))


def by_number(numbers: pa.ChunkedArray, values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the value of each number from 0 on."""
    found = numbers.to_numpy()
    table = np.full(int(found.max(initial=-1)) + 1, -1, np.int32)
    table[found] = values
    return table

"""The counts of the parts of a search log put together: what was searched, how items fared."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.click_counts import ClickCounts
from workbench.signals.click_scores import expected_clicks, with_scores
from workbench.tables import computed, from_arrow, from_frame, to_frame, to_row

NO_CLICK = (
    "clicks: no click is left to count; check that action_name says what was clicked and that "
    "object_id names items of the catalog"
)

KEYS = ("query", "object", "place")
# So many rows may lie unsummed however few there are.
_ROWS_NOT_SUMMED = 1_000_000


@dataclass(frozen=True, eq=False)
class ClickLog:
    """What was searched, and how each item fared.

    Parameters
    ----------
    queries : pd.DataFrame
        ``instance_id``, the normalised query; ``text``, its most frequent spelling; ``weight``,
        the number of searches. Sorted by ``instance_id``.
    clicks : pd.DataFrame
        One row a query and item: ``instance_id, item_id, impressions, clicks, weight,
        expected_clicks, score, sessions``. ``weight`` is the clicks with what each is worth, 1 on
        average; ``expected_clicks`` is what items at these places get on average; ``score`` is
        the weight over the expected clicks, shrunk towards the mean; ``sessions`` is the number
        of sessions that clicked, 0 if sessions are unknown. Sorted by ids.
    """

    queries: pd.DataFrame
    clicks: pd.DataFrame


def sum_counts(parts: Iterable[ClickCounts], items: pd.DataFrame, *, report: Report) -> ClickLog:
    """Return the click log of the parts, in any order; the result is that of one whole log.

    Parameters
    ----------
    parts : iterable of ClickCounts
        One or more, taken one by one.
    items : pd.DataFrame
        ``item_id`` of the catalog. Rows on other items are counted and left out.
    report : Report
        Gets what the parts left out, and which way of counting was used.

    Raises
    ------
    InputError
        If no query has text or no click is left.
    """
    item_ids = pd.Index(items["item_id"].unique(), dtype="str").sort_values()
    sums = _Sums(item_ids)
    for part in parts:
        report.merge(part.report)
        sums.add(part)
        # Arrow keeps what it has freed for itself: a third of the peak, were it left to.
        pa.default_memory_pool().release_unused()
    spellings = sums.spellings(report)
    _count_strange_items(sums.strange.total().to_pandas(), report)
    instance_ids, shown, clicked = sums.take_by_sorted_instance()
    scored = _scored(shown, clicked, report)
    instance_id = instance_ids.take(scored.pop("instance_index").to_numpy())
    item_id = item_ids.take(scored.pop("item_index").to_numpy())
    scored.insert(0, "instance_id", instance_id)
    scored.insert(1, "item_id", item_id)
    return ClickLog(_queries(spellings), scored)


class _RunningSum:
    """Rows that are summed by their keys whenever they have become twice as many."""

    def __init__(self, *keys: str) -> None:
        self._keys = list(keys)
        self._parts: list[pa.Table] = []
        self._n_summed = 0

    def add(self, rows: pa.Table) -> None:
        self._parts.append(rows)
        if sum(map(len, self._parts)) > 2 * self._n_summed + _ROWS_NOT_SUMMED:
            self._parts = [self.total()]
            self._n_summed = len(self._parts[0])

    def total(self) -> pa.Table:
        rows = pa.concat_tables(self._parts)
        sums = [name for name in rows.column_names if name not in self._keys]
        summed = rows.group_by(self._keys).aggregate([(name, "sum") for name in sums])
        return summed.rename_columns([*self._keys, *sums])


class _Sums:
    """The sums over the parts so far, in whole numbers that mean the same in all parts."""

    def __init__(self, item_ids: pd.Index) -> None:
        self._item_ids = item_ids
        self._instance_ids = pa.array([], pa.string())
        self._places: dict[tuple[int, str], int] = {}
        keys = ["instance_index", "item_index", "place"]
        self._rows = {kind: _RunningSum(*keys) for kind in ("shown", "clicked")}
        self._spellings = _RunningSum("user_query", "instance_id")
        self.strange = _RunningSum("object_id")
        self._n_empty = 0

    def add(self, part: ClickCounts) -> None:
        filled = part.queries["query"].is_valid()
        queries = part.queries.filter(filled)
        empty = part.queries.filter(pc.invert(filled))
        self._n_empty += pc.sum(empty["n_rows"]).as_py() or 0
        self._spellings.add(queries.select(["user_query", "instance_id", "searches"]))
        objects = part.objects
        item = self._item_ids.get_indexer(pd.Index(objects["object_id"].to_pandas()))
        self.strange.add(objects.select(["object_id", "n_rows"]).filter(pa.array(item < 0)))
        instance_of = _by_number(queries["query"], self._number_instances(queries["instance_id"]))
        named = objects["object"].is_valid()
        item_of = _by_number(objects["object"].filter(named), item[named.to_numpy()])
        place_of = self._number_places(part.places)
        for kind, held in self._rows.items():
            rows = getattr(part, kind)
            found = item_of[rows["object"].to_numpy()]
            numbered = {
                "instance_index": pa.array(instance_of[rows["query"].to_numpy()]),
                "item_index": pa.array(found),
                "place": pa.array(place_of[rows["place"].to_numpy()]),
            }
            sums = {name: rows[name] for name in rows.column_names if name not in KEYS}
            held.add(pa.table({**numbered, **sums}).filter(pa.array(found >= 0)))

    def spellings(self, report: Report) -> pd.DataFrame:
        """Return ``user_query, instance_id, searches`` of the queries that have text."""
        report.count("rows whose query is empty", self._n_empty)
        found: pd.DataFrame = self._spellings.total().to_pandas()
        if found.empty:
            raise InputError("clicks: every query is empty; check columns.user_query")
        return found

    def take_by_sorted_instance(self) -> tuple[pd.Index, ibis.Table, ibis.Table]:
        """Return the sorted instances, and what was shown and clicked by position among them.

        The rows are not held any more.
        """
        found = pd.Index(self._instance_ids.to_pandas(), dtype="str")
        order = found.argsort()
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        places = pd.DataFrame(list(self._places), columns=["position", "device"])
        # The name of a device plays no further part, and a number is an eighth of the size.
        device = places["device"].factorize(sort=True)[0].astype("int32")
        places = places.assign(device=device, place=np.arange(len(places), dtype=np.int32))
        known = from_frame(places.astype({"position": "int32"}))
        tables = []
        for kind in ("shown", "clicked"):
            rows = self._rows.pop(kind).total()
            index = pa.array(rank[rows["instance_index"].to_numpy()])
            rows = rows.drop_columns(["instance_index"]).append_column("instance_index", index)
            pa.default_memory_pool().release_unused()
            tables.append(from_arrow(rows).inner_join(known, "place").drop("place"))
        return found.take(order), *tables

    def _number_instances(self, ids: pa.ChunkedArray) -> NDArray[np.int32]:
        """Return the number of each id; a new one gets the next."""
        distinct = pc.unique(ids)
        new = distinct.filter(pc.is_null(pc.index_in(distinct, value_set=self._instance_ids)))
        self._instance_ids = pa.concat_arrays([self._instance_ids, new])
        numbers: NDArray[np.int32] = pc.index_in(ids, value_set=self._instance_ids).to_numpy()
        return numbers

    def _number_places(self, places: pa.Table) -> NDArray[np.int32]:
        pairs = ((place["position"], place["device"]) for place in places.to_pylist())
        numbers = [self._places.setdefault(pair, len(self._places)) for pair in pairs]
        return np.array(numbers, np.int32)


def _by_number(numbers: pa.ChunkedArray, values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the value of each number from 0 on."""
    found = numbers.to_numpy()
    table = np.full(int(found.max(initial=-1)) + 1, -1, np.int32)
    table[found] = values
    return table


def _count_strange_items(strange: pd.DataFrame, report: Report) -> None:
    nameless = strange["object_id"].isna()
    report.count("rows without an item", int(strange.loc[nameless, "n_rows"].sum()))
    unknown = strange[~nameless].sort_values(["n_rows", "object_id"], ascending=[False, True])
    report.count(
        "rows on items that are not in the catalog",
        int(unknown["n_rows"].sum()),
        unknown["object_id"].head(5).tolist(),
    )


def _scored(shown: ibis.Table, clicked: ibis.Table, report: Report) -> pd.DataFrame:
    """Return the click table by positions, sorted."""
    with _expected(shown, clicked, report) as pairs:
        return to_frame(with_scores(pairs).order_by("instance_index", "item_index"))


def _expected(
    shown: ibis.Table, clicked: ibis.Table, report: Report
) -> AbstractContextManager[ibis.Table]:
    """Return the pairs, computed; what they were computed from is not held any more."""
    with computed(shown) as shown, computed(clicked) as clicked:
        if not to_row(clicked.aggregate(n=clicked.count()))["n"]:
            raise InputError(NO_CLICK)
        pairs: AbstractContextManager[ibis.Table] = expected_clicks(
            shown, clicked, report=report
        ).cache()
        return pairs


def _queries(spellings: pd.DataFrame) -> pd.DataFrame:
    """Return the queries: ``instance_id, text, weight``."""
    ordered = spellings.sort_values(
        ["instance_id", "searches", "user_query"], ascending=[True, False, True]
    )
    grouped = ordered.groupby("instance_id", as_index=False, sort=True)
    queries = grouped.agg(text=("user_query", "first"), weight=("searches", "sum"))
    return queries.astype({"instance_id": "str", "text": "str", "weight": "int64"})

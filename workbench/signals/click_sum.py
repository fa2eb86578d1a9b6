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
from workbench.signals.click_counts import OTHER_ACTIONS, ClickCounts
from workbench.signals.click_numbers import Numbering, by_number
from workbench.signals.click_scores import expected_clicks, with_scores
from workbench.signals.click_searches_told import SearchesTold
from workbench.signals.running_sums import RunningSum
from workbench.tables import computed, from_arrow, from_frame, to_frame, to_row

NO_CLICK = (
    "clicks: no click is left to count; check that action_name says what was clicked and that "
    "object_id names items of the catalog"
)

KEYS = ("query", "object", "place")


@dataclass(frozen=True, eq=False)
class ClickLog:
    """What was searched, and how each item fared.

    Parameters
    ----------
    queries : pd.DataFrame
        ``instance_id``, the normalised query; ``text``, its most frequent spelling; ``weight``,
        the number of searches, 1 or more. Sorted by ``instance_id``. A query that was searched
        is here even if none of its actions count.
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
    queries = sums.queries(report)
    _count_strange_items(sums.strange.total().to_pandas(), report)
    instance_ids, shown, clicked = sums.take_by_sorted_instance()
    scored = _scored(shown, clicked, report)
    instance_id = instance_ids.take(scored.pop("instance_index").to_numpy())
    item_id = item_ids.take(scored.pop("item_index").to_numpy())
    scored.insert(0, "instance_id", instance_id)
    scored.insert(1, "item_id", item_id)
    return ClickLog(queries, scored)


class _Sums:
    """The sums over the parts so far, in whole numbers that mean the same in all parts."""

    def __init__(self, item_ids: pd.Index) -> None:
        self._item_ids = item_ids
        self._instances = Numbering()
        self._told = SearchesTold()
        self._places: dict[tuple[int, str], int] = {}
        keys = ["instance_index", "item_index", "place"]
        self._rows = {kind: RunningSum(*keys) for kind in ("shown", "clicked")}
        self._spellings = RunningSum("user_query", "instance_id")
        self.strange = RunningSum("object_id")
        self._n_empty = 0

    def add(self, part: ClickCounts) -> None:
        filled = part.queries["query"].is_valid()
        queries = part.queries.filter(filled)
        empty = part.queries.filter(pc.invert(filled))
        self._n_empty += pc.sum(empty["n_rows"]).as_py() or 0
        self._spellings.add(queries.select(["user_query", "instance_id", "searches", "seen"]))
        objects = part.objects
        item = self._item_ids.get_indexer(pd.Index(objects["object_id"].to_pandas()))
        self.strange.add(objects.select(["object_id", "n_rows"]).filter(pa.array(item < 0)))
        instance_of = self._instances.by_number(queries["query"], queries["instance_id"])
        self._told.add(part, instance_of)
        named = objects["object"].is_valid()
        item_of = by_number(objects["object"].filter(named), item[named.to_numpy()])
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

    def queries(self, report: Report) -> pd.DataFrame:
        """Return the queries that have text: ``instance_id, text, weight``."""
        report.count("rows whose query is empty", self._n_empty)
        spellings = self._spellings.total().to_pandas()
        if spellings.empty:
            raise InputError("clicks: every query is empty; check columns.user_query")
        told = self._told.total()
        told.index = self._instances.ids.take(pa.array(told.index, pa.int32())).to_pandas()
        return _queries(spellings.fillna({"searches": 0}), told, report)

    def take_by_sorted_instance(self) -> tuple[pd.Index, ibis.Table, ibis.Table]:
        """Return the sorted instances, and what was shown and clicked by position among them.

        The rows are not held any more.
        """
        found = pd.Index(self._instances.ids.to_pandas(), dtype="str")
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

    def _number_places(self, places: pa.Table) -> NDArray[np.int32]:
        pairs = ((place["position"], place["device"]) for place in places.to_pylist())
        numbers = [self._places.setdefault(pair, len(self._places)) for pair in pairs]
        return np.array(numbers, np.int32)


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
            raise InputError(NO_CLICK + _other_actions(report))
        pairs: AbstractContextManager[ibis.Table] = expected_clicks(
            shown, clicked, report=report
        ).cache()
        return pairs


def _other_actions(report: Report) -> str:
    """Return which actions were left out, and how they count; empty if none were."""
    counted = report.to_dict()["counts"].get(OTHER_ACTIONS)
    if counted is None:
        return ""
    return (
        f"; {counted['n']:,} rows were left out for their action ({', '.join(counted['examples'])})"
        ": name those that are clicks in 'weights' of [inputs.clicks], such as weights = "
        "{ click = 1 }"
    )


def _queries(spellings: pd.DataFrame, told: pd.Series, report: Report) -> pd.DataFrame:
    """Return the queries: ``instance_id, text, weight``; ``told`` is by instance."""
    ordered = spellings.sort_values(
        ["instance_id", "searches", "seen", "user_query"], ascending=[True, False, False, True]
    )
    grouped = ordered.groupby("instance_id", as_index=False, sort=True)
    queries = grouped.agg(
        text=("user_query", "first"), searches=("searches", "sum"), seen=("seen", "sum")
    )
    unseen = queries.loc[queries["seen"] == 0, "instance_id"]
    report.count(
        "queries without a click or an impression that counts, kept with their text alone",
        len(unseen),
        unseen.head(5).tolist(),
    )
    weight = queries["searches"] + queries["instance_id"].map(told).fillna(0)
    queries = queries[["instance_id", "text"]].assign(weight=weight.clip(lower=1))
    return queries.astype({"instance_id": "str", "text": "str", "weight": "int64"})

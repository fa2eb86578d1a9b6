"""One part of a search log, such as a day, counted; the counts of parts add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.report import Report
from workbench.signals.click_filters import engagements
from workbench.signals.click_searches import SEARCH
from workbench.tables import from_arrow, held_here, to_frame
from workbench.text import normalise

# Stands for "position unknown", so that such rows form a position of their own.
NO_POSITION = 0
# Stands for "device unknown".
NO_DEVICE = ""
DEFAULT_WEIGHTS = {"click": 1.0, "add_to_cart": 2.0, "purchase": 3.0}
_PLACE = ["query", "object", "position", "device"]
_NAMES = ["user_query", "object_id", "position", "device"]
_SUMS = ["clicks", "sessions", "weight", "weight_squares"]


@dataclass(frozen=True)
class ClickRules:
    """Which events count, and how much.

    Parameters
    ----------
    weights : mapping of str to float
        Action to what one of it is worth, in clicks; an action that is not named here and shows
        nothing is left out and counted. Of several actions of a session on an item for a query
        the weightiest counts, once.
    impressions : tuple of str
        Actions that show an item.
    max_client_clicks_per_hour : int
        A client's clicks of an hour beyond this number do not count.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    impressions: tuple[str, ...] = ("impression",)
    max_client_clicks_per_hour: int = 60


@dataclass(frozen=True, eq=False)
class ClickCounts:
    """What a part of a log says, before any catalog is known.

    Parameters
    ----------
    queries : pa.Table
        ``user_query, instance_id, query, searches, n_rows``, one row a spelling: its normal form
        and the number that this has in the tables below. Without text the normal form is empty
        and the number null.
    objects : pa.Table
        ``object_id, object, n_rows``, one row an item; the row without an id has no number.
    places : pa.Table
        ``position, device``; the rows are the places of the tables below.
    shown : pa.Table
        ``query, object, place, impressions``.
    clicked : pa.Table
        ``query, object, place, clicks, sessions, weight, weight_squares``: sums over the clicks
        that count.
    report : Report
        What was left out.

    Notes
    -----
    A session, a client's hour and a search are told apart within one day (UTC) of one part. So
    a log that is cut at midnight counts the same in one part and in many.
    """

    queries: pa.Table
    objects: pa.Table
    places: pa.Table
    shown: pa.Table
    clicked: pa.Table
    report: Report


def count_events(events: ibis.Table, rules: ClickRules) -> ClickCounts:
    """Return the counts of one part of an event log.

    Left out and counted: repeated clicks of a session on an item for a query, a client's clicks
    of an hour beyond the cap, and actions that are neither clicks nor impressions. Without
    ``session_id`` the client stands for the session, without that the search (``query_id``).

    Parameters
    ----------
    events : ibis.Table
        Canonical events: ``user_query, query_id, session_id, client_id, timestamp, object_id,
        action, position, device``; see `workbench.signals.click_formats`.
    rules : ClickRules
    """
    report = Report()
    actions = _count_actions(events, rules, report)
    events = events.mutate(
        position=events["position"].fill_null(NO_POSITION).cast("int32"),
        device=events["device"].fill_null(NO_DEVICE),
        day=events["timestamp"].truncate("D"),
    )
    searches = _searches_by_spelling(events, actions, report).to_pyarrow()
    is_shown = events["action"].isin(rules.impressions)
    clicks = events.filter(events["action"].isin(list(rules.weights)) & ~is_shown)
    shown = events.filter(is_shown).group_by(_NAMES).aggregate(n=lambda t: t.count()).to_pyarrow()
    # Held once, for clicks are few and looked at several times.
    with held_here(clicks) as clicks:
        rows = clicks.group_by("user_query", "object_id").aggregate(n=clicks.count()).to_pyarrow()
        seen = pa.concat_tables([shown.select(rows.column_names), rows])
        queries, objects = _queries(searches, seen), _objects(seen)
        clicked = _clicked(clicks, queries, objects, rules, report)
    shown = _numbered(shown.rename_columns([*_NAMES, "impressions"]), queries, objects)
    return ClickCounts(queries, objects, *_by_place(shown, clicked), report)


def count_counts(counts: ibis.Table, rules: ClickRules) -> ClickCounts:
    """Return the counts of one part of a log that holds counts already.

    Parameters
    ----------
    counts : ibis.Table
        ``user_query, object_id, clicks`` and, where known, ``impressions, position, device`` and
        a column for each further action of ``rules.weights``.
    rules : ClickRules

    Notes
    -----
    A query's weight is its clicks, or its most shown item's impressions if these are more.
    """
    counts = _with_all_counts(counts)
    searches = counts.group_by("user_query").aggregate(
        searches=ibis.greatest(counts["clicks"].sum(), counts["impressions"].max(), 1)
    )
    weight, squares = _weights_of_counts(counts, rules)
    places = counts.mutate(weight=weight, squares=squares).group_by(_NAMES)
    sums = places.aggregate(
        impressions=lambda t: t["impressions"].sum(),
        clicks=lambda t: t["clicks"].sum(),
        sessions=ibis.literal(0, "int64"),
        weight=lambda t: t["weight"].sum(),
        weight_squares=lambda t: t["squares"].sum(),
        n=lambda t: t.count(),
    )
    found = sums.to_pyarrow()
    queries, objects = _queries(searches.to_pyarrow(), found), _objects(found)
    placed = _numbered(found.drop_columns(["n"]), queries, objects)
    shown = placed.select([*_PLACE, "impressions"]).filter(pc.field("impressions") > 0)
    clicked = placed.select([*_PLACE, *_SUMS]).filter(pc.field("clicks") > 0)
    return ClickCounts(queries, objects, *_by_place(shown, clicked), Report())


def _count_actions(events: ibis.Table, rules: ClickRules, report: Report) -> pd.DataFrame:
    """Return how often each action occurs, with and without an id, and count those left out."""
    found = to_frame(
        events.group_by("action").aggregate(
            n=events.count(),
            query_id=events["query_id"].count(),
            session_id=events["session_id"].count(),
        )
    )
    # A search is no click; it counts as a search.
    others = found[~found["action"].isin([*rules.weights, *rules.impressions, SEARCH])]
    others = others.sort_values(["n", "action"], ascending=[False, True])
    report.count(
        "rows of actions that are neither clicks nor impressions, left out",
        int(others["n"].sum()),
        [f"{name} ({n:,})" for name, n in others[["action", "n"]].head(5).itertuples(index=False)],
    )
    return found


def _searches_by_spelling(events: ibis.Table, actions: pd.DataFrame, report: Report) -> ibis.Table:
    """Return ``user_query, searches``."""
    if actions["query_id"].any():
        key = "query_id"
    elif actions["session_id"].any():
        key = "session_id"
        report.note("no query_id: a query's weight is the number of sessions that searched it")
    else:
        report.note("no query_id, no session_id: a query's weight is the number of its events")
        return events.group_by("user_query").aggregate(searches=events.count())
    # One that goes on after midnight counts on both days; events without a time go with the rest.
    days = events.group_by("user_query", key).aggregate(n=events["day"].nunique())
    return days.group_by("user_query").aggregate(searches=ibis.greatest(days["n"], 1).sum())


def _queries(searches: pa.Table, seen: pa.Table) -> pa.Table:
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


def _objects(seen: pa.Table) -> pa.Table:
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


def _numbered(rows: pa.Table, queries: pa.Table, objects: pa.Table) -> pa.Table:
    """Return the sums of rows of known query and item, with these as numbers."""
    for column, number, known in (
        ("user_query", "query", queries),
        ("object_id", "object", objects),
    ):
        row = pc.index_in(rows[column], value_set=known[column].combine_chunks())
        rows = rows.drop_columns([column]).append_column(number, known[number].take(row))
    rows = rows.filter(pc.field("query").is_valid() & pc.field("object").is_valid())
    sums = [name for name in rows.column_names if name not in _PLACE]
    # Spellings of one query fall together here.
    summed = rows.group_by(_PLACE).aggregate([(name, "sum") for name in sums])
    return summed.rename_columns([*_PLACE, *sums])


def _by_place(shown: pa.Table, clicked: pa.Table) -> tuple[pa.Table, pa.Table, pa.Table]:
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


def _clicked(
    clicks: ibis.Table, queries: pa.Table, objects: pa.Table, rules: ClickRules, report: Report
) -> pa.Table:
    """Return the sums over the clicks that count."""
    known = from_arrow(queries.select(["user_query", "query"])).drop_null("query")
    placed = clicks.inner_join(known, "user_query")
    known = from_arrow(objects.select(["object_id", "object"])).drop_null("object")
    placed = placed.inner_join(known, "object_id")
    weight = ibis.cases(
        *((placed["action"] == name, float(worth)) for name, worth in rules.weights.items()),
        else_=0.0,
    )
    placed = placed.mutate(weight=weight)
    with engagements(placed, rules.max_client_clicks_per_hour, report) as engaged:
        return (
            engaged.group_by(_PLACE)
            .aggregate(
                clicks=engaged.count(),
                sessions=engaged["session"].count(),
                weight=engaged["weight"].sum(),
                weight_squares=(engaged["weight"] * engaged["weight"]).sum(),
            )
            .to_pyarrow()
        )


def _with_all_counts(counts: ibis.Table) -> ibis.Table:
    """Return the counts with every optional column."""
    known = set(counts.columns)
    if "impressions" not in known:
        counts = counts.mutate(impressions=ibis.literal(0, "int64"))
    for name, kind in (("position", "int32"), ("device", "string")):
        if name not in known:
            counts = counts.mutate(**{name: ibis.null(kind)})
    return counts.mutate(
        position=counts["position"].fill_null(NO_POSITION).cast("int32"),
        device=counts["device"].fill_null(NO_DEVICE),
    )


def _weights_of_counts(counts: ibis.Table, rules: ClickRules) -> tuple[Any, Any]:
    """Return the weight of a row's clicks, and the sum of the squares."""
    base = rules.weights.get("click", 1.0)
    weight, squares = counts["clicks"] * base, counts["clicks"] * base**2
    for name, worth in rules.weights.items():
        if name in counts.columns and name != "clicks":
            n = counts[name].fill_null(0)
            # A cart or a purchase comes on top of the click that led to it.
            weight = weight + n * (worth - base)
            squares = squares + n * (worth**2 - base**2)
    return weight.cast("float64"), squares.cast("float64")

"""The search log: from events, or from counts, to how well each item answers each query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.click_filters import NO_CLICK, counted_clicks
from workbench.signals.click_formats import CLICK, CLICK_COUNTS, CLICK_EVENTS
from workbench.signals.click_scores import NO_POSITION, expected_clicks, with_scores
from workbench.tables import (
    BadRows,
    computed,
    find_columns,
    from_frame,
    read_table,
    to_frame,
    to_row,
)
from workbench.text import normalise

IMPRESSION = "impression"
_TYPES = {
    "query_id": "string",
    "session_id": "string",
    "client_id": "string",
    "timestamp": "timestamp",
    "position": "int64",
}
_BATCH_ROWS = 100_000


@dataclass(frozen=True, eq=False)
class ClickLog:
    """What was searched, and how each item fared.

    Parameters
    ----------
    queries : pd.DataFrame
        ``instance_id``, the normalised query; ``text``, its most frequent spelling; ``weight``,
        the number of searches. Sorted by ``instance_id``.
    clicks : pd.DataFrame
        One row a query and item: ``instance_id, item_id, impressions, clicks, expected_clicks,
        score, sessions``. ``expected_clicks`` is what items at these positions get on average;
        ``score`` is the clicks over the expected clicks, shrunk towards the mean; ``sessions``
        is the number of sessions that clicked, 0 if sessions are unknown. Sorted by ids.
    """

    queries: pd.DataFrame
    clicks: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Axes:
    """The ids of queries and items, sorted; the log is counted by positions in them.

    Grouping by whole numbers takes a third of the time and memory of grouping by texts.
    """

    instance_ids: pd.Index
    item_ids: pd.Index

    @classmethod
    def of(cls, spellings: pd.DataFrame, items: pd.DataFrame) -> Axes:
        """Return the axes of queries (``instance_id``) and items (``item_id``)."""
        instance_ids = pd.Index(spellings["instance_id"].unique(), dtype="str")
        item_ids = pd.Index(items["item_id"].unique(), dtype="str")
        return cls(instance_ids.sort_values(), item_ids.sort_values())


def read_clicks(
    connection: BaseBackend,
    path: Path,
    items: pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    max_client_clicks_per_hour: int = 60,
    bad_rows: BadRows = "error",
    report: Report,
) -> ClickLog:
    """Return the click log of a file: events, or one row a query and item with counts.

    A file with a column ``clicks`` holds counts (`CLICK_COUNTS`), any other events
    (`CLICK_EVENTS`). Further parameters and errors as in `aggregate_events`.
    """
    mapping = dict(columns or {})
    contract = CLICK_EVENTS
    if mapping.get("clicks", "clicks") in find_columns(connection, path):
        contract = CLICK_COUNTS
    table = read_table(
        connection, path, contract, columns=mapping, bad_rows=bad_rows, report=report
    )
    if contract is CLICK_COUNTS:
        return aggregate_counts(table, items, report=report)
    return aggregate_events(
        table, items, max_client_clicks_per_hour=max_client_clicks_per_hour, report=report
    )


def aggregate_events(
    events: ibis.Table,
    items: pd.DataFrame,
    *,
    max_client_clicks_per_hour: int = 60,
    report: Report,
) -> ClickLog:
    """Return the click log of events that keep `CLICK_EVENTS`.

    Every action but "impression" counts as a click. Left out and counted: events without a
    query or an item, on items that are not in the catalog, repeated clicks of a session on an
    item for a query, and a client's clicks of an hour beyond the cap. Without ``session_id`` the
    client stands for the session, without that the search (``query_id``).

    Parameters
    ----------
    events : ibis.Table
    items : pd.DataFrame
        ``item_id`` of the catalog.
    max_client_clicks_per_hour : int
    report : Report
        Gets the counts, and notes which way of counting was used.

    Raises
    ------
    InputError
        If no click is left.
    """
    events = _with_all_columns(events)
    spellings = _spellings(_searches_by_spelling(events, report), report)
    axes = Axes.of(spellings, items)
    rows = _known_rows(events, spellings, axes, report)
    _note_other_actions(rows, report)
    clicks = rows.filter(rows["action"] != IMPRESSION)
    impressions = rows.filter(rows["action"] == IMPRESSION)
    by_position = ["instance_index", "item_index", "position"]
    shown = impressions.group_by(by_position).aggregate(impressions=impressions.count())
    with counted_clicks(clicks, max_client_clicks_per_hour, report) as clicked:
        return ClickLog(_queries(spellings), _scored(shown, clicked, axes, report))


def aggregate_counts(counts: ibis.Table, items: pd.DataFrame, *, report: Report) -> ClickLog:
    """Return the click log of counts that keep `CLICK_COUNTS`; rows of a pair are summed.

    A query's weight is its clicks, or its most shown item's impressions if these are more.

    Raises
    ------
    InputError
        If no click is left.
    """
    if "impressions" not in counts.columns:
        counts = counts.mutate(impressions=ibis.literal(0, type="int64"))
    searches = counts.group_by("user_query").aggregate(
        searches=ibis.greatest(counts["clicks"].sum(), counts["impressions"].max(), 1),
        n_rows=counts.count(),
    )
    spellings = _spellings(searches, report)
    axes = Axes.of(spellings, items)
    rows = _known_rows(counts, spellings, axes, report)
    by_pair = rows.group_by("instance_index", "item_index")
    pairs = by_pair.aggregate(
        position=ibis.literal(NO_POSITION, type="int64"),
        impressions=rows["impressions"].sum(),
        clicks=rows["clicks"].sum(),
        sessions=ibis.literal(0, type="int64"),
    )
    with computed(pairs) as pairs:
        shown = pairs.filter(pairs["impressions"] > 0).drop("clicks", "sessions")
        clicked = pairs.filter(pairs["clicks"] > 0).drop("impressions")
        if not to_row(clicked.aggregate(n=clicked.count()))["n"]:
            raise InputError(NO_CLICK)
        return ClickLog(_queries(spellings), _scored(shown, clicked, axes, report))


def _scored(shown: ibis.Table, clicked: ibis.Table, axes: Axes, report: Report) -> pd.DataFrame:
    """Return the click table, sorted by its ids."""
    with (
        computed(shown) as shown,
        computed(expected_clicks(shown, clicked, report=report)) as pairs,
    ):
        scored = to_frame(with_scores(pairs).order_by("instance_index", "item_index"))
    ids = {
        "instance_id": axes.instance_ids.take(scored["instance_index"].to_numpy()),
        "item_id": axes.item_ids.take(scored["item_index"].to_numpy()),
    }
    return pd.DataFrame({**ids, **scored.iloc[:, 2:]})


def _with_all_columns(events: ibis.Table) -> ibis.Table:
    """Return the events with every optional column; null where the log does not have it."""
    absent = {name: ibis.null(kind) for name, kind in _TYPES.items() if name not in events.columns}
    action = events["action_name"].strip().lower()
    events = events.mutate(**absent, action=action)
    return events.mutate(position=events["position"].fill_null(NO_POSITION))


def _searches_by_spelling(events: ibis.Table, report: Report) -> ibis.Table:
    """Return ``user_query, searches, n_rows``."""
    has = to_row(
        events.aggregate(query=events["query_id"].count(), session=events["session_id"].count())
    )
    if has["query"]:
        key = events["query_id"]
    elif has["session"]:
        key = events["session_id"]
        report.note("no query_id: a query's weight is the number of sessions that searched it")
    else:
        report.note("no query_id, no session_id: a query's weight is the number of its events")
        return events.group_by("user_query").aggregate(
            searches=events.count(), n_rows=events.count()
        )
    keyed = events.select("user_query", key=key)
    once = keyed.group_by("user_query", "key").aggregate(n_rows=keyed.count())
    return once.group_by("user_query").aggregate(searches=once.count(), n_rows=once["n_rows"].sum())


def _spellings(searches: ibis.Table, report: Report) -> pd.DataFrame:
    """Return ``user_query, searches, instance_id`` of the queries that have text.

    Each distinct spelling is normalised once, in this process.
    """
    found = searches.to_pyarrow()
    # Batch by batch, for Python's strings take several times the memory of Arrow's.
    normal = [
        pa.array([normalise(text or "") for text in batch.column("user_query").to_pylist()])
        for batch in found.to_batches(max_chunksize=_BATCH_ROWS)
    ]
    names = pa.chunked_array(normal, pa.string())
    spellings: pd.DataFrame = found.append_column("instance_id", names).to_pandas()
    empty = spellings["instance_id"] == ""
    report.count("rows whose query is empty", int(spellings.loc[empty, "n_rows"].sum()))
    if empty.all():
        raise InputError("clicks: every query is empty; check columns.user_query")
    return spellings.loc[~empty, ["user_query", "searches", "instance_id"]]


def _queries(spellings: pd.DataFrame) -> pd.DataFrame:
    """Return the queries: ``instance_id, text, weight``."""
    ordered = spellings.sort_values(
        ["instance_id", "searches", "user_query"], ascending=[True, False, True]
    )
    grouped = ordered.groupby("instance_id", as_index=False, sort=True)
    queries = grouped.agg(text=("user_query", "first"), weight=("searches", "sum"))
    return queries.astype({"instance_id": "str", "text": "str", "weight": "int64"})


def _known_rows(
    table: ibis.Table, spellings: pd.DataFrame, axes: Axes, report: Report
) -> ibis.Table:
    """Return the rows of known queries and items, with ``instance_index, item_index``."""
    table = table.rename(item_id="object_id")
    filled = to_row(table.aggregate(n_rows=table.count(), n_items=table["item_id"].count()))
    report.count("rows without an item", filled["n_rows"] - filled["n_items"])
    known = from_frame(pd.DataFrame({"item_id": axes.item_ids}).reset_index(names="item_index"))
    strange = table.drop_null("item_id").anti_join(known, "item_id")
    strange = to_frame(strange.group_by("item_id").aggregate(n=strange.count()))
    strange = strange.sort_values(["n", "item_id"], ascending=[False, True])
    report.count(
        "rows on items that are not in the catalog",
        int(strange["n"].sum()),
        strange["item_id"].head(5).tolist(),
    )
    positions = axes.instance_ids.get_indexer(pd.Index(spellings["instance_id"]))
    instances = from_frame(spellings[["user_query"]].assign(instance_index=positions))
    return table.inner_join(known, "item_id").inner_join(instances, "user_query")


def _note_other_actions(rows: ibis.Table, report: Report) -> None:
    others = rows.filter(rows["action"].notin([IMPRESSION, CLICK]))
    found = to_frame(others.group_by("action").aggregate(n=others.count()).order_by("action"))
    if len(found):
        listed = ", ".join(f"{name} ({n:,})" for name, n in found.itertuples(index=False))
        report.note(f"actions counted as clicks: {listed}")

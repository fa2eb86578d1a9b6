"""The table of searches beside a log of events: what was searched, and the items shown for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis

from workbench.errors import InputError
from workbench.report import Report
from workbench.tables import BadRows, Column, Contract, RawTable, find_column, to_frame, to_row

SEARCH = "search"
HITS = "query_response_hit_ids"
_ID = Column("query_id", "text", setting="query_columns.query_id")
SEARCHES = Contract(
    "searches",
    (
        _ID,
        Column("user_query", "text", nullable=True, setting="query_columns.user_query"),
        Column("session_id", "text", required=False, nullable=True),
        Column("client_id", "text", required=False, nullable=True),
        Column("timestamp", "time", required=False, nullable=True),
        Column("device", "text", required=False, nullable=True),
        Column(HITS, "list", required=False, nullable=True, setting=f"query_columns.{HITS}"),
    ),
)
_IDS = Contract(SEARCHES.name, (_ID,))
# What an event takes from its search where it says nothing itself.
_SHARED = ("user_query", "session_id", "client_id", "timestamp", "device")
_TYPES = {**dict.fromkeys(_SHARED, "string"), "timestamp": "timestamp", HITS: "array<string>"}


@dataclass(frozen=True, eq=False)
class KindsOfRows:
    """Which rows of a file are events and which are searches; both may be neither."""

    is_event: Any
    is_search: Any
    item: Any

    @classmethod
    def of(cls, log: RawTable, columns: Mapping[str, str]) -> KindsOfRows:
        """Return the kinds; an event says its action, a search has an id and no item."""

        def is_filled(name: str) -> Any:
            cells = find_column(log.cells, columns.get(name, name))
            return ibis.literal(False) if cells is None else cells.notnull()

        has_action, has_item = is_filled("action_name"), is_filled("object_id")
        return cls(has_action, ~has_action & ~has_item & is_filled("query_id"), has_item)

    def count_others(self, log: RawTable, report: Report) -> None:
        """Count the rows that are neither."""
        neither = ~(self.is_event | self.is_search)
        total = to_row(
            log.cells.aggregate(
                n_nameless=(neither & self.item).sum(), n_other=(neither & ~self.item).sum()
            )
        )
        report.count(
            f"{log.name}: rows with an item but without an action, left out",
            total["n_nameless"] or 0,
        )
        report.count(
            f"{log.name}: rows that are neither events nor searches, such as lines of a bulk "
            "index, left out",
            total["n_other"] or 0,
        )


@dataclass(frozen=True, eq=False)
class Searches:
    """The searches of a log, one row a ``query_id``.

    Parameters
    ----------
    table : ibis.Table
        ``query_id, user_query, session_id, client_id, timestamp, device`` and
        ``query_response_hit_ids``, the items in the order in which they were shown; null is
        unknown.
    name : str
        What messages call the table.
    has_hits : bool
        Whether the table says what was shown.
    named : ibis.Table, optional
        ``query_id`` of all searches, if some may have been left out of ``table`` for a bad row.
    """

    table: ibis.Table
    name: str
    has_hits: bool
    named: ibis.Table | None = None

    @classmethod
    def read(
        cls,
        raw: RawTable,
        *,
        columns: Mapping[str, str],
        separator: str,
        time_zone: str,
        rows: Any | None,
        bad_rows: BadRows,
        report: Report,
    ) -> Searches:
        """Return the searches of a file; parameters as of `read_click_log`.

        Of rows with the same ``query_id``, as of searches sent while somebody types, the one
        with the longest list of hits counts, of these the earliest.
        """
        settings: dict[str, dict[str, Any]] = {
            "timestamp": {"time_zone": time_zone},
            HITS: {"separator": separator},
        }
        contract = replace(
            SEARCHES,
            columns=tuple(replace(c, **settings.get(c.name, {})) for c in SEARCHES.columns),
        )
        table = raw.read(contract, columns=columns, rows=rows, bad_rows=bad_rows, report=report)
        has_hits = HITS in table.columns
        absent = {name: ibis.null(kind) for name, kind in _TYPES.items()}
        table = table.mutate(**{k: v for k, v in absent.items() if k not in table.columns})
        named = None
        if bad_rows == "skip":
            ids = {key: name for key, name in columns.items() if key == "query_id"}
            named = raw.read(_IDS, columns=ids, rows=rows, bad_rows=bad_rows, report=Report())
        return cls(_one_a_search(table, raw.name, report), raw.name, has_hits, named)


def with_searches(
    events: ibis.Table, searches: Searches, impressions: Sequence[str], report: Report
) -> ibis.Table:
    """Return canonical events with what their searches say, and the searches as events.

    Events without a search are counted and left out, but for those that say their query
    themselves. Each search adds a row "search"; its hits add a row of the first of
    ``impressions`` each, unless the events have impressions of this search. Without a position of
    its own an event has the place of its item among the hits.

    Parameters
    ----------
    events : ibis.Table
    searches : Searches
    impressions : sequence of str
        The action that shows an item.
    report : Report

    Raises
    ------
    InputError
        If no event belongs to a search.
    """
    _count_events_without_search(events, searches, report)
    shown = (
        _shown(searches.table, impressions[0]).select(events.columns) if searches.has_hits else None
    )
    joined = _joined(events, searches.table, shown)
    searched = searches.table.mutate(
        object_id=ibis.null("string"), action=ibis.literal(SEARCH), position=ibis.null("int64")
    )
    parts = [joined, searched.select(events.columns)]
    if shown is not None:
        own = events.filter(events["action"].isin(list(impressions))).select("query_id").distinct()
        _count_lists(searches.table, own, report)
        parts.append(shown.anti_join(own, "query_id"))
    return ibis.union(*parts)


def _one_a_search(table: ibis.Table, name: str, report: Report) -> ibis.Table:
    """Return one row a ``query_id``, and count the others."""
    groups = table.group_by("query_id").aggregate(
        n=table.count(), n_texts=table["user_query"].nunique()
    )
    repeated = groups.filter(groups["n"] > 1)
    total = to_row(
        repeated.aggregate(
            n_ids=repeated.count(),
            n_rows=repeated["n"].sum(),
            n_mixed=(repeated["n_texts"] > 1).sum(),
        )
    )
    if not total["n_ids"]:
        return table
    report.count(
        f"{name}: rows of searches with the query_id of another, left out (the one with most hits "
        "counts)",
        total["n_rows"] - total["n_ids"],
        _ids(repeated),
    )
    report.count(
        f"{name}: searches whose rows have several queries (that of the row that counts is kept)",
        total["n_mixed"] or 0,
        _ids(repeated.filter(repeated["n_texts"] > 1)),
    )
    # Only rows of such searches are sorted, for lists of hits are long.
    twice = table.semi_join(repeated, "query_id")
    order = [ibis.desc(twice[HITS].length().fill_null(0)), "timestamp", "user_query", "client_id"]
    first = twice.mutate(nth=ibis.row_number().over(group_by="query_id", order_by=order))
    first = first.filter(first["nth"] == 0).drop("nth")
    return table.anti_join(repeated, "query_id").union(first.select(table.columns))


def _ids(table: ibis.Table) -> list[str]:
    found = to_frame(table.select("query_id").order_by("query_id").limit(5))
    return [str(query_id) for query_id in found["query_id"]]


def _count_events_without_search(events: ibis.Table, searches: Searches, report: Report) -> None:
    silent = events.filter(events["user_query"].isnull())
    lost = silent.anti_join(searches.table.select("query_id"), "query_id")
    nameless, unknown = lost.filter(lost["query_id"].isnull()), lost.drop_null("query_id")
    named = searches.table if searches.named is None else searches.named
    named = named.select("query_id").distinct()
    # Those whose search is there, in a row that was left out.
    skipped, unknown = unknown.semi_join(named, "query_id"), unknown.anti_join(named, "query_id")
    total = to_row(
        events.aggregate(n=events.count()).mutate(
            n_nameless=nameless.count().as_scalar(),
            n_unknown=unknown.count().as_scalar(),
            n_skipped=skipped.count().as_scalar(),
        )
    )
    n_foreign = total["n_nameless"] + total["n_unknown"]
    if total["n_skipped"] and total["n"] == n_foreign + total["n_skipped"]:
        shown = ", ".join(_ids(skipped.select("query_id").distinct()))
        raise InputError(
            f"{searches.name}: no event is left: {total['n_skipped']:,} of {total['n']:,} belong "
            f"to searches in bad rows, which were left out (such as {shown}); correct these rows, "
            'or set bad_rows = "error" to see what is wrong with them'
        )
    if total["n"] and total["n"] == n_foreign:
        raise InputError(
            f"{searches.name}: no event has a query_id of the searches; check that both name the "
            "searches alike (columns.query_id, query_columns.query_id)"
        )
    report.count(
        "events without a query and without a query_id, left out",
        total["n_nameless"],
        _actions(nameless) if total["n_nameless"] else (),
    )
    report.count(
        f"events without a query whose search was left out of {searches.name} for its bad row, "
        "left out too",
        total["n_skipped"],
        _ids(skipped.select("query_id").distinct()) if total["n_skipped"] else (),
    )
    report.count(
        "events whose query_id no search has, left out",
        total["n_unknown"],
        _ids(unknown.select("query_id").distinct()) if total["n_unknown"] else (),
    )


def _actions(events: ibis.Table) -> list[str]:
    """Return the actions with how often they occur: these may be bought without a search."""
    counts = events.group_by("action").aggregate(n=events.count())
    found = to_frame(counts.order_by([ibis.desc("n"), "action"]).limit(5))
    return [f"{action} ({n:,})" for action, n in found.itertuples(index=False, name=None)]


def _joined(events: ibis.Table, searches: ibis.Table, shown: ibis.Table | None) -> ibis.Table:
    """Return the events that have a query or a search, with what their search says."""
    known = searches.select(query_id_of_search="query_id", **{f"s_{n}": n for n in _SHARED})
    joined = events.left_join(known, events["query_id"] == known["query_id_of_search"])
    joined = joined.filter(joined["user_query"].notnull() | joined["query_id_of_search"].notnull())
    filled = {name: ibis.coalesce(joined[name], joined[f"s_{name}"]) for name in _SHARED}
    joined = joined.mutate(**filled).select(events.columns)
    if shown is None:
        return joined
    places = shown.group_by("query_id", "object_id").aggregate(place=shown["position"].min())
    placed = joined.left_join(places, ["query_id", "object_id"])
    position = ibis.coalesce(placed["position"], placed["place"])
    return placed.mutate(position=position).select(events.columns)


def _shown(searches: ibis.Table, impression: str) -> ibis.Table:
    """Return one row a hit, its place from 1."""
    hits = searches.unnest(HITS, offset="place")
    item = hits[HITS].re_replace(r"^[\s\[\"']+|[\s\]\"']+$", "")
    return hits.mutate(
        object_id=ibis.ifelse(item == "", None, item),
        action=ibis.literal(impression),
        position=hits["place"].cast("int64") + 1,
    )


def _count_lists(searches: ibis.Table, own: ibis.Table, report: Report) -> None:
    """Note which searches have their impressions from lists of hits."""
    with_hits = searches.filter(searches[HITS].length() > 0)
    twice = with_hits.semi_join(own, "query_id")
    total = to_row(with_hits.aggregate(n=with_hits.count()).mutate(n_own=twice.count().as_scalar()))
    n_used = total["n"] - total["n_own"]
    report.count("searches whose hit list gives their impressions", n_used)
    report.count(
        "searches whose hit list is not counted, for their impressions are in the log",
        total["n_own"],
    )

"""Which clicks of a search log count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis

from workbench.report import Report
from workbench.tables import computed, to_row

_KEPT = ["query", "object", "place", "weight", "session"]
# More than a part can have places; their numbers are the lower bits of a key of 64.
_MAX_PLACES = 1 << 40
_DAY_SECONDS = 86_400


@contextmanager
def clicks_that_count(clicks: ibis.Table, cap: int, report: Report) -> Iterator[ibis.Table]:
    """Compute the clicks that count: ``query, object, place, weight, session``.

    What a session does with an item for a query on a day counts once, at the weight of its
    weightiest action and the place of its first whose position is known, for carts and purchases
    often have none. Of the clicks of one client in one hour the first ``cap`` count. What cannot
    be told, for want of sessions, clients or timestamps, counts, and the report says so.

    Parameters
    ----------
    clicks : ibis.Table
        One row a click: ``query, object, place, is_placed, weight, timestamp, day, session_id,
        client_id, query_id``, the last five null where unknown. ``place`` is a number for position
        and device, ``is_placed`` says whether the position is known.
    cap : int
    report : Report
    """
    clicks = clicks.select(
        "query",
        "object",
        "place",
        "weight",
        "timestamp",
        "day",
        rank=_rank_of_place(clicks),
        session=_first_filled(clicks, "session_id", "client_id", "query_id"),
        client=_first_filled(clicks, "client_id", "session_id"),
    )
    with computed(_once_a_session(clicks)) as once, computed(_capped(once, cap)) as capped:
        _count_left_out(once, capped, cap, report)
        yield capped.select(_KEPT)


def _count_left_out(once: ibis.Table, capped: ibis.Table, cap: int, report: Report) -> None:
    seen = to_row(
        once.aggregate(
            n_clicks=once["n_clicks"].sum(),
            n_once=once.count(),
            n_session=once["session"].count(),
            n_capped=(~unknown(once["client"]) & ~unknown(once["timestamp"])).sum(),
        )
    )
    if not seen["n_once"]:
        return
    n_kept = to_row(capped.aggregate(n=capped.count()))["n"]
    n_repeated = seen["n_clicks"] - seen["n_once"]
    report.count("repeated clicks of a session on an item for a query, left out", n_repeated)
    n_beyond = seen["n_once"] - n_kept
    report.count(f"clicks beyond {cap} an hour of one client, left out", n_beyond)
    if not seen["n_session"]:
        report.note("no sessions: repeated clicks could not be told from others and all count")
    if not seen["n_capped"]:
        report.note("no clients or no timestamps: clicks an hour could not be capped")


def _first_filled(table: ibis.Table, *names: str) -> ibis.Value:
    return ibis.coalesce(*(table[name] for name in names))


def _once_a_session(clicks: ibis.Table) -> ibis.Table:
    """Return a session's first click on an item for a query; without a session, every click."""
    keyed = clicks.drop_null("session")
    once = keyed.group_by("query", "object", "session", "day").aggregate(
        place=keyed["rank"].min() % _MAX_PLACES,
        weight=keyed["weight"].max(),
        timestamp=keyed["timestamp"].min(),
        client=keyed["client"].min(),
        n_clicks=keyed.count(),
    )
    loose = clicks.filter(unknown(clicks["session"])).mutate(n_clicks=ibis.literal(1, "int64"))
    return once.union(loose.select(once.columns))


def _rank_of_place(clicks: ibis.Table) -> ibis.Value:
    """Return a number whose minimum over a session's day ends in the place that counts.

    Known positions go before unknown ones, then the earliest second, then the place itself. One
    number, so that position and device come from one event, and the same one on every backend.
    """
    time = clicks["timestamp"]
    second = (time.hour() * 60 + time.minute()) * 60 + time.second()
    late = ibis.ifelse(clicks["is_placed"], 0, _DAY_SECONDS + 1)
    late = late.cast("int64") + second.fill_null(_DAY_SECONDS)
    return late * _MAX_PLACES + clicks["place"]


def _capped(once: ibis.Table, cap: int) -> ibis.Table:
    """Return the clicks without those of a client beyond the first ``cap`` of an hour."""
    hour = once["timestamp"].epoch_seconds() // 3600
    # Positions in the part decide between clicks of one instant only as far as they must: what
    # counts then is the same number of clicks whichever is taken.
    order = ["timestamp", "query", "object"]
    numbered = once.mutate(hour=hour).mutate(
        nth=ibis.row_number().over(group_by=["client", "hour"], order_by=order)
    )
    cannot = unknown(numbered["client"]) | unknown(numbered["hour"])
    return numbered.filter(cannot | (numbered["nth"] < cap))


def unknown(column: Any) -> Any:
    """Return where a column is null."""
    return column.isnull()

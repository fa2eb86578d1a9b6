"""One part of a search log, such as a day, counted; the counts of parts add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import pandas as pd
import pyarrow as pa

from workbench.report import Report
from workbench.signals.click_filters import clicks_that_count, unknown
from workbench.signals.click_numbers import (
    NAMES,
    number_objects,
    number_places,
    number_queries,
    with_numbers,
)
from workbench.signals.click_searches import SEARCH
from workbench.tables import from_arrow, held_here, to_frame

# Stands for "position unknown", so that such rows form a position of their own.
NO_POSITION = 0
# Stands for "device unknown".
NO_DEVICE = ""
# What the report calls rows whose action the rules do not name.
OTHER_ACTIONS = "rows of actions that are neither clicks nor impressions, left out"
DEFAULT_WEIGHTS = {"click": 1.0, "add_to_cart": 2.0, "purchase": 3.0}


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
        ``user_query, instance_id, query, searches, seen, n_rows``, one row a spelling: its normal
        form and the number that this has in the tables below. Without text the normal form is
        empty and the number null. ``searches`` is null in a log of counts, which does not say it;
        ``seen`` is the number of clicks and impressions, of ``n_rows`` rows.
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
        action, position, device``; see `workbench.signals.click_reading`.
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
    shown = events.filter(is_shown).group_by(NAMES).aggregate(n=lambda t: t.count()).to_pyarrow()
    # Held once, for clicks are few and looked at several times.
    with held_here(clicks) as clicks:
        rows = clicks.group_by("user_query", "object_id").aggregate(n=clicks.count()).to_pyarrow()
        seen = pa.concat_tables([shown.select(rows.column_names), rows])
        # Each row is one click or one impression.
        seen = seen.append_column("seen", seen["n"])
        queries, objects = number_queries(searches, seen), number_objects(seen)
        clicked = _clicked(clicks, queries, objects, rules, report)
    shown = with_numbers(shown.rename_columns([*NAMES, "impressions"]), queries, objects)
    return ClickCounts(queries, objects, *number_places(shown, clicked), report)


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
        OTHER_ACTIONS,
        int(others["n"].sum()),
        [f"{name} ({n:,})" for name, n in others[["action", "n"]].head(5).itertuples(index=False)],
    )
    return found


def _searches_by_spelling(events: ibis.Table, actions: pd.DataFrame, report: Report) -> ibis.Table:
    """Return ``user_query, searches``.

    A search is told by its id, else a session stands for it, else each event does.
    """
    if not actions["query_id"].any():
        told = "sessions that searched it" if actions["session_id"].any() else "its events"
        report.note(f"no query_id: a query's weight is the number of {told}")
    keyed = events.mutate(key=ibis.coalesce(events["query_id"], events["session_id"]))
    # One that goes on after midnight counts on both days; events without a time go with the rest.
    searches = keyed.group_by("user_query", "key").aggregate(
        n_days=ibis.greatest(keyed["day"].nunique(), 1), n_events=keyed.count()
    )
    n = ibis.ifelse(unknown(searches["key"]), searches["n_events"], searches["n_days"])
    return searches.group_by("user_query").aggregate(searches=n.sum())


def _clicked(
    clicks: ibis.Table, queries: pa.Table, objects: pa.Table, rules: ClickRules, report: Report
) -> pa.Table:
    """Return the sums over the clicks that count."""
    known = from_arrow(queries.select(["user_query", "query"])).drop_null("query")
    placed = clicks.inner_join(known, "user_query")
    known = from_arrow(objects.select(["object_id", "object"])).drop_null("object")
    placed = placed.inner_join(known, "object_id")
    # Position and device as one number; the order decides where nothing else does.
    places = clicks.select("position", "device").distinct().order_by("position", "device")
    places = places.to_pyarrow()
    numbered = places.append_column("place", pa.array(range(len(places)), pa.int64()))
    placed = placed.inner_join(from_arrow(numbered), ["position", "device"])
    weight = ibis.cases(
        *((placed["action"] == name, float(worth)) for name, worth in rules.weights.items()),
        else_=0.0,
    )
    placed = placed.mutate(weight=weight, is_placed=placed["position"] != NO_POSITION)
    with clicks_that_count(placed, rules.max_client_clicks_per_hour, report) as engaged:
        sums = engaged.group_by("query", "object", "place").aggregate(
            clicks=engaged.count(),
            sessions=engaged["session"].count(),
            weight=engaged["weight"].sum(),
            weight_squares=(engaged["weight"] * engaged["weight"]).sum(),
        )
        found = sums.to_pyarrow()
    where = places.take(found["place"])
    for name in ("position", "device"):
        found = found.append_column(name, where[name])
    return found.drop_columns(["place"])

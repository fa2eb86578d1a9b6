"""One part of a search log that holds counts already."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from workbench.report import Report
from workbench.signals.click_counts import NO_DEVICE, NO_POSITION, ClickCounts, ClickRules
from workbench.signals.click_numbers import (
    NAMES,
    PLACE,
    number_objects,
    number_places,
    number_queries,
    with_numbers,
)

_SUMS = ["clicks", "sessions", "weight", "weight_squares"]


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
    How often a query was searched is not said; `workbench.signals.click_sum` tells it by what all
    parts together say was shown and clicked, for a maximum over items does not add up over parts.
    """
    counts = _with_all_counts(counts)
    n, weight, squares = _clicks(counts, rules)
    places = counts.mutate(n_clicks=n, weight=weight, squares=squares).group_by(NAMES)
    sums = places.aggregate(
        impressions=lambda t: t["impressions"].sum(),
        clicks=lambda t: t["n_clicks"].sum(),
        sessions=ibis.literal(0, "int64"),
        weight=lambda t: t["weight"].sum(),
        weight_squares=lambda t: t["squares"].sum(),
        seen=lambda t: t["impressions"].sum() + t["n_clicks"].sum(),
        n=lambda t: t.count(),
    )
    found = sums.to_pyarrow()
    spellings = pc.unique(found["user_query"])
    unsaid = pa.table({"user_query": spellings, "searches": pa.nulls(len(spellings), pa.int64())})
    queries, objects = number_queries(unsaid, found), number_objects(found)
    placed = with_numbers(found.drop_columns(["n", "seen"]), queries, objects)
    shown = placed.select([*PLACE, "impressions"]).filter(pc.field("impressions") > 0)
    clicked = placed.select([*PLACE, *_SUMS]).filter(pc.field("weight") > 0)
    return ClickCounts(queries, objects, *number_places(shown, clicked), Report())


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


def _clicks(counts: ibis.Table, rules: ClickRules) -> tuple[Any, Any, Any]:
    """Return how many clicks a row stands for, their weight and the sum of the squares.

    As in a log of events a click counts once, at its weightiest action: a purchase comes of a
    click, so of 10 clicks and 3 purchases 7 count as clicks. What is worth less than a click
    counts where there are more of it than clicks.
    """
    worths = {"clicks": rules.weights.get("click", 1.0)}
    worths |= {name: w for name, w in rules.weights.items() if name in counts.columns}
    covered = weight = squares = ibis.literal(0)
    for name in sorted(worths, key=lambda name: -worths[name]):
        n = counts[name].fill_null(0)
        more = ibis.greatest(n - covered, 0)
        weight = weight + more * worths[name]
        squares = squares + more * worths[name] ** 2
        covered = ibis.greatest(covered, n)
    return covered.cast("int64"), weight.cast("float64"), squares.cast("float64")

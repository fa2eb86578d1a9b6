"""From clicks on items to votes on the labels of these items."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd

from workbench.signals.votes import make_votes
from workbench.tables import from_frame, to_frame


@dataclass(frozen=True)
class ClickCuts:
    """Where the strength of clicks is cut into levels.

    Parameters
    ----------
    levels : tuple of float
        Smallest strength of level 1, 2, ...
    against : float
        If the label's share of the clicks is below this, and the strength below the levels,
        clicks speak against the pair (level 0), provided that there are enough.
    min_clicks : int
        Clicks of the query from which on there are enough.
    shown_clicks : float
        How many clicks the items shown for the query are worth, by their scores. They carry
        queries with few clicks: what the shop's search engine finds is evidence too.

    Notes
    -----
    Chosen on generated shops with known truth, one with a good and one with a poor search
    engine. On the first, 16 / 44 / 72 / 94 % of the pairs at levels 1 to 4 are true and 0.2 % at
    level 0, against 15 % of all pairs. Four clicks for what was shown gave the best average
    precision on both (of 0 to 8).
    """

    levels: tuple[float, ...] = (0.4, 0.6, 0.8, 0.95)
    against: float = 0.25
    min_clicks: int = 3
    shown_clicks: float = 4.0


def click_votes(
    clicks: ibis.Table,
    item_labels: pd.DataFrame,
    *,
    n_items: int,
    cuts: ClickCuts | None = None,
) -> pd.DataFrame:
    """Return the votes of the source "click" on the labels of the items shown or clicked.

    The strength of a pair is how far the label's share among the query's clicks exceeds its
    share in the catalog: (share - base) / (1 - base). It is 1 if all clicks carry the label, 0
    if no more than any random items would, below 0 if fewer. Other pairs get no vote: those in
    between, and those of queries with too few clicks to speak against.

    Parameters
    ----------
    clicks : ibis.Table
        Click table; `workbench.tables.from_frame` makes it of a frame.
    item_labels : pd.DataFrame
        ``item_id, label_id``.
    n_items : int
        Number of items in the catalog.
    cuts : ClickCuts, optional

    Returns
    -------
    pd.DataFrame
        Vote table. ``count`` is the number of clicks on items with the label, ``detail`` says
        "7 of 9 clicks", or "shown, nothing clicked".

    Notes
    -----
    With C clicks on items that carry the label and N clicks of the query, both by what each is
    worth, and s the label's share of the scores of the items shown, share = (C + k s) / (N + k)
    with k = ``shown_clicks``. The share in the catalog enters as a correction for chance and not
    as a factor (share × lift): a factor puts rare labels that were clicked once above common ones
    that were meant.
    """
    cuts = cuts or ClickCuts()
    pairs = _counts_by_label(clicks, item_labels, n_items)
    known = pairs["weight_of_query"] + cuts.shown_clicks
    share = (pairs["weight"] + cuts.shown_clicks * pairs["score_share"]) / known
    # A label that all items carry cannot exceed chance; it gets strength 0.
    room = ibis.greatest(1.0 - pairs["base"], 1e-9)
    # Backends add floats in no fixed order: the last digits must not decide a level.
    strength = ((share - pairs["base"]) / room).round(9)
    pairs = pairs.mutate(share=share.round(9), strength=strength)
    pairs = pairs.mutate(level=_level(pairs, cuts))
    voted = pairs.drop_null("level").order_by("instance_id", "label_id")
    counted = (
        voted["clicks"].cast("string")
        + " of "
        + voted["clicks_of_query"].cast("string")
        + " clicks"
    )
    voted = voted.mutate(
        detail=ibis.ifelse(voted["clicks_of_query"] > 0, counted, "shown, nothing clicked")
    )
    frame = to_frame(
        voted.select("instance_id", "label_id", "level", "strength", "clicks", "detail")
    )
    return make_votes(
        frame["instance_id"],
        frame["label_id"],
        source="click",
        level=frame["level"],
        strength=frame["strength"],
        count=frame["clicks"],
        detail=frame["detail"],
    )


def _counts_by_label(clicks: ibis.Table, item_labels: pd.DataFrame, n_items: int) -> ibis.Table:
    """Return each pair's clicks and shares, the query's and the catalog's."""
    carried = from_frame(item_labels, types={"item_id": "string", "label_id": "string"})
    base = carried.group_by("label_id").aggregate(base=carried.count() / float(n_items))
    queries = clicks.group_by("instance_id").aggregate(
        clicks_of_query=clicks["clicks"].sum(),
        weight_of_query=clicks["weight"].sum(),
        score_of_query=clicks["score"].sum(),
    )
    joined = clicks.inner_join(carried, "item_id")
    pairs = joined.group_by("instance_id", "label_id").aggregate(
        clicks=joined["clicks"].sum(),
        weight=joined["weight"].sum(),
        score=joined["score"].sum(),
    )
    pairs = pairs.inner_join(queries, "instance_id").inner_join(base, "label_id")
    return pairs.mutate(score_share=pairs["score"] / pairs["score_of_query"])


def _level(pairs: ibis.Table, cuts: ClickCuts) -> ibis.Value:
    enough = pairs["clicks_of_query"] >= cuts.min_clicks
    speaks_against = (pairs["share"] < cuts.against) & enough
    ordered = sorted(enumerate(cuts.levels, start=1), reverse=True)
    branches = [(pairs["strength"] >= cut, level) for level, cut in ordered]
    return ibis.cases(*branches, (speaks_against, 0), else_=None)

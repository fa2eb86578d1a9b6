"""A click log over rated products: positions, trust, fickle shoppers, bots, repeated clicks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How an examined product of rating 0 to 3 attracts a click.
ATTRACTION = np.array([0.03, 0.2, 0.45, 0.62])
PAGE = 10
TRUST = 0.08
FICKLE_SHARE, FICKLE_ATTRACTION = 0.1, 0.3
BOT_SHARE = 0.03
REPEATED_SHARE = 0.06
ZIPF = 0.85
# Spread of one search's ranking, in standard deviations of a query's text scores.
RANKING_NOISE = 1.0
_DAYS = 30


@dataclass(frozen=True)
class Traffic:
    """How much is searched and how people look at a page.

    Parameters
    ----------
    searches : int
        A query, on average; popular ones have many times that of rare ones.
    examination_exponent : float
        Position k is looked at with chance 1 / k^exponent.
    """

    searches: int
    examination_exponent: float


@dataclass(frozen=True)
class RatedQuery:
    """A query with its rated products.

    Parameters
    ----------
    text : str
    item_ids : ndarray of str
    ratings : ndarray of int, 0 to 3
    text_scores : ndarray of float
        How well each product's text matches, standardised within the query.
    """

    text: str
    item_ids: NDArray[np.str_]
    ratings: NDArray[np.int64]
    text_scores: Floats


def simulate_clicks(
    queries: list[RatedQuery], traffic: Traffic, rng: np.random.Generator
) -> pd.DataFrame:
    """Return events in the columns of User Behavior Insights."""
    popularity = 1.0 / np.arange(1, len(queries) + 1) ** ZIPF
    mean = traffic.searches * len(queries) * rng.permutation(popularity) / popularity.sum()
    searches = np.repeat(np.arange(len(queries)), np.maximum(rng.poisson(mean), 1))
    n_searches = len(searches)
    n_clients = max(n_searches // 4, 20)
    client = rng.integers(n_clients, size=n_searches)
    fickle = (rng.random(n_clients) < FICKLE_SHARE)[client]
    bot = rng.random(n_searches) < BOT_SHARE
    started = rng.integers(_DAYS * 86400, size=n_searches)
    pages = [
        _page(queries[query], traffic, fickle[n], bot[n], rng).assign(
            query_id=f"q{n}",
            session_id=f"s{n}",
            client_id=f"bot{n % 5}" if bot[n] else f"c{client[n]}",
            second=started[n],
        )
        for n, query in enumerate(searches)
    ]
    events = pd.concat(pages, ignore_index=True)
    start = pd.Timestamp("2025-04-01")
    return events.assign(timestamp=start + pd.to_timedelta(events.pop("second"), unit="s"))


def _page(
    query: RatedQuery, traffic: Traffic, fickle: bool, bot: bool, rng: np.random.Generator
) -> pd.DataFrame:
    noise = RANKING_NOISE * rng.standard_normal(len(query.item_ids))
    shown = np.argsort(-(query.text_scores + noise))[:PAGE]
    rank = np.arange(1, len(shown) + 1)
    attraction = ATTRACTION[query.ratings[shown]] + TRUST / rank
    if fickle:
        attraction = np.full(len(shown), FICKLE_ATTRACTION)
    chance = attraction.clip(max=1) / rank**traffic.examination_exponent
    clicked = (rng.random(len(shown)) < chance) | bot
    again = clicked & (rng.random(len(shown)) < REPEATED_SHARE)
    at = np.concatenate([np.arange(len(shown)), np.flatnonzero(clicked), np.flatnonzero(again)])
    actions = np.repeat(["impression", "click"], [len(shown), clicked.sum() + again.sum()])
    return pd.DataFrame(
        {
            "action_name": actions,
            "user_query": query.text,
            "object_id": query.item_ids[shown[at]],
            "position": at + 1,
        }
    )


def write_events(events: pd.DataFrame, path: Path) -> None:
    """Write the log, made anew for every seed."""
    events.to_parquet(path, index=False)

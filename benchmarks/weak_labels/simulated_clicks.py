"""A click log over rated products: positions, trust, fickle shoppers, bots, repeated clicks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How an examined product of rating 0 to 3 attracts a click.
ATTRACTION = np.array([0.03, 0.2, 0.45, 0.62])
PAGE = 10
TRUST = 0.08
FICKLE_SHARE, FICKLE_ATTRACTION = 0.1, 0.3
BOT_SHARE, N_BOTS = 0.03, 5
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
        _page(queries[query], traffic, fickle[n], bot[n], rng) for n, query in enumerate(searches)
    ]
    of = np.repeat(np.arange(n_searches), [len(page.rank) for page in pages])
    rank = np.concatenate([page.rank for page in pages])
    clicked = np.concatenate([page.clicked for page in pages])
    again = clicked & (rng.random(len(clicked)) < REPEATED_SHARE)
    rows = np.concatenate([np.arange(len(rank)), np.flatnonzero(clicked), np.flatnonzero(again)])
    clients = np.where(bot, -1 - np.arange(n_searches) % N_BOTS, client)
    at = of[rows]
    return pd.DataFrame(
        {
            "action_name": np.where(np.arange(len(rows)) < len(rank), "impression", "click"),
            "user_query": np.array([query.text for query in queries])[searches[at]],
            "object_id": np.concatenate([page.item_ids for page in pages])[rows],
            "position": rank[rows],
            "query_id": at.astype("U"),
            "session_id": at.astype("U"),
            "client_id": clients[at].astype("U"),
            "timestamp": pd.Timestamp("2025-04-01") + pd.to_timedelta(started[at], unit="s"),
        }
    )


@dataclass(frozen=True)
class _Page:
    item_ids: NDArray[np.str_]
    rank: NDArray[np.int64]
    clicked: NDArray[np.bool_]


def _page(
    query: RatedQuery, traffic: Traffic, fickle: bool, bot: bool, rng: np.random.Generator
) -> _Page:
    noise = RANKING_NOISE * rng.standard_normal(len(query.item_ids))
    shown = np.argsort(-(query.text_scores + noise))[:PAGE]
    rank = np.arange(1, len(shown) + 1)
    attraction = ATTRACTION[query.ratings[shown]] + TRUST / rank
    if fickle:
        attraction = np.full(len(shown), FICKLE_ATTRACTION)
    chance = attraction / rank**traffic.examination_exponent
    return _Page(query.item_ids[shown], rank, (rng.random(len(shown)) < chance) | bot)

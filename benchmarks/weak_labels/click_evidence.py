"""Ways to read a click log, side by side: of an item for a query, of a label for a query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from workbench.signals.click_votes import ClickCuts, click_votes
from workbench.tables import from_frame
from workbench.text import normalise

Floats = NDArray[np.float64]
PAIR = ["instance_id", "label_id"]
# Clicks of a query from which each group of queries starts.
FEWEST_CLICKS = (1, 3, 10, 30)
OURS_ITEM = "clicks over expected clicks, shrunk (ours)"
OURS_STRENGTH, OURS_LEVELS = "strength (ours)", "levels of the votes (ours)"
_EVERY_PAIR = ClickCuts(levels=(-1e9,))
_N_BINS = 6


@dataclass(frozen=True)
class ClickData:
    """A log as it came and as the pipeline read it.

    Parameters
    ----------
    events : pd.DataFrame
        As it came: ``action_name, user_query, object_id``.
    clicks : pd.DataFrame
        Click table of the ingest stage.
    item_labels : pd.DataFrame
    n_items : int
        Of the catalog.
    """

    events: pd.DataFrame
    clicks: pd.DataFrame
    item_labels: pd.DataFrame
    n_items: int

    def raw_clicks(self) -> pd.DataFrame:
        """Return ``instance_id, item_id, raw``: all click events, repeats and bots among them."""
        clicked = self.events[self.events["action_name"] != "impression"]
        spelt = {text: normalise(text) for text in clicked["user_query"].unique()}
        keys = {
            "instance_id": clicked["user_query"].map(spelt),
            "item_id": clicked["object_id"],
        }
        return pd.DataFrame(keys).value_counts().rename("raw").reset_index()


def item_scores(data: ClickData) -> pd.DataFrame:
    """Return the pairs of query and item that were shown, and a column a way to score them."""
    pairs = data.clicks.merge(data.raw_clicks(), how="left", on=["instance_id", "item_id"])
    raw, shown = pairs["raw"].fillna(0.0), pairs["impressions"].clip(lower=1)
    of_query = raw.groupby(pairs["instance_id"]).transform("sum")
    scores = {
        "raw clicks": raw,
        "share of the query's raw clicks": raw / of_query.clip(lower=1),
        "raw click-through rate": raw / shown,
        "click-through rate": pairs["clicks"] / shown,
        "click-through rate, lower Wilson bound": _wilson(pairs["clicks"], shown),
        "clicks over expected clicks": pairs["clicks"] / pairs["expected_clicks"],
        OURS_ITEM: pairs["score"],
    }
    return pairs[["instance_id", "item_id"]].assign(**scores)


def label_scores(data: ClickData) -> pd.DataFrame:
    """Return the pairs of query and label of an item shown, and a column a way to score them."""
    items = item_scores(data).merge(
        data.clicks[["instance_id", "item_id", "clicks"]], on=["instance_id", "item_id"]
    )
    rate, raw = "click-through rate", "raw clicks"
    carried = items.merge(data.item_labels, on="item_id")
    summed = carried.groupby(PAIR)[["clicks", raw, rate]].sum().reset_index()
    whole = items.groupby("instance_id")[["clicks", raw, rate]].sum().clip(lower=1e-9)
    whole = whole.reindex(summed["instance_id"]).reset_index(drop=True)
    base = data.item_labels["label_id"].value_counts() / data.n_items
    base = summed["label_id"].map(base)
    share = summed["clicks"] / whole["clicks"]
    product = share * share / base
    table = summed[PAIR].assign(
        **{
            "more than half of the raw clicks": (summed[raw] > whole[raw] / 2).astype(float),
            "share of the raw clicks": summed[raw] / whole[raw],
            "share of the clicks": share,
            "share of the click-through rates": summed[rate] / whole[rate],
            "lift": share / base,
            "share × lift": product,
            f"share × lift in {_N_BINS} bins": _binned(product),
        }
    )
    return _with_ours(table, data)


def _with_ours(table: pd.DataFrame, data: ClickData) -> pd.DataFrame:
    log = from_frame(data.clicks)
    every = click_votes(log, data.item_labels, n_items=data.n_items, cuts=_EVERY_PAIR)
    votes = click_votes(log, data.item_labels, n_items=data.n_items)
    table = table.merge(every[[*PAIR, "strength"]].rename(columns={"strength": OURS_STRENGTH}))
    # Between the votes against and the lowest level for a pair lies what gets no vote.
    level = votes["level"].where(votes["level"] > 0, -1).astype(float)
    table = table.merge(votes[PAIR].assign(**{OURS_LEVELS: level}), how="left", on=PAIR)
    return table.fillna({OURS_LEVELS: 0.0})


def compare_scores(scores: pd.DataFrame, truth: pd.Series, clicks: pd.Series) -> pd.DataFrame:
    """Return AUC and average precision of every column of scores, over groups of queries.

    Parameters
    ----------
    scores : pd.DataFrame
        ``instance_id``, an id, and a column a way to score.
    truth : Series of bool
        In the order of the rows.
    clicks : pd.Series
        Clicks of each query, indexed by ``instance_id``.

    Returns
    -------
    pd.DataFrame
        ``group, score, n_pairs, auc, average_precision``.
    """
    n_clicks = scores["instance_id"].map(clicks).fillna(0).to_numpy()
    rows = []
    for name, chosen in _groups(n_clicks):
        true = truth.to_numpy(bool)[chosen]
        if true.all() or not true.any():
            continue
        for column in scores.columns[2:]:
            values = scores[column].to_numpy(np.float64)[chosen]
            rows.append(
                {
                    "group": name,
                    "score": column,
                    "n_pairs": len(true),
                    "auc": roc_auc_score(true, values),
                    "average_precision": average_precision_score(true, values),
                }
            )
    return pd.DataFrame(rows)


def _groups(n_clicks: Floats) -> list[tuple[str, NDArray[np.bool_]]]:
    found = [("all", n_clicks >= 1)]
    ends = [*(first - 1 for first in FEWEST_CLICKS[1:]), None]
    for first, last in zip(FEWEST_CLICKS, ends, strict=True):
        name = f"{first} or more" if last is None else f"{first} to {last}"
        found.append((name, (n_clicks >= first) & (n_clicks <= (last or np.inf))))
    return found


def _wilson(clicks: pd.Series, shown: pd.Series, z: float = 1.96) -> pd.Series:
    rate = (clicks / shown).clip(upper=1)
    spread = z * np.sqrt(rate * (1 - rate) / shown + z**2 / (4 * shown**2))
    return (rate + z**2 / (2 * shown) - spread) / (1 + z**2 / shown)


def _binned(values: pd.Series) -> pd.Series:
    edges = np.unique(np.quantile(values[values > 0], np.linspace(0, 1, _N_BINS)[1:-1]))
    bins: pd.Series = values.transform(lambda column: np.searchsorted(edges, column, "right"))
    return (bins + 1.0).where(values > 0, 0.0)

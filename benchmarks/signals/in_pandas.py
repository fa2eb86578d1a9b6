"""The same click evidence as `workbench.signals`, written in pandas, the whole log in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workbench.text import normalise

_SHRINK = 10.0


def click_table(
    folder: Path, item_ids: list[str], *, weights: dict[str, float], cap: int
) -> pd.DataFrame:
    """Return ``instance_id, item_id, impressions, clicks, weight, expected_clicks, score``."""
    events = pd.concat(map(pd.read_parquet, sorted(folder.glob("*.parquet"))), ignore_index=True)
    events["action_name"] = events["action_name"].str.strip().str.lower()
    texts = events["user_query"].unique()
    normal = dict(zip(texts, map(normalise, texts), strict=True))
    events["instance_id"] = events["user_query"].map(normal)
    events = events[events["object_id"].isin(item_ids) & (events["instance_id"] != "")]
    events["day"] = events["timestamp"].dt.floor("D")
    shown = events[events["action_name"] == "impression"]
    clicks = events[events["action_name"].isin(list(weights))]
    shown = shown.groupby(["instance_id", "object_id", "position", "device"], as_index=False)
    shown = shown.agg(impressions=("query_id", "size"))
    clicked = _clicks_that_count(clicks, weights, cap)
    shown["rate"] = _rates(shown, clicked)
    shown["expected_clicks"] = shown["impressions"] * shown["rate"]
    shown["squares"] = shown["impressions"] * shown["rate"] ** 2
    pair = ["instance_id", "object_id"]
    pairs = shown.groupby(pair)[["impressions", "expected_clicks", "squares"]].sum()
    sums = clicked.groupby(pair).agg(
        clicks=("weight", "size"), weight=("weight", "sum"), weight_squares=("w2", "sum")
    )
    pairs = pairs.join(sums, how="outer").fillna(0.0)
    missing = (pairs["clicks"] - pairs["impressions"]).clip(lower=0)
    overall = min(len(clicked) / shown["impressions"].sum(), 1.0)
    pairs["expected_clicks"] += missing * overall
    pairs["squares"] += missing * overall**2
    a, b = _prior(pairs)
    pairs["score"] = (pairs["weight"] + a) / (pairs["expected_clicks"] + b)
    pairs = pairs.reset_index().rename(columns={"object_id": "item_id"})
    return pairs.drop(columns=["squares", "weight_squares"]).astype(
        {"impressions": "int64", "clicks": "int64"}
    )


def _clicks_that_count(clicks: pd.DataFrame, weights: dict[str, float], cap: int) -> pd.DataFrame:
    # The place of a session is that of its first event, to the second.
    clicks = clicks.assign(
        weight=clicks["action_name"].map(weights), second=clicks["timestamp"].dt.floor("s")
    ).sort_values(["second", "position", "device"], kind="stable")
    once = clicks.groupby(["instance_id", "object_id", "session_id", "day"], as_index=False).agg(
        position=("position", "first"),
        device=("device", "first"),
        weight=("weight", "max"),
        timestamp=("timestamp", "min"),
        client_id=("client_id", "min"),
    )
    once = once.sort_values(["timestamp", "instance_id", "object_id"])
    nth = once.groupby(["client_id", once["timestamp"].dt.floor("h")]).cumcount()
    once = once[nth < cap]
    once["weight"] /= once["weight"].mean()
    return once.assign(w2=once["weight"] ** 2)


def _rates(shown: pd.DataFrame, clicked: pd.DataFrame) -> pd.Series:
    place = ["position", "device"]
    counts = shown.groupby(place)["impressions"].sum().to_frame("shown")
    counts["clicked"] = clicked.groupby(place).size().reindex(counts.index).fillna(0)
    overall = counts["clicked"].sum() / counts["shown"].sum()
    sums = counts.groupby("position").transform("sum")
    rate = (sums["clicked"] + _SHRINK * overall) / (sums["shown"] + _SHRINK)
    rate = (counts["clicked"] + _SHRINK * rate) / (counts["shown"] + _SHRINK)
    return shown[place].merge(rate.rename("rate"), how="left", on=place)["rate"]


def _prior(pairs: pd.DataFrame) -> tuple[float, float]:
    c, ec = pairs["weight"], pairs["expected_clicks"]
    m = c.sum() / ec.sum()
    noise = pairs["weight_squares"].sum() - m**2 * pairs["squares"].sum()
    weight = (ec**2).sum() - pairs["squares"].sum()
    variance = max((((c - m * ec) ** 2).sum() - noise) / weight, 0.01 * m**2)
    a = m**2 / variance
    return float(a), float(a / m)


def largest_difference(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Return the largest relative difference of a number; infinite if the pairs differ."""
    pair = ["instance_id", "item_id"]
    both = ours.merge(theirs, on=pair, suffixes=("", "_other"))
    if not len(both) == len(ours) == len(theirs):
        return float("inf")
    names = ["impressions", "clicks", "weight", "expected_clicks", "score"]
    gaps = [np.abs(both[n] - both[f"{n}_other"]) / (np.abs(both[n]) + 1e-9) for n in names]
    return float(max(gap.max() for gap in gaps))

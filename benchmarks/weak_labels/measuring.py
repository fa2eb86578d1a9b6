"""The measurements on generated shops, and on Icecat's rated queries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.weak_labels import icecat
from benchmarks.weak_labels.click_evidence import (
    PAIR,
    ClickData,
    compare_scores,
    item_scores,
    label_scores,
)
from benchmarks.weak_labels.intervals import over_queries, over_runs
from benchmarks.weak_labels.report import DataSet
from benchmarks.weak_labels.shops import measure_shop
from benchmarks.weak_labels.simulated_clicks import RatedQuery, Traffic, simulate_clicks
from benchmarks.weak_labels.workspaces import make_workspace
from pipelines.benchmark_signals import judge_with_both, measures_by_attribute
from pipelines.init import InitRequest
from pipelines.label_models import GROUPS
from workbench.evaluate.probabilities import ValueCounts, reliability_table
from workbench.evaluate.source_worth import (
    ALL,
    JudgedPosteriors,
    candidate_pairs,
    judge_candidates,
    votes_by_level,
)
from workbench.text import normalise
from workbench.workspace import Workspace


class Measured:
    """Gathers what runs of one kind of data show."""

    def __init__(self) -> None:
        self.found: list[JudgedPosteriors] = []
        self.ceilings: list[float] = []
        self._levels: list[pd.DataFrame] = []
        self._attributes: list[pd.DataFrame] = []
        self._items: list[pd.DataFrame] = []
        self._labels: list[pd.DataFrame] = []

    def add_posteriors(self, workspace: Workspace, judged: pd.DataFrame, ceiling: float) -> None:
        """Fit the label models to the votes of a workspace."""
        votes = workspace.artefact("label").table("votes")
        labels = workspace.artefact("ingest").table("labels")
        found = judge_with_both(votes, labels, judged, GROUPS)
        self.found.append(found)
        self.ceilings.append(ceiling)
        self._levels.append(votes_by_level(votes, judged))
        self._attributes.append(measures_by_attribute(found, labels))

    def add_clicks(
        self, clicks: ClickData, items: pd.DataFrame, wanted: pd.Series, truth: pd.DataFrame
    ) -> None:
        """Compare ways to read the log; ``truth`` has ``true`` on the pairs that are judged."""
        n_clicks = clicks.clicks.groupby("instance_id")["clicks"].sum()
        self._items.append(compare_scores(items, wanted, n_clicks))
        scored = label_scores(clicks)
        judged = scored[PAIR].merge(truth, how="left", on=PAIR)["true"]
        known = judged.notna().to_numpy()
        chosen = scored[known].reset_index(drop=True)
        self._labels.append(compare_scores(chosen, judged[known].astype(bool), n_clicks))

    def data_set(self, name: str, about: str, *, random_state: int | None = None) -> DataSet:
        """Return the means; with a seed the intervals resample the queries, else the runs."""
        pooled = pd.concat([found.pairs.assign(p=found.posteriors[ALL]) for found in self.found])
        counts = ValueCounts.of(pooled["p"].to_numpy(np.float64), pooled["true"].to_numpy(bool))
        return DataSet(
            name=name,
            about=f"{about} {self._told()}",
            estimate=over_runs(self.found)
            if random_state is None
            else over_queries(self.found, random_state),
            silent=pd.concat([f.silent_share for f in self.found], axis=1).mean(axis=1),
            levels=_pooled_levels(self._levels),
            reliability=reliability_table(counts),
            attributes=_mean_attributes(self._attributes),
            items=pd.concat(self._items),
            labels=pd.concat(self._labels),
        )

    def _told(self) -> str:
        n_pairs = np.mean([len(found.pairs) for found in self.found])
        base = np.mean([found.base_rate for found in self.found])
        return (
            f"{n_pairs:,.0f} judged pairs a run, {100 * base:.1f} % of them true; the votes reach "
            f"{100 * np.mean(self.ceilings):.1f} % of the true pairs."
        )


def measure_shops(work: Path, seeds: Sequence[int]) -> DataSet:
    """Return what is measured on the generated shops of the seeds."""
    measured = Measured()
    for seed in seeds:
        shop = measure_shop(work, seed)
        ingested = shop.workspace.artefact("ingest")
        votes = shop.workspace.artefact("label").table("votes")
        judged, ceiling = judge_candidates(votes, ingested.table("labels"), shop.truth)
        measured.add_posteriors(shop.workspace, judged, ceiling)
        items = item_scores(shop.clicks)
        every = label_scores(shop.clicks)[PAIR]
        true = pd.MultiIndex.from_frame(every).isin(pd.MultiIndex.from_frame(shop.truth[PAIR]))
        measured.add_clicks(shop.clicks, items, shop.wanted(items), every.assign(true=true))
    return measured.data_set(
        "Generated shops",
        f"Shops of the seeds {', '.join(map(str, seeds))}; intervals over the shops.",
    )


def measure_icecat(
    data: Path, work: Path, name: str, traffic: Traffic, seeds: Sequence[int]
) -> DataSet:
    """Return what is measured on the rated queries with one kind of simulated clicks."""
    ratings = icecat.read_ratings(data)
    queries = icecat.rated_queries(data, ratings)
    folder = work / "icecat"
    folder.mkdir(parents=True, exist_ok=True)
    catalog = folder / "items.parquet"
    if not catalog.exists():
        icecat.write_catalog(data, ratings, catalog)
    measured = Measured()
    for seed in seeds:
        _measure_log(measured, folder, queries, ratings, traffic, seed)
    about = (
        f"{traffic.searches} searches a query on average, position k examined with chance "
        f"1/k^{traffic.examination_exponent:.2f}; {len(seeds)} draws of the clicks; intervals over "
        "the queries, of which each draw has the same."
    )
    return measured.data_set(name, about, random_state=0)


def _measure_log(
    measured: Measured,
    folder: Path,
    queries: list[RatedQuery],
    ratings: pd.DataFrame,
    traffic: Traffic,
    seed: int,
) -> None:
    events = simulate_clicks(queries, traffic, np.random.default_rng(seed))
    events.to_parquet(folder / "events.parquet", index=False)
    request = InitRequest(clicks=folder / "events.parquet", catalog=folder / "items.parquet")
    workspace = make_workspace(folder / "workspace", request)
    ingested = workspace.artefact("ingest")
    labels, item_labels = ingested.table("labels"), ingested.table("item_labels")
    truth = icecat.judged_pairs(ratings, item_labels, labels)
    candidates = candidate_pairs(workspace.artefact("label").table("votes"), labels)
    judged = truth.merge(candidates, on=PAIR)
    measured.add_posteriors(workspace, judged, judged["true"].sum() / truth["true"].sum())
    clicks = ClickData(events, ingested.table("clicks"), item_labels, len(ingested.table("items")))
    items = item_scores(clicks)
    rated = ratings.assign(instance_id=ratings["query"].map(normalise))
    known = items[["instance_id", "item_id"]].merge(rated, on=["instance_id", "item_id"])
    measured.add_clicks(clicks, items, known["rating"] >= icecat.RELEVANT, truth)


def _pooled_levels(levels: list[pd.DataFrame]) -> pd.DataFrame:
    every = pd.concat(levels)
    every["true"] = every["present"] * every["n_pairs"]
    pooled = every.groupby(["source", "level"], as_index=False)[["n_pairs", "true"]].sum()
    return pooled.assign(present=pooled["true"] / pooled["n_pairs"]).drop(columns="true")


def _mean_attributes(attributes: list[pd.DataFrame]) -> pd.DataFrame:
    mean = pd.concat(attributes).groupby(level="attribute").mean()
    return mean.sort_values("n_pairs", ascending=False)

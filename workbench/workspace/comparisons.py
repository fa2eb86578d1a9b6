"""A stored comparison of models: its tables, by model, measure and segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from workbench.evaluate.compare_segments import COLUMNS
from workbench.evaluate.segments import SEGMENTS
from workbench.workspace.artefacts import Artefact

SUPPORT, ATTRIBUTE, BRANCH = "support", "attribute", "branch"
KINDS = (SUPPORT, ATTRIBUTE, BRANCH)
_LABELS = (
    *("label_id", "support", "hits_before", "hits_after", "newly_hit", "newly_missed"),
    *("difference", "low", "high", "beyond_chance", "model", "k"),
)
_PAIRS = ("instance_id", "label_id", "rank_before", "rank_after", "model")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What was measured, by table, and what its manifest says.

    Parameters
    ----------
    manifest : mapping
    metrics, differences : DataFrame
        As of `workbench.evaluate.compare.ModelComparison`.
    segments : DataFrame
        As of `workbench.evaluate.compare_segments.compare_segments`; empty if not recorded.
    label_changes : DataFrame
        As of `workbench.evaluate.changes.label_changes`, with ``model`` and ``k``.
    changed_pairs : DataFrame
        As of `workbench.evaluate.changes.changed_pairs`, with ``model``.
    texts : Series
        Of the instances that changed, by instance_id.
    records_changes : bool
        Whether it was made by a workbench that looks for changes.
    """

    manifest: Mapping[str, Any]
    metrics: pd.DataFrame
    differences: pd.DataFrame
    segments: pd.DataFrame
    label_changes: pd.DataFrame
    changed_pairs: pd.DataFrame
    texts: pd.Series
    records_changes: bool

    @property
    def models(self) -> list[str]:
        """The names of the models, the one that others are held against first."""
        return [str(name) for name in self.metrics["model"].unique()]

    @property
    def baseline(self) -> str:
        """The model that others are held against."""
        found = self.differences["baseline"]
        return str(found.iloc[0]) if len(found) else self.models[0]

    @property
    def others(self) -> list[str]:
        """The models but the baseline."""
        return [name for name in self.models if name != self.baseline]

    @property
    def measures(self) -> list[tuple[str, int]]:
        """Every metric and k, in the order of the metrics."""
        pairs = self.metrics[["metric", "k"]].drop_duplicates()
        return [(str(metric), int(k)) for metric, k in pairs.itertuples(index=False)]

    @property
    def main_measure(self) -> tuple[str, int]:
        """The measure that is shown where there is room for one: nDCG at the largest k."""
        k = max(k for _, k in self.measures)
        return ("ndcg", k) if ("ndcg", k) in self.measures else self.measures[-1]

    @property
    def kinds(self) -> list[str]:
        """By what it can be parted: support, and what else the inputs know."""
        there = set(self.segments["by"].unique())
        return [kind for kind in KINDS if kind == SUPPORT or kind in there]

    def by(self, kind: str, metric: str, k: int) -> pd.DataFrame:
        """Return one measure by segment, a row a segment and model, in the form of `segments`.

        The wide interval of a segment by support is its plain one.
        """
        if kind != SUPPORT:
            found = self.segments
            mine = (found["by"] == kind) & (found["metric"] == metric) & (found["k"] == k)
            return found[mine].reset_index(drop=True)
        chosen = [of_measure(frame, metric, k) for frame in (self.metrics, self.differences)]
        names = {"low": "difference_low", "high": "difference_high"}
        found = chosen[0].merge(
            chosen[1].rename(columns=names).drop(columns="baseline"),
            how="left",
            on=["metric", "k", "segment", "model"],
        )
        found = found.assign(
            by=SUPPORT,
            n_pooled=1,
            wide_low=found["difference_low"],
            wide_high=found["difference_high"],
        )
        order = found["segment"].map({name: n for n, name in enumerate(("all", *SEGMENTS))})
        return found.assign(at=order.fillna(9)).sort_values("at", kind="stable").drop(columns="at")

    def against_baseline(self, model: str, kind: str, metric: str, k: int) -> pd.DataFrame:
        """Return one model's rows as `by` has them, with the baseline's value as ``before``."""
        found, segment = self.by(kind, metric, k), ["segment", "n_pooled"]
        before = found.loc[found["model"] == self.baseline, [*segment, "value"]]
        mine = found[found["model"] == model]
        return mine.merge(before.rename(columns={"value": "before"}), how="left", on=segment)

    def over_all_labels(self, model: str) -> pd.DataFrame:
        """Return the differences of a model over all labels, a row a metric and k."""
        found = self.differences
        return found[(found["model"] == model) & (found["segment"] == "all")]

    def label_changes_of(self, model: str, k: int) -> pd.DataFrame:
        """Return the labels of which a model hits other true pairs than the baseline."""
        found = self.label_changes
        return found[(found["model"] == model) & (found["k"] == k)]

    def only_of_label(self, label_id: str) -> Comparison:
        """Return the comparison with only those changes that are about a label."""
        pairs = self.changed_pairs
        return replace(self, changed_pairs=pairs[pairs["label_id"] == label_id])


def read_comparison(artefact: Artefact) -> Comparison:
    """Return a stored comparison; what an older one does not hold is empty.

    Raises
    ------
    DamagedArtefactError
        If a table cannot be read.
    """

    def table(name: str, columns: tuple[str, ...]) -> pd.DataFrame:
        if artefact.holds(f"{name}.parquet"):
            return artefact.table(name)
        return pd.DataFrame(columns=list(columns))

    texts = table("instances", ("instance_id", "text"))
    return Comparison(
        artefact.manifest,
        artefact.table("metrics"),
        artefact.table("differences"),
        table("segments", COLUMNS),
        table("label_changes", _LABELS),
        table("changed_pairs", _PAIRS),
        texts.set_index("instance_id")["text"],
        artefact.holds("changed_pairs.parquet"),
    )


def changed_instances(comparison: Comparison, model: str, k: int, n: int) -> pd.DataFrame:
    """Return the instances whose hits among the first k changed, those with most changes first.

    Returns
    -------
    DataFrame
        Columns instance_id, text, newly_hit and newly_missed (lists of label ids); at most ``n``.
    """
    pairs = pairs_changed_at(comparison, model, k)
    counts = pairs.groupby("instance_id", sort=True).size()
    first = counts.sort_values(ascending=False, kind="stable").index[:n]
    mine = pairs[pairs["instance_id"].isin(first)]
    rows = []
    for instance_id in first:
        own = mine[mine["instance_id"] == instance_id]
        sides = [own.loc[own["is_hit"] == side, "label_id"].tolist() for side in (True, False)]
        rows.append((instance_id, comparison.texts.get(instance_id, instance_id), *sides))
    return pd.DataFrame(rows, columns=["instance_id", "text", "newly_hit", "newly_missed"])


def pairs_changed_at(comparison: Comparison, model: str, k: int) -> pd.DataFrame:
    """Return the true pairs that changed among the first k, with ``is_hit`` after the change."""
    pairs = comparison.changed_pairs
    was = pairs["rank_before"].between(1, k)
    now = pairs["rank_after"].between(1, k)
    return pairs.assign(is_hit=now)[(pairs["model"] == model) & (was != now)]


def of_measure(frame: pd.DataFrame, metric: str, k: int) -> pd.DataFrame:
    """Return the rows of one metric and k."""
    return frame[(frame["metric"] == metric) & (frame["k"] == k)]

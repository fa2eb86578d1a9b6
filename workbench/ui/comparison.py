"""A stored comparison of models as the pages show it, and the words for what is in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from workbench.evaluate.compare_segments import COLUMNS
from workbench.plurals import plural
from workbench.workspace import Artefact

NAMES = {
    "precision": "Precision",
    "ndcg": "nDCG",
    "psp": "Propensity-scored precision",
    "psndcg": "Propensity-scored nDCG",
    "recall": "Recall",
}
SHORT = {"precision": "P", "ndcg": "nDCG", "psp": "PSP", "psndcg": "PSnDCG", "recall": "recall"}
SUPPORT, ATTRIBUTE, BRANCH = "support", "attribute", "branch"
KINDS = (SUPPORT, ATTRIBUTE, BRANCH)
_SEGMENTS = ("all", "head", "torso", "tail")
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
        chosen = [_at(frame, metric, k) for frame in (self.metrics, self.differences)]
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
        order = found["segment"].map({name: n for n, name in enumerate(_SEGMENTS)})
        return found.assign(at=order.fillna(9)).sort_values("at", kind="stable").drop(columns="at")

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


def name_of(metric: str, k: int | None) -> str:
    """Return how a metric at k is written, such as ``P@5``."""
    name = SHORT.get(metric, metric)
    return f"{name}@{int(k)}" if k is not None and pd.notna(k) and k else name


def segment_name(kind: str, name: str, n_pooled: int) -> str:
    """Return what a segment is called.

    Examples
    --------
    >>> segment_name("branch", "Category: Shoes", 1), segment_name("attribute", "", 3)
    ('Category: Shoes', '3 smaller attributes together')
    """
    if name:
        return name
    if not n_pooled:
        return "in no branch" if kind == BRANCH else "without an attribute"
    many = "branches" if kind == BRANCH else "attributes"
    return f"{n_pooled:,} smaller {many} together" if n_pooled > 1 else f"1 smaller {kind}"


def clearly(low: float, high: float) -> int:
    """Return 1 if an interval lies above 0, -1 if below, 0 if it holds 0 or there is none."""
    return 1 if low > 0 else -1 if high < 0 else 0


def verdict(low: float, high: float) -> str:
    """Return what an interval of a difference says."""
    if math.isnan(low) or math.isnan(high):
        return "not known"
    return {1: "better", -1: "worse", 0: "within chance"}[clearly(low, high)]


def headline(comparison: Comparison, model: str) -> str:
    """Return in a sentence what came out for a model over all labels."""
    metric, k = comparison.main_measure
    mine = comparison.differences
    mine = mine[(mine["model"] == model) & (mine["segment"] == "all")]
    one = _at(mine, metric, k)
    if one.empty or one["difference"].isna().all():
        return f"{model} cannot be held against {comparison.baseline}: nothing is measured."
    row = one.iloc[0]
    gap = f"{points(row['difference'])} points ({points(row['low'])} to {points(row['high'])})"
    said = {1: "is better than", -1: "is worse than", 0: "does not clearly differ from"}
    verb = said[clearly(row["low"], row["high"])]
    signs = [clearly(low, high) for low, high in zip(mine["low"], mine["high"], strict=True)]
    counts = f"{signs.count(1)} clearly better, {signs.count(-1)} clearly worse"
    return (
        f"{model} {verb} {comparison.baseline}: {name_of(metric, k)} {gap}. "
        f"Of {plural(len(signs), 'measure')} over all labels, each by itself, {counts}, "
        f"{signs.count(0)} within chance."
    )


def told_of_settings(comparison: Comparison, model: str) -> str:
    """Return in what else than labels a model differs from the baseline; empty if in nothing."""
    facts = dict(comparison.manifest.get("model_facts", {}))
    first, mine = (facts.get(name, {}) for name in (comparison.baseline, model))
    settings = [dict(one.get("parameters") or {}) for one in (first, mine)]
    apart = [
        f"{key} {settings[0].get(key, 'none')} → {settings[1].get(key, 'none')}"
        for key in sorted(settings[0].keys() | settings[1].keys())
        if key != "n_jobs" and settings[0].get(key) != settings[1].get(key)
    ]
    apart += [name for name in ("features", "inputs") if first.get(name) != mine.get(name)]
    if not apart and {"trees"} <= first.keys() & mine.keys() and first["trees"] != mine["trees"]:
        return (
            f"{model} and {comparison.baseline} stand on label trees that were grown apart: by "
            "chance alone two such trees differ by 0.1 to 0.25 points of P@1, a standard "
            "deviation that no interval here holds."
        )
    if not apart:
        return ""
    alone = first.get("label_version") == mine.get("label_version")
    so = "" if alone else "; the difference is not that of the labels alone"
    return f"{model} differs from {comparison.baseline} in {', '.join(apart)}{so}."


def told_of_chance(rows: pd.DataFrame) -> str:
    """Return what to make of so many intervals; empty where there are few.

    Parameters
    ----------
    rows : DataFrame
        The differences of one model in the segments of a kind other than support.
    """
    n = len(rows)
    by_itself = sum(map(bool, map(clearly, rows["difference_low"], rows["difference_high"])))
    at_once = sum(map(bool, map(clearly, rows["wide_low"], rows["wide_high"])))
    exclude = "excludes" if by_itself == 1 else "exclude"
    return (
        f"Of {plural(n, 'interval')} {by_itself} {exclude} 0 by themselves; about "
        f"{max(n * 0.05, 0.1):.1g} would by chance alone. Widened until all {n} hold at once, "
        f"only those that do are called better or worse: {at_once}."
    )


def told_of_small(comparison: Comparison, kind: str) -> str:
    """Return what is in no segment of its own; empty if nothing is."""
    told = dict(comparison.manifest.get("segmentations", {})).get(kind, {})
    many = "branches" if kind == BRANCH else "attributes"
    n_small, n_without = int(told.get("n_small", 0)), int(told.get("n_without", 0))
    parts = []
    if n_small:
        parts.append(f"{n_small:,} {many if n_small > 1 else kind} too small to measure")
    if n_without:
        parts.append(f"{n_without:,} {many if n_without > 1 else kind} without a test instance")
    return f"Not shown: {', '.join(parts)}." if parts else ""


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


def points(value: float) -> str:
    """Return a difference of shares in percentage points, with its sign; zero has none."""
    text = f"{100 * value:+.2f}"
    return "0.00" if text[1:] == "0.00" else text.replace("-", "\u2212")


def percent(value: float) -> str:
    """Return a share in percent, a dash where there is none."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}"


def _at(frame: pd.DataFrame, metric: str, k: int) -> pd.DataFrame:
    return frame[(frame["metric"] == metric) & (frame["k"] == k)]

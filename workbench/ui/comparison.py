"""The words for a comparison of models, alike on the page, in the report and on the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from workbench.plurals import plural
from workbench.workspace.comparisons import BRANCH, Comparison, of_measure

NAMES = {
    "precision": "Precision",
    "ndcg": "nDCG",
    "psp": "Propensity-scored precision",
    "psndcg": "Propensity-scored nDCG",
    "recall": "Recall",
}
SHORT = {"precision": "P", "ndcg": "nDCG", "psp": "PSP", "psndcg": "PSnDCG", "recall": "recall"}


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
    mine = comparison.over_all_labels(model)
    one = of_measure(mine, metric, k)
    if one.empty or one["difference"].isna().all():
        return f"{model} cannot be held against {comparison.baseline}: nothing is measured."
    row = one.iloc[0]
    gap = f"{points(row['difference'])} points ({points(row['low'])} to {points(row['high'])})"
    said = {1: "is better than", -1: "is worse than", 0: "does not clearly differ from"}
    verb = said[clearly(row["low"], row["high"])]
    signs = [clearly(low, high) for low, high in zip(mine["low"], mine["high"], strict=True)]
    counts = f"{signs.count(1)} better, {signs.count(-1)} worse, {signs.count(0)} within chance"
    return (
        f"By {name_of(metric, k)}, {model} {verb} {comparison.baseline}: {gap}. "
        f"Of {plural(len(signs), 'measure')} over all labels, each taken by itself, {counts}."
    )


def told_of_models(comparison: Comparison) -> str:
    """Return which models were measured, where they go by their label versions; else nothing.

    A version may have several models, of which the newest is meant.
    """
    models = comparison.manifest.get("models")
    if not isinstance(models, Mapping):
        return ""
    return ", ".join(
        f"{name} is {models[name]}" for name in comparison.models if models.get(name, name) != name
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
    """Return what to make of so many intervals.

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


def points(value: float) -> str:
    """Return a difference of shares in percentage points, with its sign; zero has none."""
    text = f"{100 * value:+.2f}"
    return "0.00" if text[1:] == "0.00" else text.replace("-", "\u2212")


def percent(value: float) -> str:
    """Return a share in percent, a dash where there is none."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}"

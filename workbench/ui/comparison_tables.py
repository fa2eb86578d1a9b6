"""A comparison of models as HTML: what the page Compare and the mailed report both show."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.evaluate.changes import MIN_SUPPORT, clearest
from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.comparison import (
    headline,
    name_of,
    percent,
    points,
    segment_name,
    told_of_chance,
    told_of_settings,
    told_of_small,
)
from workbench.ui.forest import Draw, ForestRow, forest_table
from workbench.workspace.comparisons import (
    SUPPORT,
    Comparison,
    changed_instances,
    of_measure,
    pairs_changed_at,
)

UNITS = "Measures in percent, differences in percentage points, with 95 % intervals."
Named = Callable[[str], str]

NOTES = (
    "Every model predicts the same test instances, which none of them was trained on, and is held "
    "against the same test labels. A label that a model does not know is one it misses.",
    "The interval of a difference comes from resampling the test instances with all models alike "
    "(paired bootstrap, 95 %): were other instances of this kind drawn, the difference would lie "
    "within it nineteen times in twenty. It does not cover what another seed of the training "
    "would change, nor errors of the test labels. An interval that holds 0 is no proof that the "
    "models are equally good.",
    "Head, torso and tail carry a third of the training pairs each: few frequent labels, and many "
    "rare ones. Labels of an attribute are ranked among themselves; of a branch all labels of its "
    "instances are measured, and an instance may be in several.",
    "Where many segments are looked at, some intervals exclude 0 by chance. The pale lines are "
    "as wide as it takes for all of them to hold at once with 95 %, and they alone decide what "
    "is called better or worse (max-t bootstrap).",
    f"A label gained if more of its true pairs are among the first k than before. Labels with "
    f"{MIN_SUPPORT} true test instances or more whose interval (Agresti and Min, 2005) excludes 0 "
    "are listed, by the end of it that lies nearer to 0. A label is marked sure if its exact "
    "sign test stands after the correction for all labels (Benjamini and Hochberg, 5 %).",
    "P@k is the share of true labels among the first k, recall@k the share of the true labels that "
    "are among them, nDCG@k counts early ranks more, PSP@k and PSnDCG@k count rare labels more.",
)


def overall_table(comparison: Comparison, model: str, draw: Draw) -> str:
    """Return every measure over all labels, with the picture of its difference."""
    rows = []
    for metric, k in comparison.measures:
        found = comparison.against_baseline(model, SUPPORT, metric, k)
        rows += _forest_rows(found[found["segment"] == "all"], _named(name_of(metric, k)))
    return forest_table(["Measure"], rows, comparison.baseline, model, draw)


def segment_table(
    comparison: Comparison, model: str, kind: str, metric: str, k: int, draw: Draw
) -> str:
    """Return one measure by segment, with what chance makes of so many; empty if there are none."""
    found = comparison.against_baseline(model, kind, metric, k)
    if found.empty:
        return ""
    sized = kind != SUPPORT

    def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
        name = markup.escape(segment_name(kind, str(row["segment"]), int(row["n_pooled"])))
        return (name, markup.count(int(row["n_instances"]))) if sized else (name,)

    rows = _forest_rows(found, cells)
    header = [kind.capitalize(), *(["Instances"] if sized else [])]
    verdicts = "By the pale line" if sized else ""
    table = forest_table(header, rows, comparison.baseline, model, draw, verdicts)
    told = told_of_chance(found) if sized else ""
    below = " ".join(filter(None, [told, told_of_small(comparison, kind)]))
    return table + (markup.soft(below) if below else "")


def value_table(comparison: Comparison, metrics: Sequence[str]) -> str:
    """Return what every model reaches, each with its own interval, by support."""
    rows = []
    for metric, k in comparison.measures:
        if metric not in metrics:
            continue
        found = comparison.by(SUPPORT, metric, k)
        of = {(row["segment"], row["model"]): row for row in found.to_dict("records")}
        for segment in found["segment"].unique():
            values = [_value(of.get((segment, model), {})) for model in comparison.models]
            rows.append([markup.escape(name_of(metric, k)), markup.escape(segment), *values])
    header = ["Measure", "Labels", *comparison.models]
    return markup.table(header, rows, numbers=range(2, len(header)))


def label_table(
    comparison: Comparison,
    model: str,
    k: int,
    *,
    gained: bool,
    n: int,
    linked: Named = markup.escape,
) -> str:
    """Return the labels that gained or lost most for sure.

    Parameters
    ----------
    linked : callable
        Returns the HTML of a label's name.
    """
    first = clearest(comparison.label_changes_of(model, k), n, gained=gained)
    if first.empty:
        word = "gained" if gained else "lost"
        return markup.soft(
            f"No label with {MIN_SUPPORT} test instances or more {word} beyond its interval."
        )
    rows = []
    for row in first.to_dict("records"):
        interval = f"{points(row['low'])} to {points(row['high'])}"
        sure = '<span class="wb-said wb-{}">sure</span>'.format("up" if gained else "down")
        rows.append(
            [
                linked(str(row["label_id"])),
                f"{row['hits_before']:,} → {row['hits_after']:,} of {row['support']:,}",
                f'{points(row["difference"])} <span class="wb-soft wb-small">{interval}</span>',
                sure if row["beyond_chance"] else "",
            ]
        )
    header = ["Label", f"Hit at {k}", "Recall, in points", ""]
    return markup.table(header, rows, numbers=[1, 2])


def told_of_labels(comparison: Comparison, model: str, k: int) -> str:
    """Return how many labels changed, how many for sure, and how many are too rare to list."""
    changes = comparison.label_changes_of(model, k)
    known = changes[changes["support"] >= MIN_SUPPORT]
    n_rare = len(changes) - len(known)
    apart = int(((known["low"] > 0) | (known["high"] < 0)).sum())
    n_sure = int(known["beyond_chance"].sum())
    return (
        f"{plural(len(changes), 'label')} changed. Of {len(known):,} with {MIN_SUPPORT} test "
        f"instances or more the intervals of {apart:,} exclude 0, about {0.05 * len(known):.1f} "
        f"would by chance alone; {n_sure:,} {'stands' if n_sure == 1 else 'stand'} when all are "
        f"counted (sure). {n_rare:,} {'is' if n_rare == 1 else 'are'} too rare to list."
    )


def instance_table(
    comparison: Comparison,
    model: str,
    k: int,
    n: int,
    *,
    linked: Callable[[str, str], str] = lambda _, text: markup.escape(text),
) -> str:
    """Return the instances with most true labels newly hit or missed.

    Parameters
    ----------
    linked : callable
        Returns the HTML of an instance's text, given its id and the text.
    """
    rows = []
    for row in changed_instances(comparison, model, k, n).to_dict("records"):
        instance_id = str(row["instance_id"])
        sides = [
            ", ".join(markup.escape(label) for label in row[side])
            for side in ("newly_hit", "newly_missed")
        ]
        rows.append([linked(instance_id, str(row["text"])), *sides])
    if not rows:
        return markup.soft("No instance has another true label among the first.")
    return markup.table(["Instance", "Newly hit", "Newly missed"], rows)


def told_of_instances(comparison: Comparison, model: str, k: int, n: int) -> str:
    """Return how many instances changed and which are shown."""
    pairs = pairs_changed_at(comparison, model, k)
    n_changed, n_hit = pairs["instance_id"].nunique(), int(pairs["is_hit"].sum())
    shown = f" The {n:,} with most changes are shown." if n_changed > n else ""
    return (
        f"{plural(n_changed, 'instance')}: {plural(n_hit, 'true label')} newly among the first "
        f"{k}, {len(pairs) - n_hit:,} not any more.{shown}"
    )


def headline_html(comparison: Comparison, model: str) -> str:
    """Return in a sentence what came out, and what else than labels may be why."""
    told = told_of_settings(comparison, model)
    more = markup.soft(told) if told else ""
    return f'<p class="wb-headline">{markup.escape(headline(comparison, model))}</p>{more}'


def figures_of(comparison: Comparison, model: str) -> str:
    """Return the few figures that tell a comparison with a model."""
    metric, k = comparison.main_measure
    mine, shown = comparison.over_all_labels(model), []
    for one in dict.fromkeys([("precision", 1), (metric, k), ("psp", k)]):
        row = of_measure(mine, *one)
        if len(row) and pd.notna(row.iloc[0]["difference"]):
            shown.append((points(row.iloc[0]["difference"]), f"points of {name_of(*one)}"))
    if comparison.records_changes:
        pairs = pairs_changed_at(comparison, model, k)
        n_hit = int(pairs["is_hit"].sum())
        shown.append((markup.count(n_hit), f"true labels newly among the first {k}"))
        shown.append((markup.count(len(pairs) - n_hit), "not any more"))
    return markup.figures(shown)


def _forest_rows(
    found: pd.DataFrame, cells: Callable[[Mapping[str, Any]], tuple[str, ...]]
) -> list[ForestRow]:
    return [
        ForestRow(
            cells({str(name): value for name, value in row.items()}),
            float(row["before"]),
            float(row["value"]),
            float(row["difference"]),
            float(row["difference_low"]),
            float(row["difference_high"]),
            float(row["wide_low"]),
            float(row["wide_high"]),
        )
        for row in found.to_dict("records")
    ]


def _named(name: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    return lambda _: (markup.escape(name),)


def _value(row: Mapping[Hashable, Any]) -> str:
    if not row or math.isnan(row["value"]):
        return "–"
    interval = f"{percent(row['low'])} to {percent(row['high'])}"
    return f'{percent(row["value"])} <span class="wb-soft wb-small">{interval}</span>'

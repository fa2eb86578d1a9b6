"""What ``workbench compare`` prints."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from typing import Any

import pandas as pd

from pipelines.console import Terminal
from workbench.errors import InputError
from workbench.evaluate.changes import MIN_SUPPORT, clearest
from workbench.evaluate.compare import METRICS
from workbench.plurals import plural
from workbench.ui.comparison import (
    headline,
    name_of,
    percent,
    points,
    segment_name,
    told_of_chance,
    told_of_models,
    told_of_settings,
    told_of_small,
    verdict,
)
from workbench.workspace.comparisons import (
    ATTRIBUTE,
    KINDS,
    SUPPORT,
    Comparison,
    pairs_changed_at,
)

_SHOWN = 3
# Columns that a line of eighty characters has room for, if models are named by their ids.
_MAX_VALUES, _MAX_DIFFERENCES = 5, 2


def print_comparison(
    comparison: Comparison, terminal: Terminal, *, by: str | None = None, measure: str | None = None
) -> None:
    """Print every measure over all labels with its intervals, then what was asked for.

    Parameters
    ----------
    by : str, optional
        support, attribute or branch.
    measure : str, optional
        Of the segments, such as ``P@5``; nDCG at the largest k if left out.
    """
    known = {name_of(*pair).casefold(): pair for pair in comparison.measures}
    metric, k = comparison.main_measure if measure is None else known[measure.casefold()]
    _print_basis(comparison, terminal)
    _print_all(comparison, terminal)
    for model in comparison.others:
        terminal.say(headline(comparison, model))
        if told := told_of_settings(comparison, model):
            terminal.say(told)
        _print_changes(comparison, model, terminal)
    if by is not None:
        _print_segments(comparison, by, metric, k, terminal)


def _print_basis(comparison: Comparison, terminal: Terminal) -> None:
    manifest = comparison.manifest
    if told := told_of_models(comparison):
        terminal.say(told)
    n_test, n_bare = int(manifest["n_test"]), int(manifest.get("n_test_bare", 0))
    terminal.say(
        f"{n_test:,} test instances, held against {manifest['test_labels']}; "
        "differences with 95 % intervals (paired bootstrap over instances), all in percent"
    )
    for why, n in dict(manifest.get("left_out", {})).items():
        terminal.say(f"left out: {plural(n, 'test instance')} {why}")
    if n_bare:
        terminal.say(
            f"{n_bare:,} of them carry no label: P and nDCG count these 0, recall leaves them out"
        )
    for name, lacks in dict(manifest.get("labels", {}).get("unknown", {})).items():
        if lacks["n_pairs"]:
            terminal.say(
                f"{name} does not know {plural(lacks['n_labels'], 'label')} of the test, true in "
                f"{plural(lacks['n_pairs'], 'pair')}, and misses them"
            )


def _print_all(comparison: Comparison, terminal: Terminal) -> None:
    models, others = comparison.models, comparison.others
    names = [[name_of(metric, k)] for metric, k in comparison.measures]
    values: dict[str, list[list[str]]] = {model: [] for model in models}
    differences: dict[str, list[list[str]]] = {model: [] for model in others}
    for metric, k in comparison.measures:
        found = comparison.by(SUPPORT, metric, k)
        of = {row["model"]: row for row in found[found["segment"] == "all"].to_dict("records")}
        for model in models:
            values[model].append([f"{100 * of[model]['value']:.2f}"])
        for model in others:
            differences[model].append(_difference(of[model]))
    one_by_one = [(["measure"], names), *(([model], values[model]) for model in models)]
    apart = [
        ([f"{model} − {comparison.baseline}", "interval"], differences[model]) for model in others
    ]
    if len(others) == 1:
        _print_beside([*one_by_one, *apart], terminal)
        return
    for first in range(1, len(one_by_one), _MAX_VALUES):
        _print_beside([one_by_one[0], *one_by_one[first : first + _MAX_VALUES]], terminal)
    for first in range(0, len(apart), _MAX_DIFFERENCES):
        _print_beside([one_by_one[0], *apart[first : first + _MAX_DIFFERENCES]], terminal)


def _print_beside(parts: Sequence[tuple[list[str], list[list[str]]]], terminal: Terminal) -> None:
    """Print parts of a table, each a heading with its rows, beside each other."""
    rows = zip(*(rows for _, rows in parts), strict=True)
    header = [name for heading, _ in parts for name in heading]
    terminal.table("", header, [list(chain(*row)) for row in rows])


def _print_changes(comparison: Comparison, model: str, terminal: Terminal) -> None:
    """Say how many true labels are newly hit and missed, and which labels gained and lost."""
    _, k = comparison.main_measure
    pairs = pairs_changed_at(comparison, model, k)
    n_hit = int(pairs["is_hit"].sum())
    terminal.say(
        f"among the first {k} of {plural(pairs['instance_id'].nunique(), 'instance')}: "
        f"{plural(n_hit, 'true label')} newly hit, {len(pairs) - n_hit:,} newly missed"
    )
    mine = comparison.label_changes_of(model, k)
    for gained, told in ((True, "gained"), (False, "lost")):
        first = clearest(mine, _SHOWN, gained=gained)
        if len(first):
            names = ", ".join(
                f"{one.label_id} ({one.hits_before} → {one.hits_after} of {one.support})"
                for one in first.itertuples()
            )
            terminal.say(f"{told} beyond their interval, of support {MIN_SUPPORT} or more: {names}")


def _print_segments(
    comparison: Comparison, by: str, metric: str, k: int, terminal: Terminal
) -> None:
    if comparison.by(by, metric, k).empty:
        why = "the labels have no attributes, or one only" if by == ATTRIBUTE else "no taxonomy"
        terminal.say(f"nothing to show by {by}: {why}")
        return
    for model in comparison.others:
        mine, rows = comparison.against_baseline(model, by, metric, k), []
        for row in mine.to_dict("records"):
            sizes = [] if by == SUPPORT else [f"{row['n_instances']:,}"]
            name = segment_name(by, row["segment"], row["n_pooled"])
            values = [percent(row["before"]), percent(row["value"])]
            said = verdict(row["wide_low"], row["wide_high"])
            # What is printed is the interval that decides.
            rows.append([name, *sizes, *values, *_difference(row, "wide"), said])
        sized = [] if by == SUPPORT else ["instances"]
        interval = "interval" if by == SUPPORT else "widened"
        header = [by, *sized, comparison.baseline, model, "difference", interval, ""]
        terminal.table(f"{name_of(metric, k)} by {by}", header, rows)
        if by != SUPPORT:
            terminal.say(told_of_chance(mine))
    if told := told_of_small(comparison, by):
        terminal.say(told)


def _difference(row: Mapping[Hashable, Any], interval: str = "difference") -> list[str]:
    if pd.isna(row["difference"]):
        return ["–", "–"]
    low, high = points(row[f"{interval}_low"]), points(row[f"{interval}_high"])
    return [points(row["difference"]), f"{low} to {high}"]


def check_shown(by: str | None, measure: str | None, ks: Sequence[int]) -> None:
    """Raise before the work is done if there is no such kind of segments, or no such measure.

    Raises
    ------
    InputError
    """
    if by is not None and by not in KINDS:
        raise InputError(f"--by {by!r}: expected one of {', '.join(KINDS)}")
    known = [name_of(metric, k) for metric in METRICS for k in ks]
    if measure is not None and measure.casefold() not in map(str.casefold, known):
        raise InputError(f"--measure {measure!r} is not measured; choose among {', '.join(known)}")

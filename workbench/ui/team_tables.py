"""The tables of the page Team, as HTML."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from workbench.ui import markup
from workbench.ui.team_data import TeamFigures

MAX_ROWS = 50
MAX_CONFLICTS = 10
MAX_TEXT = 120
# Below them an hour is mostly guessed.
MIN_HOURS, MIN_DECISIONS = 0.25, 20


def work_table(figures: TeamFigures, only: str | None) -> str:
    """Return who decided how much and how fast; of one reviewer alone if ``only`` names one."""
    rows = _of(figures.counts.merge(figures.pace, on="reviewer", how="left"), "reviewer", only)
    cells = [
        [
            markup.escape(row["reviewer"]),
            markup.count(int(row["n"])),
            number(_pace(row), "{:,.0f}"),
            number(row["median_shown_ms"] / 1000, "{:.1f} s"),
            "" if pd.isna(row["last_at"]) else f"{row['last_at']:%d %b %Y}",
        ]
        for row in rows.head(MAX_ROWS).to_dict("records")
    ]
    header = ["Reviewer", "Decisions", "An active hour", "Median time", "Last"]
    return markup.table(header, cells, numbers=[1, 2, 3, 4]) + _more(rows)


def quality_table(figures: TeamFigures, gold: pd.DataFrame, only: str | None) -> str:
    """Return how well reviewers judge, by the others and by gold pairs; empty if nobody knows."""
    of_others = pd.DataFrame(columns=["reviewer", "quality", "n_pairs"])
    if figures.consensus is not None:
        of_others = figures.consensus.reviewers[["reviewer", "quality", "n_pairs"]]
    rows = of_others.merge(gold, on="reviewer", how="outer", suffixes=("", "_gold"))
    rows = _of(rows.sort_values(["quality", "reviewer"]), "reviewer", only)
    if rows.empty:
        return ""
    cells = [
        [
            markup.escape(row["reviewer"]),
            number(row["quality"], "{:.2f}"),
            number(row["n_pairs"], "{:,.0f}"),
            share(row["accuracy"], row["low"], row["high"]),
            number(row["n_pairs_gold"], "{:,.0f}"),
        ]
        for row in rows.head(MAX_ROWS).to_dict("records")
    ]
    header = ["Reviewer", "Quality", "Shared pairs", "Right on gold", "Gold pairs"]
    return markup.table(header, cells, numbers=[1, 2, 3, 4]) + _more(rows)


def couples_table(couples: pd.DataFrame) -> str:
    """Return how far each two reviewers agree."""
    cells = [
        [
            markup.escape(row["reviewer"]),
            markup.escape(row["other"]),
            markup.count(int(row["n_pairs"])),
            number(row["raw"], "{:.0%}"),
            number(row["kappa"], "{:.2f}"),
        ]
        for row in couples.head(MAX_ROWS).to_dict("records")
    ]
    header = ["Reviewer", "And", "Pairs", "Same", "Kappa"]
    return markup.table(header, cells, numbers=[2, 3, 4]) + _more(couples)


def conflicts_table(conflicts: pd.DataFrame, texts: Mapping[str, str]) -> str:
    """Return the newest conflicts with who says what; ``texts`` by instance_id."""
    cells = [
        [
            f"{markup.escape(_shortened(texts.get(row['instance_id'], row['instance_id'])))}"
            + markup.soft(row["label_id"]),
            *(markup.escape(row[name]) for name in ("present", "absent")),
        ]
        for row in conflicts.head(MAX_CONFLICTS).to_dict("records")
    ]
    header = ["Pair", "Present", "Absent"]
    return markup.table(header, cells) + _more(conflicts, MAX_CONFLICTS, "newest")


def number(value: float, form: str) -> str:
    """Return a number in this form; a dash if there is none."""
    return "–" if pd.isna(value) or math.isinf(value) else form.format(value).replace("-", "\u2212")


def share(value: float, low: float, high: float) -> str:
    """Return a share with its interval; a dash if there is none."""
    return "–" if pd.isna(value) else f"{value:.0%} ({low:.0%} to {high:.0%})"


def _pace(row: Mapping[Hashable, Any]) -> float:
    is_enough = row["active_hours"] >= MIN_HOURS and row["n_decisions"] >= MIN_DECISIONS
    return float(row["per_hour"]) if is_enough else math.nan


def _of(rows: pd.DataFrame, column: str, only: str | None) -> pd.DataFrame:
    return rows if only is None else rows[rows[column] == only]


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _more(rows: pd.DataFrame, limit: int = MAX_ROWS, which: str = "first") -> str:
    if len(rows) <= limit:
        return ""
    return markup.soft(f"The {which} {limit} of {markup.count(len(rows))} are shown.")

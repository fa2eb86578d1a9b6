"""Tables of the sources as HTML: a row a source, what drifted, which label model won."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.source_figures import MAX_DRIFTED, UNGROUPED

MEASURES = {
    "votes": "votes an instance",
    "coverage": "coverage",
    "conflict": "conflict",
    "accuracy": "learnt accuracy",
    "levels": "levels (PSI)",
}
_HEAD = ("Source", "Votes for and against", "Coverage", "Overlap", "Conflict", "Learnt accuracy")


def source_rows(sources: pd.DataFrame) -> str:
    """Return a row for every source, most votes first, with a bar for every share."""
    ordered = sources.sort_values("n_votes", ascending=False, kind="stable")
    most = max(int(ordered["n_votes"].max()), 1)
    head = "".join(f"<span>{markup.escape(name)}</span>" for name in _HEAD)
    rows = "".join(_row(row, most) for row in ordered.to_dict("records"))
    told = (
        "Coverage is the share of the pairs with any vote; overlap and conflict are shares of the "
        "source's own votes: another source votes on the pair, or votes the other way. Learnt "
        "accuracy is how often the posterior agrees; its 95 % interval holds chance, not the "
        "error of the label model, which tends to believe its sources too much."
    )
    return markup.block(
        f'<div class="wb-sources"><div class="wb-source wb-source-head">{head}</div>{rows}</div>',
        markup.soft(told),
    )


def drift_table(found: pd.DataFrame) -> str:
    """Return what drifted as a table, at most a dozen rows, and how many more there are."""
    rows = [_drifted(row) for row in found.head(MAX_DRIFTED).to_dict("records")]
    header = ["Source", "Attribute", "Figure", "Before", "Now", "Change", "By chance"]
    hidden = len(found) - len(rows)
    more = markup.soft(f"and {plural(hidden, 'more figure')}") if hidden > 0 else ""
    return markup.block(markup.table(header, rows, numbers=range(3, 7)), more)


def audit_table(models: pd.DataFrame) -> str:
    """Return the label models by their log loss on the audit sample."""
    rows = []
    for row in models.sort_values("log_loss").to_dict("records"):
        interval = ""
        if pd.notna(row.get("low")) and pd.notna(row.get("high")):
            interval = f"{row['low']:.3f} to {row['high']:.3f}"
        chosen = "chosen" if row.get("chosen") else ""
        n_audit = markup.count(int(row["n_audit"])) if "n_audit" in row else ""
        told = [str(row["name"]), f"{row['log_loss']:.3f}", interval, n_audit, chosen]
        rows.append([markup.escape(cell) for cell in told])
    header = ["Label model", "Log loss", "Interval", "Audited pairs", ""]
    return markup.block(
        markup.heading("Label models on the audit sample"),
        f'<div class="wb-narrow">{markup.table(header, rows, numbers=(1, 2, 3))}</div>',
    )


def _row(row: Mapping[Hashable, Any], most: int) -> str:
    name, group = str(row["source"]), str(row["group"])
    aside = "" if name == group else f"<small>{markup.escape(f'group {group}')}</small>"
    n_for, n_against = int(row["n_for"]), int(row["n_against"])
    told = f"{markup.count(n_for)} for, {markup.count(n_against)} against"
    cells = [
        _cell("Votes", _for_and_against(n_for, n_against, most), told),
        *(
            _cell(measure.capitalize(), markup.bar(row[measure]), _percent(row[measure]))
            for measure in ("coverage", "overlap", "conflict")
        ),
        _cell("Learnt accuracy", _interval(row), _accuracy(row)),
    ]
    first = f"<div><b>{markup.escape(name)}</b>{aside}</div>"
    return f'<div class="wb-source">{first}{"".join(cells)}</div>'


def _cell(caption: str, picture: str, told: str) -> str:
    return (
        f'<div><span class="wb-source-caption">{markup.escape(caption)}</span>{picture}'
        f"<small>{markup.escape(told)}</small></div>"
    )


def _for_and_against(n_for: int, n_against: int, most: int) -> str:
    """Return one bar of two parts; its length is the number of votes."""
    parts = "".join(
        f'<i class="wb-{side}" style="width:{100 * n / most:.1f}%"></i>'
        for side, n in (("for", n_for), ("against", n_against))
    )
    return f'<span class="wb-sides">{parts}</span>'


def _interval(row: Mapping[Hashable, Any]) -> str:
    if pd.isna(row["accuracy"]):
        return '<span class="wb-span"></span>'
    low, high = 100 * row["accuracy_low"], 100 * row["accuracy_high"]
    return (
        f'<span class="wb-span"><i style="left:{low:.1f}%;width:{max(high - low, 0.4):.1f}%"></i>'
        f'<b style="--at:{100 * row["accuracy"]:.1f}%"></b></span>'
    )


def _accuracy(row: Mapping[Hashable, Any]) -> str:
    if pd.isna(row["accuracy"]):
        return "not learnt"
    low, high = _percent(row["accuracy_low"]), _percent(row["accuracy_high"])
    return f"{_percent(row['accuracy'])} ({low} to {high})"


def _drifted(row: Mapping[Hashable, Any]) -> list[str]:
    measure = str(row["measure"])
    attribute = "all" if pd.isna(row["attribute"]) else str(row["attribute"]) or UNGROUPED
    cells = [str(row["source"]), attribute, MEASURES.get(measure, measure)]
    if measure == "levels":
        cells += ["", "", f"{row['change']:.3f}", f"{row['noise']:.3f}"]
    elif measure == "votes":
        cells += [f"{row['before']:.2f}", f"{row['after']:.2f}"]
        cells += [_signed(row["change"], "%"), f"\u00b1{100 * row['noise']:.1f}%"]
    else:
        cells += [_percent(row["before"]), _percent(row["after"])]
        cells += [_signed(row["change"], " pts"), f"\u00b1{100 * row['noise']:.1f} pts"]
    return [markup.escape(cell) for cell in cells]


def _signed(share: float, unit: str) -> str:
    return f"{100 * share:+.1f}{unit}".replace("-", "\u2212")


def _percent(share: float) -> str:
    return "" if pd.isna(share) else f"{share:.1%}"

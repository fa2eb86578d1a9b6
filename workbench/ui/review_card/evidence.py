"""The evidence about one label of an instance, as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.label_model.explaining import sources_said
from workbench.plurals import plural
from workbench.review.decisions import Decision
from workbench.ui import markup
from workbench.ui.instances import Instance, Rows

MAX_ITEMS = 5
MAX_WORD = 40
MAX_LOG_ODDS = 4.0
LEAST_LOG_ODDS = 0.05


@dataclass(frozen=True)
class Opinion:
    """What the model and other people say of a pair; a reviewer in blind mode is told none of it.

    Parameters
    ----------
    score : float or None
        The model's out-of-sample score; None if it did not judge the pair.
    words : sequence of (str, float)
        The words that move the model, and what each adds to its log-odds.
    events : sequence of Decision
        What was decided about the pair, oldest first.
    of_label : str
        What was decided about the label elsewhere, in a sentence; empty if nothing.
    """

    score: float | None = None
    words: Sequence[tuple[str, float]] = ()
    events: Sequence[Decision] = ()
    of_label: str = ""


def evidence_of(
    instance: Instance,
    label_id: str,
    sources: Mapping[str, float],
    similar: Sequence[tuple[str, str]],
    opinion: Opinion | None,
) -> dict[str, Any]:
    """Return what speaks for and against a label.

    Parameters
    ----------
    instance : Instance
    label_id : str
    sources : mapping of str to float
        The accuracy of each source of votes.
    similar : sequence of (str, str)
        Texts of instances like this one, and what reviewers said of them.
    opinion : Opinion or None
        None in blind mode, in which sources, model and people keep silent.
    """
    items = _clicked_items(instance, label_id)
    if opinion is None:
        # What was clicked is seen; what it says about the label one judges oneself.
        return {"items": items and _unmarked(items), "similar": []}
    return {
        "items": items,
        "similar": [list(pair) for pair in similar],
        "votes": _votes(instance, label_id, sources, opinion.score),
        "words": [[_cut(word), markup.signed(value), value > 0] for word, value in opinion.words],
        "history": [_event(event) for event in reversed(opinion.events)],
        "of_label": opinion.of_label,
    }


def _unmarked(items: dict[str, Any]) -> dict[str, Any]:
    rows = [{**row, "hit": False} for row in items["rows"]]
    return {**items, "aside": "", "rows": rows}


def _clicked_items(instance: Instance, label_id: str) -> dict[str, Any] | None:
    """Return the clicked items with their clicks; where nothing was clicked, those shown."""
    if not instance.clicks:
        return None
    carriers = instance.carriers.get(label_id, frozenset())
    total = sum(int(row["clicks"]) for row in instance.clicks)
    counted = "clicks" if total else "impressions"
    items = [row for row in instance.clicks if row[counted] > 0]
    carried = sum(int(row[counted]) for row in items if row["item_id"] in carriers)
    hidden = len(items) - MAX_ITEMS
    of_all = plural(sum(int(row[counted]) for row in items), counted[:-1])
    return {
        "title": "Clicked items" if total else "Shown, never clicked",
        "aside": f"{markup.count(carried)} of {of_all} on items with the label",
        "rows": [
            {"title": str(row["title"]), "n": int(row[counted]), "hit": row["item_id"] in carriers}
            for row in items[:MAX_ITEMS]
        ],
        "more": f"and {plural(hidden, 'more item')}" if hidden > 0 else "",
    }


@dataclass(frozen=True)
class _Told:
    """One line about a source: log-odds (None: nothing to show), words beside and below."""

    name: str
    odds: float | None
    beside: str
    below: str = ""


def _votes(
    instance: Instance, label_id: str, sources: Mapping[str, float], score: float | None
) -> dict[str, Any] | None:
    """Return what each source adds to the posterior and what it saw, and the model's score.

    The bars stand on each other: every one starts where the one above it ended, so the last one
    is their sum, the log-odds of the posterior.
    """
    belief = _of_label(instance.posterior, label_id)
    lines = _told_by_sources(instance, label_id, sources, belief)
    prior = math.nan if belief is None else float(belief.get("prior", math.nan))
    if lines and math.isfinite(prior):
        lines = [_Told("prior", prior, f"{markup.signed(prior)} \u00b7 before any vote"), *lines]
    rows, end = [], 0.0
    for line in lines:
        start, end = end, end + (line.odds or 0.0)
        rows.append(_row(line.name, start, end, line.beside, line.below, line.odds is None))
    if lines and math.isfinite(prior):
        makes = f"{markup.signed(end)} \u00b7 makes {1 / (1 + math.exp(-end)):.2f}"
        rows.append(_row("sum", 0.0, end, makes))
    if score is not None:
        odds = _log_odds(score)
        rows.append(_row("model", 0.0, odds, f"{markup.signed(odds)} \u00b7 score {score:.2f}"))
    if not rows:
        return None
    together = "" if belief is None else f" \u00b7 posterior {belief['posterior']:.2f}"
    return {
        "aside": "green speaks for it, red against; each bar starts where the one above ends"
        + together,
        "rows": rows,
        "limit": max(MAX_LOG_ODDS, *(abs(row["end"]) for row in rows)),
        "besides": _besides(belief),
    }


def _row(
    name: str, start: float, end: float, note: str, detail: str = "", silent: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "start": round(start, 3),
        "end": round(end, 3),
        "note": note,
        "detail": detail,
        "silent": silent,
    }


def _told_by_sources(
    instance: Instance, label_id: str, sources: Mapping[str, float], belief: dict[str, Any] | None
) -> list[_Told]:
    """Return a line for each source, in the order of the source table."""
    cast = [vote for vote in instance.votes if vote["label_id"] == label_id]
    lines = []
    for said in sources_said(cast, list(sources), belief or {}):
        known = math.isfinite(said.log_odds)
        told = markup.signed(said.log_odds) if known else ""
        if said.level is None:
            # Silence is evidence too, where a source usually speaks of such pairs.
            telling = known and abs(said.log_odds) >= LEAST_LOG_ODDS
            beside = f"{told} \u00b7 abstains" if telling else "abstains"
            lines.append(_Told(said.source, said.log_odds if telling else None, beside))
            continue
        share = sources[said.source]
        right = f" \u00b7 right {share:.0%}" if math.isfinite(share) else ""
        beside = (told or ("yes" if said.level else "no")) + right
        lines.append(_Told(said.source, said.log_odds if known else None, beside, said.words))
    return lines


def _besides(belief: dict[str, Any] | None) -> list[str]:
    """Return what else decided about the posterior, a sentence each."""
    if belief is None:
        return []
    is_settled = bool(belief.get("reviewed"))
    said = []
    if isinstance(belief.get("implied_by"), str):
        said.append(f"{'Contradicts' if is_settled else 'Follows from'} {belief['implied_by']}.")
    if belief.get("overturned"):
        who = "a reviewer" if is_settled else "the label model"
        said.append(f"All votes say the opposite of what {who} says.")
    elif is_settled:
        said.append("A reviewer settled this pair.")
    return said


def _of_label(rows: Rows, label_id: str) -> dict[str, Any] | None:
    """Return the row about a label; None if there is none."""
    found = next((row for row in rows if row["label_id"] == label_id), None)
    return None if found is None else {str(name): value for name, value in found.items()}


def _event(event: Decision) -> list[str]:
    what = str(event.verdict) if event.undoes is None else f"took back {event.verdict}"
    note = f" \u2014 {event.note}" if event.note else ""
    return [f"{event.reviewer}: {what}{note}", f"{event.decided_at:%d %b %Y %H:%M}"]


def _cut(word: str) -> str:
    return word if len(word) <= MAX_WORD else word[: MAX_WORD - 1] + "\u2026"


def _log_odds(score: float) -> float:
    bounded = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))

"""The evidence beside the card: clicked items, votes, the model's words, what was decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pandas as pd

from workbench.label_model.explaining import sources_said
from workbench.plurals import plural
from workbench.review.decisions import Decision
from workbench.ui import markup
from workbench.ui.data import Instance

MAX_ITEMS = 5
MAX_LOG_ODDS = 4.0
LEAST_LOG_ODDS = 0.05


def clicked_items(instance: Instance, label_id: str) -> str:
    """Return the clicked items with their clicks; items that carry the label stand out.

    Where nothing was clicked, the items that were shown.
    """
    if instance.clicks.empty:
        return ""
    carriers = instance.carriers.get(label_id, frozenset())
    total = int(instance.clicks["clicks"].sum())
    counted = "clicks" if total else "impressions"
    items = instance.clicks[instance.clicks[counted] > 0]
    carried = int(items.loc[items["item_id"].isin(carriers), counted].sum())
    aside = f"{markup.count(carried)} of {plural(int(items[counted].sum()), counted[:-1])}"
    most = max(1, int(items[counted].max()))
    rows = "".join(
        _item(str(row["title"]), int(row[counted]), most, row["item_id"] in carriers)
        for row in items.head(MAX_ITEMS).to_dict("records")
    )
    hidden = len(items) - MAX_ITEMS
    more = markup.soft(f"and {plural(hidden, 'more item')}") if hidden > 0 else ""
    return markup.block(
        markup.caption(
            "Clicked items" if total else "Shown, never clicked", f"{aside} on items with the label"
        ),
        f'<div class="wb-rows wb-lined">{rows}</div>',
        more,
    )


def votes(instance: Instance, label_id: str, sources: pd.DataFrame, score: float | None) -> str:
    """Return what each source adds to the posterior and what it saw, and the model's score.

    The bars stand on each other: every one starts where the one above it ended, so the last one
    is their sum, the log-odds of the posterior.
    """
    belief = _of_label(instance.posterior, label_id)
    told = _told_by_sources(instance, label_id, sources, belief)
    rows, limit = _summed_rows(told, belief)
    if score is not None:
        odds = _log_odds(score)
        bar = markup.two_sided_bar(odds, limit)
        rows.append(_vote_row("model", bar, f"{markup.signed(odds)} · score {score:.2f}"))
    if not rows:
        return ""
    together = "" if belief is None else f" · posterior {belief['posterior']:.2f}"
    return markup.block(
        markup.caption("Votes for this label", f"log-odds{together}"),
        f'<div class="wb-rows">{"".join(rows)}</div>',
        *(markup.soft(line) for line in _besides(belief)),
    )


def words(contributions: Sequence[tuple[str, float]]) -> str:
    """Return the parts of the text that push the model, as it is, up or down."""
    if not contributions:
        return ""
    pieces = "".join(
        f'<span class="wb-word wb-{"for" if value > 0 else "against"}">'
        f"{markup.escape(word)} {markup.signed(value)}</span>"
        for word, value in contributions
    )
    return markup.block(
        markup.caption("Words that move the model"), f'<div class="wb-words">{pieces}</div>'
    )


def history(events: Sequence[Decision]) -> str:
    """Return who decided what about a pair, newest first."""
    lines = "".join(_event(event) for event in reversed(events))
    body = f'<div class="wb-rows wb-lined">{lines}</div>' if lines else markup.soft("Nobody yet.")
    return markup.block(markup.caption("Decided by"), body)


@dataclass(frozen=True)
class _Told:
    """One line about a source: log-odds (None: nothing to show), words beside and below."""

    name: str
    odds: float | None
    beside: str
    below: str = ""


def _told_by_sources(
    instance: Instance, label_id: str, sources: pd.DataFrame, belief: dict[str, Any] | None
) -> list[_Told]:
    """Return a line for each source, in the order of the source table."""
    cast = instance.votes
    if not cast.empty:
        cast = cast[cast["label_id"] == label_id]
    accuracy = {str(row["source"]): float(row["accuracy"]) for row in sources.to_dict("records")}
    lines = []
    for said in sources_said(cast, list(accuracy), belief or {}):
        known = math.isfinite(said.log_odds)
        told = markup.signed(said.log_odds) if known else ""
        if said.level is None:
            # Silence is evidence too, where a source usually speaks of such pairs.
            telling = known and abs(said.log_odds) >= LEAST_LOG_ODDS
            beside = f"{told} · abstains" if telling else "abstains"
            lines.append(_Told(said.source, said.log_odds if telling else None, beside))
            continue
        share = accuracy[said.source]
        right = f" · right {share:.0%}" if math.isfinite(share) else ""
        beside = (told or ("yes" if said.level else "no")) + right
        lines.append(_Told(said.source, said.log_odds if known else None, beside, said.words))
    return lines


def _summed_rows(lines: Sequence[_Told], belief: dict[str, Any] | None) -> tuple[list[str], float]:
    """Return the lines between the prior and the sum, bars on each other, and their scale."""
    if not lines:
        return [], MAX_LOG_ODDS
    prior = math.nan if belief is None else float(belief.get("prior", math.nan))
    if math.isfinite(prior):
        lines = [_Told("prior", prior, f"{markup.signed(prior)} · before any vote"), *lines]
    steps = [line.odds if line.odds is not None else 0.0 for line in lines]
    ends = list(accumulate(steps))
    limit = max(MAX_LOG_ODDS, *map(abs, ends))
    rows = []
    for line, step, end in zip(lines, steps, ends, strict=True):
        bar = markup.running_bar(end - step, end, limit)
        rows.append(_vote_row(line.name, bar, line.beside, line.below, silent=line.odds is None))
    if math.isfinite(prior):
        total = ends[-1]
        makes = f"{markup.signed(total)} · makes {1 / (1 + math.exp(-total)):.2f}"
        rows.append(_vote_row("sum", markup.running_bar(0.0, total, limit), makes))
    return rows, limit


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


def _of_label(frame: pd.DataFrame, label_id: str) -> dict[str, Any] | None:
    """Return the row about a label; None if there is none."""
    if frame.empty:
        return None
    rows = frame[frame["label_id"] == label_id].to_dict("records")
    return {str(name): value for name, value in rows[0].items()} if rows else None


def _vote_row(name: str, bar: str, note: str, detail: str = "", *, silent: bool = False) -> str:
    tone = ' class="wb-soft"' if silent else ""
    below = f'<span class="wb-detail">{markup.escape(detail)}</span>' if detail else ""
    return (
        f'<div class="wb-row wb-vote"><span{tone}>{markup.escape(name)}</span>{bar}'
        f'<span class="wb-soft wb-small">{markup.escape(note)}</span>{below}</div>'
    )


def _item(title: str, clicks: int, most: int, carries: bool) -> str:
    tone = ' class="wb-hit"' if carries else ""
    return (
        f'<div class="wb-row wb-item"><span{tone}>{markup.escape(title)}</span>'
        f'{markup.bar(clicks / most)}<span class="wb-number">{markup.count(clicks)}</span></div>'
    )


def _event(event: Decision) -> str:
    what = str(event.verdict) if event.undoes is None else f"took back {event.verdict}"
    note = f" — {event.note}" if event.note else ""
    said = markup.escape(f"{event.reviewer}: {what}{note}")
    return (
        f'<div class="wb-row wb-pair"><span>{said}</span>'
        f'<span class="wb-soft">{event.decided_at:%d %b %Y %H:%M}</span></div>'
    )


def _log_odds(score: float) -> float:
    bounded = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))

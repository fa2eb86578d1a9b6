"""The evidence beside the card: clicked items, votes, the model's words, what was decided."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

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
    aside = f"{markup.count(carried)} of {markup.plural(int(items[counted].sum()), counted[:-1])}"
    most = max(1, int(items[counted].max()))
    rows = "".join(
        _item(str(row["title"]), int(row[counted]), most, row["item_id"] in carriers)
        for row in items.head(MAX_ITEMS).to_dict("records")
    )
    hidden = len(items) - MAX_ITEMS
    more = markup.soft(f"and {markup.plural(hidden, 'more item')}") if hidden > 0 else ""
    return markup.block(
        markup.caption(
            "Clicked items" if total else "Shown, never clicked", f"{aside} on items with the label"
        ),
        f'<div class="wb-rows wb-lined">{rows}</div>',
        more,
    )


def votes(instance: Instance, label_id: str, sources: pd.DataFrame, score: float | None) -> str:
    """Return each source's vote in log-odds with its accuracy, and the model's score."""
    belief = _of_label(instance.posterior, label_id)
    rows = [_vote_row(*told) for told in _told_by_sources(instance, label_id, sources, belief)]
    if score is not None:
        odds = _log_odds(score)
        rows.append(_vote_row("model", odds, f"{markup.signed(odds)} · score {score:.2f}"))
    if not rows:
        return ""
    together = "" if belief is None else f" · posterior {belief['posterior']:.2f}"
    implied = None if belief is None else belief.get("implied_by")
    is_settled = belief is not None and bool(belief.get("reviewed"))
    follows = ""
    if isinstance(implied, str):
        follows = markup.soft(f"{'Contradicts' if is_settled else 'Follows from'} {implied}.")
    if belief is not None and belief.get("overturned"):
        who = "a reviewer" if is_settled else "the label model"
        follows += markup.soft(f"All votes say the opposite of what {who} says.")
    elif is_settled:
        follows += markup.soft("A reviewer settled this pair.")
    return markup.block(
        markup.caption("Votes for this label", f"log-odds{together}"),
        f'<div class="wb-rows">{"".join(rows)}</div>',
        follows,
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


def _told_by_sources(
    instance: Instance, label_id: str, sources: pd.DataFrame, belief: dict[str, Any] | None
) -> Iterable[tuple[str, float | None, str, str]]:
    """Yield each source with its log-odds (None if it abstains), the words beside, its detail."""
    cast = instance.votes
    if not cast.empty:
        cast = cast[cast["label_id"] == label_id]
    levels = {} if cast.empty else dict(zip(cast["source"], cast["level"], strict=True))
    details = {} if cast.empty else dict(zip(cast["source"], cast["detail"], strict=True))
    for source in sources.to_dict("records"):
        name = str(source["source"])
        odds = float("nan") if belief is None else float(belief.get(f"evidence_{name}", "nan"))
        told = markup.signed(odds) if math.isfinite(odds) else ""
        if name not in levels:
            # Silence is evidence too, where a source usually speaks of such pairs.
            telling = abs(odds) >= LEAST_LOG_ODDS
            beside = f"{told} · abstains" if telling else "abstains"
            yield name, odds if telling else None, beside, ""
            continue
        accuracy = float(source["accuracy"])
        right = f" · right {accuracy:.0%}" if math.isfinite(accuracy) else ""
        detail = details[name] if isinstance(details[name], str) else ""
        yield name, odds, (told or ("yes" if levels[name] else "no")) + right, detail


def _of_label(frame: pd.DataFrame, label_id: str) -> dict[str, Any] | None:
    """Return the row about a label; None if there is none."""
    if frame.empty:
        return None
    rows = frame[frame["label_id"] == label_id].to_dict("records")
    return {str(name): value for name, value in rows[0].items()} if rows else None


def _vote_row(name: str, odds: float | None, note: str, detail: str = "") -> str:
    shown = 0.0 if odds is None or not math.isfinite(odds) else odds
    tone = ' class="wb-soft"' if odds is None else ""
    below = f'<span class="wb-detail">{markup.escape(detail)}</span>' if detail else ""
    return (
        f'<div class="wb-row wb-vote"><span{tone}>{markup.escape(name)}</span>'
        f"{markup.two_sided_bar(shown, MAX_LOG_ODDS)}"
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

"""Differences with their intervals as a table: each row has its figures and a small picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.ui import markup
from workbench.ui.comparison import clearly, percent, points, verdict

_WIDTH, _HEIGHT, _MARGIN = 220, 22, 14
_CLASSES = {1: "wb-up", -1: "wb-down", 0: "wb-even"}


@dataclass(frozen=True)
class ForestRow:
    """One difference.

    Parameters
    ----------
    cells : tuple of str
        HTML of the cells in front, the name first.
    before, after : float
        Shares.
    difference, low, high : float
        NaN where unknown.
    wide_low, wide_high : float
        The interval that decides whether it is clear; the same if nothing is corrected for.
    """

    cells: tuple[str, ...]
    before: float
    after: float
    difference: float
    low: float
    high: float
    wide_low: float
    wide_high: float


@dataclass(frozen=True)
class Scale:
    """Where differences stand in the pictures of a table."""

    first: float
    last: float

    def at(self, value: float) -> float:
        """Return the place of a difference, in pixels from the left."""
        share = (min(max(value, self.first), self.last) - self.first) / (self.last - self.first)
        return round(_MARGIN + share * (_WIDTH - 2 * _MARGIN), 1)


@dataclass(frozen=True)
class Mark:
    """A stroke of a picture, from one place to another, or a point where they are the same."""

    name: str
    first: float
    last: float


Draw = Callable[[Sequence[Mark], Sequence[tuple[float, str]]], str]


def scale_of(rows: Sequence[ForestRow]) -> Scale:
    """Return a scale that holds 0 and every interval; the wide ones may be cut."""
    ends = [end for row in rows for end in (row.low, row.high)]
    ends = [end for end in ends if not math.isnan(end)]
    first, last = min([0.0, *ends]), max([0.0, *ends])
    if last - first < 1e-6:
        return Scale(-0.01, 0.01)
    room = (last - first) * 0.04
    return Scale(first - room, last + room)


def forest_table(
    header: Sequence[str],
    rows: Sequence[ForestRow],
    baseline: str,
    model: str,
    draw: Draw,
    verdicts: str = "",
) -> str:
    """Return the table, a row a difference, and the axis of the pictures below.

    Parameters
    ----------
    header : sequence of str
        The names of the cells in front.
    draw : callable
        `draw_svg` or `draw_spans`.
    verdicts : str
        What the verdicts go by, if not the interval that is written.
    """
    scale = scale_of(rows)
    drawn = [
        [
            *row.cells,
            percent(row.before),
            percent(row.after),
            _told(row),
            draw(_marks(row, scale), []),
            _verdict(row),
        ]
        for row in rows
    ]
    n = len(header)
    drawn.append([*[""] * (n + 3), draw([], _ticks(scale)), ""])
    names = [*header, baseline, model, "Difference, in points", "", verdicts]
    table = markup.table(names, drawn, numbers=[*range(1, n), n, n + 1, n + 2])
    return f'<div class="wb-forest-table">{table}</div>'


def _told(row: ForestRow) -> str:
    if math.isnan(row.difference):
        return "–"
    interval = f"{points(row.low)} to {points(row.high)}"
    return f'{points(row.difference)} <span class="wb-soft wb-small">{interval}</span>'


def _verdict(row: ForestRow) -> str:
    said = verdict(row.wide_low, row.wide_high)
    sign = 0 if said == "not known" else clearly(row.wide_low, row.wide_high)
    return f'<span class="wb-said {_CLASSES[sign]}">{said}</span>'


def _marks(row: ForestRow, scale: Scale) -> list[Mark]:
    """Return the strokes of a row, those behind first."""
    marks = [Mark("wb-zero", scale.at(0), scale.at(0))]
    if math.isnan(row.difference) or math.isnan(row.low):
        return marks
    tone = _CLASSES[clearly(row.wide_low, row.wide_high)]
    at = scale.at(row.difference)
    return [
        *marks,
        Mark("wb-reach", scale.at(row.wide_low), scale.at(row.wide_high)),
        Mark(f"wb-own {tone}", scale.at(row.low), scale.at(row.high)),
        Mark(f"wb-point {tone}", at, at),
    ]


def _ticks(scale: Scale) -> list[tuple[float, str]]:
    """Return the places of the axis that are named, and their names in points."""
    step = _step(scale.last - scale.first)
    first, last = math.ceil(scale.first / step), math.floor(scale.last / step)
    return [
        (scale.at(n * step), f"{100 * n * step:+.4g}".replace("-", "\u2212") if n else "0")
        for n in range(first, last + 1)
    ]


def _step(reach: float) -> float:
    """Return a round distance of ticks, three to six of them over the reach."""
    rough = reach / 5
    power = 10 ** math.floor(math.log10(rough))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= rough))


def draw_spans(marks: Sequence[Mark], ticks: Sequence[tuple[float, str]]) -> str:
    """Return the picture as elements of HTML: pages of the app may hold no SVG."""
    drawn = [
        f'<i class="{mark.name}" style="left:{mark.first}px;width:{mark.last - mark.first:.1f}px">'
        "</i>"
        for mark in marks
    ]
    drawn += [f'<i class="wb-tick" style="left:{at}px">{name}</i>' for at, name in ticks]
    return f'<span class="wb-strip" aria-hidden="true">{"".join(drawn)}</span>'


def draw_svg(marks: Sequence[Mark], ticks: Sequence[tuple[float, str]]) -> str:
    """Return the picture as SVG, which prints as it is."""
    middle, drawn = _HEIGHT / 2, []
    for mark in marks:
        if mark.name.startswith("wb-point"):
            drawn.append(f'<circle class="{mark.name}" cx="{mark.first}" cy="{middle}" r="4.5"/>')
        elif mark.name == "wb-zero":
            drawn.append(_line(mark.name, mark.first, 0, mark.first, _HEIGHT))
        else:
            drawn.append(_line(mark.name, mark.first, middle, mark.last, middle))
    for at, name in ticks:
        drawn.append(_line("wb-tick", at, 0, at, 4))
        drawn.append(f'<text class="wb-tick" x="{at}" y="16" text-anchor="middle">{name}</text>')
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return f'<svg class="wb-strip" {size} aria-hidden="true">{"".join(drawn)}</svg>'


def _line(name: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{name}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'

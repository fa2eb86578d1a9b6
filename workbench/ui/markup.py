"""Small pieces of HTML. Whatever came from a user or a file is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape as escape_html

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$^=&@/])")


def escape(text: object) -> str:
    """Return the text so that a browser shows it literally."""
    return escape_html(str(text), quote=True)


def literal(text: str) -> str:
    r"""Return the text so that a widget's Markdown label shows it literally.

    Examples
    --------
    >>> print(literal("**bold**"))
    \*\*bold\*\*
    """
    return _MARKDOWN.sub(r"\\\1", text.replace("\n", " "))


def count(n: int) -> str:
    """Return a whole number with separated thousands."""
    return f"{n:,}"


def signed(value: float) -> str:
    """Return a number with one decimal and its sign, with a true minus; zero has none."""
    text = f"{value:+.1f}"
    return "0.0" if text[1:] == "0.0" else text.replace("-", "\u2212")


def said(text: str) -> str:
    """Return what has just been done, plain to see and to be read out."""
    return f'<p class="wb-told" role="status">{escape(text)}</p>'


def caption(title: str, aside: str = "") -> str:
    """Return a small heading of a part beside the page."""
    more = f" <span>{escape(aside)}</span>" if aside else ""
    return f'<h2 class="wb-caption">{escape(title)}{more}</h2>'


def block(*parts: str) -> str:
    """Return the parts with air below; nothing if all parts are empty."""
    inner = "".join(parts)
    return f'<div class="wb-block">{inner}</div>' if inner else ""


def title(text: str, lead: str = "") -> str:
    """Return the heading of a page and the sentence under it."""
    below = f'<p class="wb-lead">{escape(lead)}</p>' if lead else ""
    return f'<h1 class="wb-title">{escape(text)}</h1>{below}'


def heading(text: str) -> str:
    """Return the heading of a part of a page."""
    return f'<h2 class="wb-heading">{escape(text)}</h2>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names with what is known under each, both plain text."""
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f'<dl class="wb-facts">{lines}</dl>'


def code(command: str) -> str:
    """Return a command as it is typed."""
    return f'<p><code class="wb-code">{escape(command)}</code></p>'


def soft(text: str) -> str:
    """Return a quiet line."""
    return f'<div class="wb-soft wb-small">{escape(text)}</div>'


def figures(pairs: Iterable[tuple[str, str]]) -> str:
    """Return figures in a row: each a number and what it counts."""
    cells = (
        f'<div class="wb-figure"><b>{escape(number)}</b><span>{escape(what)}</span></div>'
        for number, what in pairs
    )
    return f'<div class="wb-figures">{"".join(cells)}</div>'


def notice(heading: str, text: str, command: str = "", *, error: bool = False) -> str:
    """Return a box that says what is the matter and which command helps."""
    tone = " wb-error" if error else ""
    run = f"<p><code>{escape(command)}</code></p>" if command else ""
    return (
        f'<div class="wb-notice{tone}"><h2>{escape(heading)}</h2>'
        f'<div class="wb-literal">{escape(text)}</div>{run}</div>'
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Return a table; cells are HTML already, the columns at ``numbers`` align right.

    Where the page is narrow a row of more than three cells becomes a block, each cell behind the
    name of its column.
    """
    wide = len(header) > 3

    def head(position: int, name: str) -> str:
        return f'<th{style(position)} scope="col" role="columnheader">{escape(name)}</th>'

    def cell(position: int, content: str) -> str:
        named = f' role="cell" data-name="{escape(header[position])}"' if wide else ""
        return f"<td{style(position)}{named}>{content}</td>"

    def style(position: int) -> str:
        return ' class="wb-number"' if position in numbers else ""

    names = "".join(head(n, name) for n, name in enumerate(header))
    body = "".join(
        f'<tr role="row">{"".join(cell(n, content) for n, content in enumerate(row))}</tr>'
        for row in rows
    )
    return (
        f'<div class="wb-scroll"><table class="wb-table{" wb-wide" if wide else ""}" role="table">'
        f'<thead role="rowgroup"><tr role="row">{names}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def bar(share: float) -> str:
    """Return a horizontal bar that fills this share of its place."""
    width = 100 * min(max(share, 0.0), 1.0)
    return f'<span class="wb-track"><i class="wb-bar" style="width:{width:.1f}%"></i></span>'

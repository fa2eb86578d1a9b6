"""Links from one page of the app to another: real ones, followed without loading the app anew."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st

from workbench.ui import markup

# A click with a modifier, or on another button, is the browser's: a new tab, a copied address.
_FOLLOW = """
export default function ({ setTriggerValue }) {
  document.removeEventListener("click", window.workbenchFollow);
  window.workbenchFollow = (event) => {
    const link = event.target.closest?.("a.wb-go");
    const isPlain = event.button === 0
      && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain) return;
    event.preventDefault();
    setTriggerValue("go", link.getAttribute("href"));
  };
  document.addEventListener("click", window.workbenchFollow);
  return () => document.removeEventListener("click", window.workbenchFollow);
}
"""
_KEY = "links"

_component = st.components.v2.component("workbench_links", js=_FOLLOW, isolate_styles=False)


def address(page: str, /, **query: str) -> str:
    """Return the address of a page of the app, relative to that of any other.

    Examples
    --------
    >>> address("review", queue="wrong", label="Brand: A&B")
    'review?queue=wrong&label=Brand%3A+A%26B'
    """
    return f"{page}?{urlencode(query)}" if query else page


def link(text: str, page: str, /, *, told: str = "", **query: str) -> str:
    """Return a link to a page of the app.

    Parameters
    ----------
    text : str
        What is shown.
    page : str
        Its name in the address.
    told : str
        What is read out instead, where the text alone does not say enough.
    **query : str
        What the address says.
    """
    name = f' aria-label="{markup.escape(told)}"' if told else ""
    href = markup.escape(address(page, **query))
    return f'<a class="wb-go" target="_self" href="{href}"{name}>{markup.escape(text)}</a>'


def followed_link() -> tuple[str, dict[str, str]] | None:
    """Return the page and the query of the link that was clicked; None if none was."""
    clicked = _component(key=_KEY, on_go_change=lambda: None).get("go")
    if not clicked:
        return None
    parts = urlsplit(str(clicked))
    return parts.path, dict(parse_qsl(parts.query))

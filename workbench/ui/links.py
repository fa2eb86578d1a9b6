"""Links from one page of the app to another: real ones, followed without loading the app anew."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

import streamlit as st

from workbench.ui import markup

# The browser's history gets one entry, which Streamlit then follows as if one had come back to it:
# what a page corrects in its address replaces that entry, and Back returns to where one was.
# A click with a modifier, or on another button, is the browser's: a new tab, a copied address.
_FOLLOW = """
function go(href) {
  if (new URL(href, document.baseURI).href === window.location.href) return;
  window.history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

// Where there is no room beside it the menu lies over the page, and Streamlit keeps it open.
function uncover() {
  const bar = document.querySelector('[data-testid="stSidebar"]');
  const isOver = bar && window.matchMedia("(max-width: 768px)").matches;
  if (isOver) bar.querySelector('button[aria-expanded="true"][aria-controls="stSidebar"]')?.click();
}

export default function ({ data }) {
  if (!window.workbenchFollow) uncover();
  document.removeEventListener("click", window.workbenchFollow, true);
  window.workbenchFollow = (event) => {
    const link = event.target.closest?.(
      'a.wb-go, a[data-testid="stTopNavLink"], a[data-testid="stSidebarNavLink"]');
    const isPlain = event.button === 0
      && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain) return;
    event.preventDefault();
    event.stopPropagation();
    go(link.getAttribute("href"));
    uncover();
  };
  document.addEventListener("click", window.workbenchFollow, true);
  if (data?.opened && data.opened !== window.workbenchOpened) {
    window.workbenchOpened = data.opened;
    go(data.href);
  }
}
"""

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


def follow_links() -> None:
    """Let the page follow the links that are clicked."""
    _component(key="links")


def open_page(name: str, **query: str) -> None:
    """Go to another page of the app, by the name in its address, with what the address says."""
    _component(key="opened", data={"opened": str(uuid.uuid4()), "href": address(name, **query)})

"""The review card as a component of the page: its script, and what goes in and out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

# In this order they are one script; a later one uses what an earlier one defines.
_PARTS = ("dom", "outbox", "tabs", "desk", "evidence", "view", "keys", "place", "calm", "main")
_FOLDER = Path(__file__).with_name("script")
_KEY = "review_card"

_component = st.components.v2.component(
    "review_card",
    html='<div class="wb-desk"></div><div class="wb-saving-line"></div>',
    js="\n".join((_FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS),
    isolate_styles=False,
)


def draw_review_card(data: dict[str, Any], on_message: Callable[[], None]) -> None:
    """Draw the card and have ``on_message`` called when the browser has sent something.

    Parameters
    ----------
    data : dict
        The answer to the browser's last message, and cards that it does not have yet.
    on_message : callable
    """
    _component(key=_KEY, data=data, on_message_change=on_message)


def last_message() -> dict[str, Any] | None:
    """Return what the browser sent last; None before the first message."""
    state = st.session_state.get(_KEY)
    message = None if state is None else state.get("message")
    return dict(message) if message else None

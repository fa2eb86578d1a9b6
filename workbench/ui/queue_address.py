"""The choices of the review page as its address says them, and as the widgets hold them."""

from __future__ import annotations

import streamlit as st

_FILTERS = (
    *("attribute", "label", "branch", "source", "band", "support", "pattern", "split"),
    *("instance", "text"),
)
_ADDRESS = ("queue", *_FILTERS, "order", "decided", "blind")
_LAST = "review_address"
_UNKNOWN = "review_unknown"


def clear_filters() -> None:
    """Let the filter admit everything, before the page is drawn again."""
    for name in _FILTERS:
        st.session_state[key_of(name)] = "" if name == "text" else None


def key_of(name: str) -> str:
    """Return the key of the widget for a part of the address."""
    return f"review_{name}"


def read_address() -> None:
    """Take over what the address says, unless it is what this page wrote there."""
    said = {name: st.query_params[name] for name in _ADDRESS if name in st.query_params}
    if not said or said == st.session_state.get(_LAST):
        return
    forget_unknown()
    for name in _ADDRESS:
        if name in ("decided", "blind"):
            st.session_state[key_of(name)] = said.get(name) == "yes"
        elif name == "order":
            st.session_state[key_of(name)] = "label" if said.get(name) == "label" else "rank"
        else:
            st.session_state[key_of(name)] = said.get(name, "" if name == "text" else None)


def write_address() -> None:
    """Let the address say what is chosen, so that it can be kept and sent to others."""
    values = {name: st.session_state.get(key_of(name)) for name in _ADDRESS}
    told = {name: "yes" if value is True else str(value) for name, value in values.items() if value}
    if told.get("order") == "rank":
        del told["order"]
    said = st.query_params.to_dict()
    wanted = {name: said[name] for name in said if name not in _ADDRESS} | told
    if said != wanted:
        # At once: each change of the address is a step that Back goes.
        st.query_params.from_dict(wanted)
    st.session_state[_LAST] = told


def unknown() -> dict[str, str]:
    """Return what was wished for that this queue does not have, by the name of the filter."""
    found: dict[str, str] = st.session_state.setdefault(_UNKNOWN, {})
    return found


def forget_unknown() -> None:
    """Go on without what this queue does not have, before the page is drawn again."""
    st.session_state[_UNKNOWN] = {}

"""Who is reviewing: asked once, kept in the session and in the page's address."""

from __future__ import annotations

import streamlit as st

from workbench.ui import markup

MAX_NAME = 60
_PARAMETER = "reviewer"
_STATE = "reviewer_name"


def known_reviewer() -> str:
    """Return the reviewer's name; empty if it has not been asked yet."""
    name = _clean(st.session_state.get(_STATE) or st.query_params.get(_PARAMETER, ""))
    if name:
        st.session_state[_STATE] = name
        if st.query_params.get(_PARAMETER) != name:
            st.query_params[_PARAMETER] = name
    return name


def ask_reviewer() -> None:
    """Ask for the name under which decisions are recorded."""
    st.html(
        markup.title(
            "Who is reviewing?",
            "Each decision is recorded under this name, so that several people can work here.",
        )
    )
    with st.form("who", border=False):
        name = st.text_input("Your name", max_chars=MAX_NAME, key="who_name", width=320)
        if st.form_submit_button("Start", type="primary") and _clean(name):
            st.session_state[_STATE] = _clean(name)
            st.rerun()


def _clean(name: str) -> str:
    return " ".join(name.replace("\0", "").split())[:MAX_NAME]

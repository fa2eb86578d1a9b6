"""Who is reviewing: asked once, kept in the session and in the page's address."""

from __future__ import annotations

import streamlit as st

from workbench.review.team import clean_name
from workbench.ui import markup

MAX_NAME = 60
_PARAMETER = "reviewer"
_STATE = "reviewer_name"
_PROVEN = "reviewer_is_proven"


def known_reviewer() -> str:
    """Return the reviewer's name; empty if it has not been asked yet."""
    name = st.session_state.get(_STATE) or _clean(st.query_params.get(_PARAMETER, ""))
    if name:
        st.session_state[_STATE] = name
        if not st.session_state.get(_PROVEN) and st.query_params.get(_PARAMETER) != name:
            st.query_params[_PARAMETER] = name
    return name


def keep_reviewer(name: str) -> None:
    """Take a name that is proven, whatever the address says."""
    st.session_state[_STATE], st.session_state[_PROVEN] = name, True


def forget_reviewer() -> None:
    """Forget the name: whoever comes is asked anew."""
    for key in (_STATE, _PROVEN):
        st.session_state.pop(key, None)
    st.query_params.pop(_PARAMETER, None)


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
    return clean_name(name)[:MAX_NAME].rstrip()

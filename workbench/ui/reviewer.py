"""Who is reviewing: asked once, kept in the session and, for other tabs, in a cookie."""

from __future__ import annotations

from urllib.parse import unquote

import streamlit as st

from workbench.review.team import clean_name
from workbench.ui import markup

MAX_NAME = 60
_PARAMETER = "reviewer"
_STATE = "reviewer_name"
_PROVEN = "reviewer_is_proven"
_FORGOTTEN = "reviewer_is_forgotten"
_COOKIE = "workbench_reviewer"
_KEEP = """
export default function ({ data }) {
  const age = data.name ? 31536000 : 0;
  const said = `${data.cookie}=${encodeURIComponent(data.name)}`;
  document.cookie = `${said}; path=/; max-age=${age}; SameSite=Lax`;
}
"""

_component = st.components.v2.component("workbench_reviewer", js=_KEEP)


def known_reviewer() -> str:
    """Return the reviewer's name; empty if it has not been asked yet."""
    if _STATE not in st.session_state:
        said = st.query_params.get(_PARAMETER, "")
        if not said and not st.session_state.get(_FORGOTTEN):
            # What the browser said as it came, whatever was kept since.
            said = unquote(st.context.cookies.get(_COOKIE, ""))
        if not (name := _clean(said)):
            return ""
        st.session_state[_STATE] = name
    return str(st.session_state[_STATE])


def remember_reviewer() -> None:
    """Let the browser keep a typed name, so that another tab need not ask; it proves nothing."""
    name = st.session_state.get(_STATE, "")
    if not st.session_state.get(_PROVEN) and (name or st.session_state.get(_FORGOTTEN)):
        _component(key="reviewer_kept", data={"cookie": _COOKIE, "name": name})


def keep_reviewer(name: str) -> None:
    """Take a name that is proven, whatever the address says."""
    st.session_state[_STATE], st.session_state[_PROVEN] = name, True


def forget_reviewer() -> None:
    """Forget the name: whoever comes is asked anew."""
    for key in (_STATE, _PROVEN):
        st.session_state.pop(key, None)
    st.session_state[_FORGOTTEN] = True
    st.query_params.pop(_PARAMETER, None)


def asked_reviewer() -> str:
    """Return the name under which decisions are recorded; empty while it is asked for."""
    place = st.empty()
    name = known_reviewer()
    if not name:
        with place.container():
            _ask()
    return name


def _ask() -> None:
    st.html(
        markup.title(
            "Who is reviewing?",
            "Each decision is recorded under this name, so that several people can work here.",
        )
    )
    with st.form("who", border=False):
        st.text_input("Your name", max_chars=MAX_NAME, key="who_name", width=320)
        # Taken before the page is drawn anew, which then has no form that stays while it reads.
        st.form_submit_button("Start", type="primary", on_click=_take_typed)


def _take_typed() -> None:
    if name := _clean(st.session_state["who_name"]):
        st.session_state[_STATE] = name


def _clean(name: str) -> str:
    return clean_name(name)[:MAX_NAME].rstrip()
